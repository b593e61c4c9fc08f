"""Secrets of endpoints and what they sign, as Standard Webhooks says.

The database keeps a random seed; the secret is its HMAC under the deployment's key (HOTLINE_WEBHOOK_KEY), so whoever
has only a dump of the database can sign nothing (docs/decisions/0011).
"""

import base64
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

from standardwebhooks import Webhook

SEED_BYTES = 32
OVERLAP_HOURS = 24
"""How long the former secret still signs, unless the caller says otherwise."""


def new_seed() -> bytes:
    """A random seed, of which a secret is made."""
    return secrets.token_bytes(SEED_BYTES)


def secret_of(seed: bytes, key: str) -> str:
    """The secret as its owner is shown it: whsec_ and 32 bytes in base64."""
    return "whsec_" + base64.b64encode(hmac.digest(key.encode(), seed, "sha256")).decode()


def proof_of(seed: bytes, url: str, key: str) -> str:
    """The code that is sent to the URL alone: whoever knows it reads what arrives there."""
    return hmac.digest(key.encode(), seed + b"\0proof of " + url.encode(), "sha256").hex()[:16]


def sign(message_id: str, at: datetime, body: str, signers: Iterable[str]) -> dict[str, str]:
    """The headers of a message, with a signature for each secret; `at` is the moment of this attempt."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, at, body) for secret in signers),
    }
