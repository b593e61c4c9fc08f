"""Tokens of sessions and keys: the hashes that are stored, and how all processes learn of a revocation."""

from hashlib import sha256

from app.auth import queries
from app.kit.db import Tx

AUTH_TOPIC = "auth"


def token_hash(token: str) -> bytes:
    """Return the SHA-256 hash to store for a token."""
    return sha256(token.encode()).digest()


async def void_tokens(tx: Tx) -> None:
    """Invalidate all cached tokens: once this transaction commits, every process looks up every token again.

    Call it last, because other transactions that call it wait until this one ends.
    """
    await tx.flush()
    await queries.raise_generation(tx)
    tx.publish(AUTH_TOPIC)
