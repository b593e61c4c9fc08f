"""What every call shares: asked until answered, and an action kept in the journal before it is sent."""

import asyncio
import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar
from weakref import WeakValueDictionary

import httpx
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from hotline_provider.journal import Journal, Kept
from hotline_provider.line import Line
from hotline_provider.problems import Problem, Unreachable

ANSWER_SECONDS = 10.0
DONE = "done"
NOT_FINAL = {401, 403, 408, 425, 429}
"""A refusal that says nothing about the action itself, such as that of a revoked key; so do all from 500 on."""
HELD = "request_on_hold"
"""The action is sent again once the request has been taken up again."""

T = TypeVar("T")


class Calls:
    """One provider's calls to its centre. HotlineClient says which there are."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        language: str = "zh-CN",
        patience: float = 30.0,
        journal: Journal | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._patience = patience
        self._journal = journal
        self._refused: list[tuple[Kept, Problem]] = []
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._line = Line(base_url, key, language, transport)

    async def __aenter__(self) -> Self:
        await self._line.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._line.__aexit__(kind, error, trace)

    @property
    def journal(self) -> Journal | None:
        """What keeps the actions until they are answered."""
        return self._journal

    def now(self) -> datetime:
        """The centre's time, after the Date of its last answer; this machine's until there was one."""
        return self._line.now() or datetime.now(UTC)

    async def deliver(self) -> AsyncIterator[tuple[Kept, Problem | None]]:
        """Send what was decided and never answered, in its order; gives what the centre has said to each.

        First what was refused while a later action on the same offer or job was sent, which nobody was told.
        Raises Unreachable; what it was then not told stays in the journal. So does what the centre cannot judge now.
        """
        while self._refused:
            yield self._refused.pop(0)
        stuck: set[str] = set()
        for kept in self._journal.unanswered() if self._journal else ():
            async with self._turn(kept):
                if kept.subject in stuck or kept not in self._unanswered(kept):
                    continue
                try:
                    await self._send_kept(kept, patience=0)
                except Problem as problem:
                    if not _is_final(problem):
                        stuck.add(kept.subject)
                        continue
                    refusal: Problem | None = problem
                else:
                    refusal = None
            yield kept, refusal

    def _moment(self, happened_at: datetime | None) -> datetime | None:
        return happened_at or (self._line.now() if self._journal else None)

    async def _watch(self, path: str, wait: int) -> AsyncIterator[bytes]:
        headers: dict[str, str] = {}
        while True:
            response = await self._line.send(
                "GET", path, headers=headers, answer_in=wait + ANSWER_SECONDS, patience=math.inf
            )
            if response.status_code != httpx.codes.NOT_MODIFIED:
                headers = {"Prefer": f"wait={wait}", "If-None-Match": response.headers["ETag"]}
                yield response.content

    async def _ask(self, shape: TypeAdapter[T], method: str, path: str, body: dict[str, Any] | None = None) -> T:
        return shape.validate_json((await self._send(method, path, body)).content)

    async def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return await self._line.send(
            method, path, body=to_jsonable_python(body), answer_in=ANSWER_SECONDS, patience=self._patience
        )

    async def _act(self, shape: TypeAdapter[T], path: str, body: dict[str, Any]) -> T:
        """Keep the action, then send it, after those on the same offer or job that were never answered."""
        if self._journal is None:
            return await self._ask(shape, "PUT", path, body)
        kept = self._journal.keep(path, to_jsonable_python(body))
        async with self._turn(kept):
            for one in self._unanswered(kept):
                if one.id < kept.id:
                    try:
                        await self._carry_out(one)
                    except Problem as problem:
                        self._refused.append((one, problem))
            return shape.validate_json((await self._carry_out(kept)).content)

    async def _carry_out(self, kept: Kept) -> httpx.Response:
        """The centre's answer to a kept action. Raises Problem for a final refusal, else Unreachable."""
        try:
            return await self._send_kept(kept, self._patience)
        except Problem as problem:
            if _is_final(problem):
                raise
            raise Unreachable(problem.title, kept=True) from problem
        except Unreachable as error:
            raise Unreachable(str(error), kept=True) from error

    def _turn(self, kept: Kept) -> asyncio.Lock:
        return self._turns.setdefault(kept.subject, asyncio.Lock())

    def _unanswered(self, kept: Kept) -> list[Kept]:
        assert self._journal is not None
        return self._journal.unanswered(kept.subject)

    async def _send_kept(self, kept: Kept, patience: float) -> httpx.Response:
        assert self._journal is not None
        try:
            response = await self._line.send(
                "PUT", kept.path, body=kept.body, answer_in=ANSWER_SECONDS, patience=patience
            )
        except Problem as problem:
            if _is_final(problem):
                self._journal.settle(kept, problem.code)
            raise
        self._journal.settle(kept, DONE)
        return response


def _is_final(problem: Problem) -> bool:
    """Whether sending the same again would be refused again. A page without a document is some gateway's."""
    return bool(problem.members) and problem.status < 500 and problem.status not in NOT_FINAL and problem.code != HELD
