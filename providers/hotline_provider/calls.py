"""What all calls share: retry until answered, and write an action to the journal before sending it."""

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
"""Refusals that say nothing about the action itself, such as for a revoked key. Neither does any status from 500."""
HELD = "request_on_hold"
"""An action refused with this code stays in the journal and is sent again until the request is resumed."""

T = TypeVar("T")


class Calls:
    """How one provider's calls reach its centre. HotlineClient defines the calls."""

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
        """The journal that keeps actions until they are answered."""
        return self._journal

    def now(self) -> datetime:
        """Return the centre's time, from the Date of its last answer; before the first answer, this machine's time."""
        return self._line.now() or datetime.now(UTC)

    async def deliver(self) -> AsyncIterator[tuple[Kept, Problem | None]]:
        """Send the unanswered actions in order, and yield each with the centre's refusal or None.

        Refusals that arrived earlier, while another action on the same offer or job was being sent, come first.
        Raises Unreachable. Unsent actions stay in the journal, and so do those that the centre cannot decide now.
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
        """Write the action to the journal, then send it after unanswered ones on the same offer or job."""
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
        """Return the centre's answer to a kept action. Raises Problem for a final refusal, otherwise Unreachable."""
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
    """Return whether the same action would be refused again. A page without a document comes from a gateway."""
    return bool(problem.members) and problem.status < 500 and problem.status not in NOT_FINAL and problem.code != HELD
