"""Tokens of sessions and keys: what is kept of one, and how all processes hear that one is void."""

from hashlib import sha256

from app.auth import queries
from app.kit.db import Tx

AUTH_TOPIC = "auth"


def token_hash(token: str) -> bytes:
    """What is kept of a token."""
    return sha256(token.encode()).digest()


async def void_tokens(tx: Tx) -> None:
    """Once this transaction commits, every process asks anew who holds which token: something was taken from somebody.

    Call it last: until then others that do the same wait.
    """
    await tx.flush()
    await queries.raise_generation(tx)
    tx.publish(AUTH_TOPIC)
