"""Endpoint secrets and signatures, per Standard Webhooks.

The database stores a random seed. The secret is the seed's HMAC under the deployment's key (HOTLINE_WEBHOOK_KEY), so a
dump of the database alone can sign nothing (docs/decisions/0012).
"""

import base64
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

from standardwebhooks import Webhook

SEED_BYTES = 32
OVERLAP_HOURS = 24
"""How long the former secret also signs, unless the caller chooses otherwise."""


def new_seed() -> bytes:
    """Return a random seed from which a secret is derived."""
    return secrets.token_bytes(SEED_BYTES)


def secret_of(seed: bytes, key: str) -> str:
    """Return the secret as its owner sees it: `whsec_` and 32 bytes in base64."""
    return "whsec_" + base64.b64encode(hmac.digest(key.encode(), seed, "sha256")).decode()


def proof_of(seed: bytes, url: str, key: str) -> str:
    """Return the code that is sent only to the URL. Knowing it proves that one reads what arrives there."""
    return hmac.digest(key.encode(), seed + b"\0proof of " + url.encode(), "sha256").hex()[:16]


def sign(message_id: str, at: datetime, body: str, signers: Iterable[str]) -> dict[str, str]:
    """Return the message's headers with one signature per secret. `at` is the time of this attempt."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, at, body) for secret in signers),
    }
