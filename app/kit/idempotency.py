"""Idempotency-Key: a repeated creation or step gets its first response again."""

import base64
import hmac
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import wraps
from hashlib import sha256
from inspect import Parameter, signature
from typing import Annotated, Any, NamedTuple, TypeVar
from uuid import UUID

from fastapi import Header, Request
from pydantic import BaseModel, TypeAdapter
from sqlalchemy import Index, LargeBinary, Update, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Prepared, Tx
from app.kit.errors import KeyInvalid, KeyReused
from app.kit.orm import Model

M = TypeVar("M", bound=BaseModel)
A = TypeVar("A")
MOST_CHARACTERS = 200
SentKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="a request repeated with the same key gets the first response again",
        json_schema_extra={"minLength": 1, "maxLength": MOST_CHARACTERS},
    ),
]


class IdempotencyKey(Model):
    """A key that a principal has used, with the hash of the request and the response it got."""

    __tablename__ = "idempotency_keys"

    principal_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]

    __table_args__ = (Index(None, "created_at"),)


_CLAIM = Prepared(
    insert(IdempotencyKey)
    .values(
        principal_id=bindparam("principal_id"),
        key=bindparam("key"),
        body_hash=bindparam("body_hash"),
        created_at=bindparam("at"),
    )
    .on_conflict_do_nothing()
    .returning(IdempotencyKey.key)
)
_FIND = Prepared(
    select(IdempotencyKey.body_hash, IdempotencyKey.answer).where(
        IdempotencyKey.principal_id == bindparam("principal_id"), IdempotencyKey.key == bindparam("key")
    )
)


def store_answer() -> Update:
    """Return the update that stores `new_answer` under the key `used_key` of `principal`. A NULL key matches no row."""
    return (
        update(IdempotencyKey)
        .where(IdempotencyKey.principal_id == bindparam("principal"), IdempotencyKey.key == bindparam("used_key"))
        .values(answer=bindparam("new_answer"))
    )


_STORE = Prepared(store_answer())
NOTHING_STORED: dict[str, Any] = dict.fromkeys(("principal", "used_key", "new_answer"))
"""The parameters of `store_answer` when there is nothing to store."""


class Once(NamedTuple):
    """A creation that happens once per key. Without a key, every call creates."""

    principal_id: UUID
    key: str | None
    body_hash: bytes

    async def answer(self, tx: Tx, at: datetime, shape: type[M], make: Callable[[], Awaitable[M]]) -> M:
        """Return what `make` creates, or what it created when the key was first used.

        Raises KeyReused, and what `make` raises.
        """
        if (given := await self.replay(tx, at)) is not None:
            return shape.model_validate_json(given)
        made = await make()
        await self.keep(tx, made.model_dump_json().encode())
        return made

    async def replay(self, tx: Tx, at: datetime) -> bytes | None:
        """Claim the key and return None, or return the response that it got before. Waits for a concurrent claim.

        Raises KeyReused when the key was used with another body.
        """
        if self.key is None:
            return None
        if await tx.row(_CLAIM, **self._asdict(), at=at):
            return None
        return await self.recall(tx)

    async def recall(self, tx: Tx) -> bytes:
        """Return the response that the key got before.

        Raises KeyReused when the key was used with another body, or is unknown.
        """
        answer = await self.find(tx)
        if answer is None:
            raise KeyReused
        return answer

    async def find(self, tx: Tx) -> bytes | None:
        """Return the response stored under the key, or None if the key is new. Raises KeyReused as `recall` does."""
        row = await tx.row(_FIND, principal_id=self.principal_id, key=self.key) if self.key else None
        if row and row["body_hash"] != self.body_hash:
            raise KeyReused
        return bytes(row["answer"]) if row else None

    async def keep(self, tx: Tx, answer: bytes) -> None:
        """Store the response under the claimed key, in the claim's own transaction or a later one."""
        if self.key is not None:
            await tx.rows(_STORE, **self.stored(answer))

    def stored(self, answer: bytes | None) -> dict[str, Any]:
        """Return the parameters of `store_answer`. Without an answer nothing is stored."""
        return {
            "principal": self.principal_id,
            "used_key": None if answer is None else self.key,
            "new_answer": answer,
        }


def new_seed() -> str:
    """Return the random seed of a secret. A stored response holds the seed instead of the secret."""
    return secrets.token_urlsafe(32)


def secret_from(seed: str, key: str) -> str:
    """Derive the secret from its seed and the deployment's key.

    Without that key, a dump of the database reveals no secret.
    """
    return base64.urlsafe_b64encode(hmac.digest(key.encode(), seed.encode(), "sha256")).rstrip(b"=").decode()


def once(principal_id: UUID, key: str | None, route: str, body: BaseModel | None) -> Once:
    """Return the key of a request by this principal, bound to its route and body. Raises KeyInvalid."""
    if key is not None and not 1 <= len(key) <= MOST_CHARACTERS:
        raise KeyInvalid
    digest = sha256(route.encode() + b"\0" + (body.model_dump_json() if body else "").encode()).digest() if key else b""
    return Once(principal_id, key, digest)


def repeatable(endpoint: Callable[..., Awaitable[A]]) -> Callable[..., Awaitable[A]]:
    """Make an endpoint of a step, with `act` and `tx` among its parameters, accept an Idempotency-Key.

    A step repeated under its key is not done again and gets its first response, even if its subject has changed since.
    A refused step may be tried again under the same key. Raises KeyInvalid, KeyReused, and what the endpoint raises.
    """
    asked = signature(endpoint, eval_str=True)
    answers: TypeAdapter[A] = TypeAdapter(asked.return_annotation)

    @wraps(endpoint)
    async def step(sent: Request, idempotency_key: str | None, **given: Any) -> A:
        act, tx = given["act"], given["tx"]
        body = next((value for value in given.values() if isinstance(value, BaseModel)), None)
        first = once(act.who, idempotency_key, f"{sent.method} {sent.url.path}?{sent.url.query}", body)
        known = await first.replay(tx, act.now)
        if known is not None:
            return answers.validate_json(known)
        answer = await endpoint(**given)
        await first.keep(tx, answers.dump_json(answer))
        return answer

    parameters = {one.name: one.replace(kind=Parameter.KEYWORD_ONLY) for one in asked.parameters.values()} | {
        "sent": Parameter("sent", Parameter.KEYWORD_ONLY, annotation=Request),
        "idempotency_key": Parameter("idempotency_key", Parameter.KEYWORD_ONLY, default=None, annotation=SentKey),
    }
    step.__signature__ = asked.replace(parameters=list(parameters.values()))  # type: ignore[attr-defined]  # what FastAPI reads
    return step
