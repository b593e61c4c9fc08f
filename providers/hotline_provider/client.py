"""The provider's queue over HTTP.

    async with HotlineClient("https://hotline.example", key) as hotline:
        async for offers in hotline.watch_offers():
            for offer in offers:
                job = await hotline.accept(offer.id)

Money is integer fen, times carry a zone. Every action names a state, so repeating it is safe, and the client does
so by itself when the centre is out of reach, busy or restarting. With a journal no action is lost either when this
program ends before the centre has answered: `deliver` sends it later.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

import httpx
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from hotline_provider.journal import Journal, Kept
from hotline_provider.line import Line
from hotline_provider.models import DeclineReason, Extension, Job, JobWithContact, Named, Offer, Provider, ReturnReason
from hotline_provider.problems import Problem, Unreachable

Id = UUID | str

ANSWER_SECONDS = 10.0
DONE = "done"
NOT_FINAL = {408, 425, 429}
"""A refusal that says nothing about the action itself; so do all from 500 on."""

_OFFER, _OFFERS = TypeAdapter(Offer), TypeAdapter(list[Offer])
_JOB, _JOBS, _JOB_WITH_CONTACT = TypeAdapter(Job), TypeAdapter(list[Job]), TypeAdapter(JobWithContact)
_PROVIDER, _NAMES, _EXTENSION = TypeAdapter(Provider), TypeAdapter(list[Named]), TypeAdapter(Extension)

T = TypeVar("T")


class HotlineClient:
    """One provider's connection to its centre.

    `key` is the one that the centre's registrar made; `language` that of the sentences in a Problem; `patience` for
    how many seconds a failing call is repeated; `journal` keeps each action until it is answered. Every method raises
    Problem when the centre refuses and Unreachable when patience ends without an answer; an action also CannotKeep,
    and is not begun, when the journal cannot be written.
    """

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
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._line = Line(base_url, key, language, transport)

    async def __aenter__(self) -> Self:
        await self._line.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._line.__aexit__(kind, error, trace)

    def now(self) -> datetime:
        """The centre's time, after the Date of its last answer; this machine's until there was one."""
        return self._line.now() or datetime.now(UTC)

    async def watch_offers(self, *, wait: int = 30) -> AsyncIterator[list[Offer]]:
        """The live offers, oldest first: at once, and again whenever one comes or goes. Outlasts any outage.

        Each question stays open at the centre for up to `wait` seconds (60 at most).
        """
        async for content in self._watch("/provider/offers", wait):
            yield _OFFERS.validate_json(content)

    async def watch_jobs(self, *, wait: int = 30) -> AsyncIterator[list[Job]]:
        """The unfinished jobs, oldest first: at once, and again whenever one changes. Outlasts any outage."""
        async for content in self._watch("/provider/jobs", wait):
            yield _JOBS.validate_json(content)

    async def offers(self) -> list[Offer]:
        """The live offers now, oldest first."""
        return await self._ask(_OFFERS, "GET", "/provider/offers")

    async def accept(
        self, offer_id: Id, *, appointment_from: datetime | None = None, appointment_to: datetime | None = None
    ) -> Job:
        """Take the work; the appointment lies in what the citizen wants and, left out, is all of it."""
        window = {"appointment_from": appointment_from, "appointment_to": appointment_to}
        return await self._act(_JOB, f"/provider/offers/{offer_id}/acceptance", window)

    async def decline(self, offer_id: Id, reason: DeclineReason | str, note: str | None = None) -> Offer:
        """Say no; another provider is asked at once."""
        body = {"reason": reason, "note": note}
        return await self._act(_OFFER, f"/provider/offers/{offer_id}/refusal", body)

    async def jobs(self) -> list[Job]:
        """Your unfinished jobs, oldest first."""
        return await self._ask(_JOBS, "GET", "/provider/jobs")

    async def job(self, job_id: Id) -> JobWithContact:
        """A job with whom to call and where to go."""
        return await self._ask(_JOB_WITH_CONTACT, "GET", f"/provider/jobs/{job_id}")

    async def start(self, job_id: Id, *, happened_at: datetime | None = None) -> Job:
        """You are on site; `happened_at` if you were before. With a journal, the moment of this call is sent along."""
        body = {"happened_at": self._moment(happened_at)}
        return await self._act(_JOB, f"/provider/jobs/{job_id}/start", body)

    async def move_appointment(self, job_id: Id, appointment_from: datetime, appointment_to: datetime) -> Job:
        """Another appointment, which the citizen has agreed to."""
        window = {"appointment_from": appointment_from, "appointment_to": appointment_to}
        body = {**window, "agreed_with_citizen": True}
        return await self._act(_JOB, f"/provider/jobs/{job_id}/appointment", body)

    async def quote(self, job_id: Id, amount_fen: int, *, agreed_on_site: bool = False, note: str | None = None) -> Job:
        """Name the price of the whole job; unless `agreed_on_site`, the centre asks the citizen."""
        body = {"amount_fen": amount_fen, "agreed_on_site": agreed_on_site, "note": note}
        return await self._act(_JOB, f"/provider/jobs/{job_id}/quote", body)

    async def complete(
        self,
        job_id: Id,
        *,
        result: str,
        amount_fen: int,
        payout_fen: int | None = None,
        happened_at: datetime | None = None,
    ) -> Job:
        """Done, and billed at no more than was agreed; `payout_fen` is what you paid the citizen for old goods."""
        body = {"result": result, "amount_fen": amount_fen, "payout_fen": payout_fen}
        body |= {"happened_at": self._moment(happened_at)}
        return await self._act(_JOB, f"/provider/jobs/{job_id}/completion", body)

    async def give_back(self, job_id: Id, reason: ReturnReason | str, note: str | None = None) -> Job:
        """Return the work: to others before it was started, to the supervisor afterwards."""
        body = {"reason": reason, "note": note}
        return await self._act(_JOB, f"/provider/jobs/{job_id}/return", body)

    async def fail(self, job_id: Id, note: str) -> Job:
        """Begun, and it cannot be done; a supervisor decides."""
        return await self._act(_JOB, f"/provider/jobs/{job_id}/failure", {"note": note})

    async def ask_for_extension(self, job_id: Id, until: datetime, reason: str) -> Extension:
        """Ask for more time to complete, once and before the time is over; a supervisor decides."""
        body = {"until": until, "reason": reason}
        return await self._act(_EXTENSION, f"/provider/jobs/{job_id}/extension", body)

    async def deliver(self) -> AsyncIterator[tuple[Kept, Problem | None]]:
        """Send what was decided and never answered, in its order; gives what the centre has said to each.

        Raises Unreachable; what it was then not told stays in the journal. So does what the centre cannot judge now.
        """
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

    async def own(self) -> Provider:
        """Your entry in the registry: standing, prices, papers, coverage, hours."""
        return await self._ask(_PROVIDER, "GET", "/provider")

    async def set_availability(self, *, reachable: bool, capacity: int | None = None) -> Provider:
        """Take offers or none, and at most so many unfinished jobs at a time."""
        body = {"reachable": reachable, "capacity": capacity}
        return await self._ask(_PROVIDER, "PATCH", "/provider/availability", body)

    async def items(self) -> list[Named]:
        """The names of the service items."""
        return await self._ask(_NAMES, "GET", "/items")

    async def townships(self) -> list[Named]:
        """The names of the townships."""
        return await self._ask(_NAMES, "GET", "/townships")

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
        response = await self._line.send(
            method, path, body=to_jsonable_python(body), answer_in=ANSWER_SECONDS, patience=self._patience
        )
        return shape.validate_json(response.content)

    async def _act(self, shape: TypeAdapter[T], path: str, body: dict[str, Any]) -> T:
        """Keep the action, then send it, after those on the same offer or job that were never answered."""
        if self._journal is None:
            return await self._ask(shape, "PUT", path, body)
        kept = self._journal.keep(path, to_jsonable_python(body))
        async with self._turn(kept):
            for one in self._unanswered(kept):
                if one.id < kept.id:
                    with suppress(Problem):  # refused, which is noted
                        await self._carry_out(one)
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
    """Whether sending the same again would be refused again."""
    return problem.status < 500 and problem.status not in NOT_FINAL
