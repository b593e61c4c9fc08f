"""Idempotency-Key: a retried creation, or step, gets the first answer again."""

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
from sqlalchemy import Index, LargeBinary, Update, bindparam, delete, select, update
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
        description="sent again, it gets the first answer",
        json_schema_extra={"minLength": 1, "maxLength": MOST_CHARACTERS},
    ),
]


class IdempotencyKey(Model):
    """A key that a principal has used: the hash of what was asked and the answer that was given."""

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
    """The update that stores `new_answer` under the key `used_key` of `principal`; under none where that is NULL."""
    return (
        update(IdempotencyKey)
        .where(IdempotencyKey.principal_id == bindparam("principal"), IdempotencyKey.key == bindparam("used_key"))
        .values(answer=bindparam("new_answer"))
    )


_STORE = Prepared(store_answer())
NOTHING_STORED: dict[str, Any] = dict.fromkeys(("principal", "used_key", "new_answer"))
"""The parameters of `store_answer` where there is nothing to be stored."""
_FORGET = Prepared(delete(IdempotencyKey).where(IdempotencyKey.created_at < bindparam("before")))


class Once(NamedTuple):
    """A creation that happens once per key; without a key every call is its own."""

    principal_id: UUID
    key: str | None
    body_hash: bytes

    async def answer(self, tx: Tx, at: datetime, shape: type[M], make: Callable[[], Awaitable[M]]) -> M:
        """What `make` makes, or what it made when the key came before. Raises KeyReused, and what `make` raises."""
        if (given := await self.replay(tx, at)) is not None:
            return shape.model_validate_json(given)
        made = await make()
        await self.keep(tx, made.model_dump_json().encode())
        return made

    async def replay(self, tx: Tx, at: datetime) -> bytes | None:
        """Claim the key, or give the answer it got before. A concurrent claim is waited for.

        Raises KeyReused when the key was used with another body.
        """
        if self.key is None:
            return None
        if await tx.row(_CLAIM, **self._asdict(), at=at):
            return None
        return await self.recall(tx)

    async def recall(self, tx: Tx) -> bytes:
        """The answer that the key got before. Raises KeyReused when it was used with another body."""
        answer = await self.find(tx)
        if answer is None:
            raise KeyReused
        return answer

    async def find(self, tx: Tx) -> bytes | None:
        """The answer that the key got before, if it came before. Raises KeyReused as `recall` does."""
        row = await tx.row(_FIND, principal_id=self.principal_id, key=self.key) if self.key else None
        if row and row["body_hash"] != self.body_hash:
            raise KeyReused
        return bytes(row["answer"]) if row else None

    async def keep(self, tx: Tx, answer: bytes) -> None:
        """Store the answer on the claimed key, in the claim's own transaction or a later one."""
        if self.key is not None:
            await tx.rows(_STORE, **self.stored(answer))

    def stored(self, answer: bytes | None) -> dict[str, Any]:
        """The parameters of `store_answer`; without an answer nothing is stored."""
        return {
            "principal": self.principal_id,
            "used_key": None if answer is None else self.key,
            "new_answer": answer,
        }


def new_seed() -> str:
    """A random seed of a secret: an answer keeps it in the secret's place."""
    return secrets.token_urlsafe(32)


def secret_from(seed: str, key: str) -> str:
    """The secret of this seed under the deployment's key, without which a dump of the database reveals none."""
    return base64.urlsafe_b64encode(hmac.digest(key.encode(), seed.encode(), "sha256")).rstrip(b"=").decode()


def once(principal_id: UUID, key: str | None, route: str, body: BaseModel | None) -> Once:
    """The key as sent by this principal for this body. Raises KeyInvalid."""
    if key is not None and not 1 <= len(key) <= MOST_CHARACTERS:
        raise KeyInvalid
    digest = sha256(route.encode() + b"\0" + (body.model_dump_json() if body else "").encode()).digest() if key else b""
    return Once(principal_id, key, digest)


def repeatable(endpoint: Callable[..., Awaitable[A]]) -> Callable[..., Awaitable[A]]:
    """The endpoint of a step, with `act` and `tx` among its parameters, which also takes an Idempotency-Key: what was
    done under the key is not done again, and has its first answer, whatever became of its subject since.

    Raises KeyInvalid, KeyReused, and what the endpoint raises: what it refused may be tried again under the same key.
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


async def forget_keys(tx: Tx, before: datetime) -> None:
    """Drop the keys made before that moment; 24 hours are promised."""
    await tx.rows(_FORGET, before=before)
