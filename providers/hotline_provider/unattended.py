"""Unattended operation: the provider's own system decides offers and receives job changes through commands.

`on_offer` gets an offer as JSON on standard input and writes its answer as JSON:

- {"answer": "accept"}, optionally with appointment_from and appointment_to
- {"answer": "decline", "reason": "busy", "note": "…"}
- {"answer": "leave"}, to let a person decide

A command that fails decides nothing and is run again while the offer is live. `on_job` gets a job each time it changes,
with whom to call while it is live; a failed run is repeated. Either command may run twice for the same document.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ValidationError

from hotline_provider.client import HotlineClient
from hotline_provider.journal import CannotKeep
from hotline_provider.models import Job, Offer
from hotline_provider.problems import Problem, Unreachable
from hotline_provider.session import delivered, tell, why
from hotline_provider.terms import DeclineReason
from hotline_provider.wording import Say

AGAIN_SECONDS = 5.0
COMMAND_SECONDS = 60.0
DELIVER_EVERY = 20.0


class Answer(BaseModel):
    """The answer of the provider's system to an offer."""

    answer: Literal["accept", "decline", "leave"]
    reason: DeclineReason = DeclineReason.BUSY
    note: str | None = None
    appointment_from: datetime | None = None
    appointment_to: datetime | None = None


class Undecided(Exception):
    """The provider's command failed. The message says how."""


class Unattended:
    """Answers offers and passes jobs on until it is stopped. Items in `accept` are accepted without asking."""

    def __init__(
        self, hotline: HotlineClient, say: Say, on_offer: str | None, on_job: str | None, accept: frozenset[str]
    ) -> None:
        self._hotline, self._say = hotline, say
        self._on_offer, self._on_job, self._accept = on_offer, on_job, accept
        self._live: set[UUID] = set()
        self._jobs: dict[UUID, Job] = {}
        self._told: dict[UUID, Job] = {}
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled, through any outage."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_offers(tasks))
            tasks.create_task(self._deliver())
            if self._on_job:
                tasks.create_task(self._follow_jobs())
                tasks.create_task(self._pass_jobs_on())

    async def _follow_offers(self, tasks: asyncio.TaskGroup) -> None:
        async for offers in self._hotline.watch_offers():
            fresh = [offer for offer in offers if offer.id not in self._live]
            self._live = {offer.id for offer in offers}
            for offer in fresh:
                tasks.create_task(self._settle(offer))

    async def _settle(self, offer: Offer) -> None:
        """Answer an offer, retrying while it is live."""
        while offer.id in self._live and self._hotline.now() < offer.expires_at:
            try:
                await self._answer(offer, await self._decide(offer))
                return
            except Problem as refusal:
                tell(f"{offer.number}: {why(refusal, self._say)}")
                return
            except Undecided as failure:
                tell(self._say("nothing_decided", number=offer.number, why=failure))
            except (Unreachable, CannotKeep) as failure:
                tell(f"{offer.number}: {why(failure, self._say)}")
            await asyncio.sleep(AGAIN_SECONDS)

    async def _decide(self, offer: Offer) -> Answer:
        if offer.item_code in self._accept:
            return Answer(answer="accept")
        if self._on_offer is None:
            return Answer(answer="leave")
        left = (offer.expires_at - self._hotline.now()).total_seconds()
        try:
            return Answer.model_validate_json(await self._ask(self._on_offer, offer.model_dump_json(), left))
        except ValidationError as error:
            raise Undecided(self._say("no_answer_in")) from error

    async def _answer(self, offer: Offer, answer: Answer) -> None:
        match answer.answer:
            case "accept":
                window = answer.model_dump(include={"appointment_from", "appointment_to"})
                job = await self._hotline.accept(offer.id, **window)
                tell(self._say("accepted", number=job.number, id=job.id))
            case "decline":
                await self._hotline.decline(offer.id, answer.reason, answer.note)
                tell(self._say("declined", number=offer.number))

    async def _follow_jobs(self) -> None:
        async for jobs in self._hotline.watch_jobs():
            self._jobs = {job.id: job for job in jobs}
            self._changed.set()

    async def _pass_jobs_on(self) -> None:
        """Pass every job that is new, changed or ended to the provider's system."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            ended = [job for key, job in self._told.items() if key not in self._jobs]
            changed = [job for key, job in self._jobs.items() if self._told.get(key) != job]
            told = [await self._pass_on(job) for job in (*changed, *ended)]
            if not all(told):
                await asyncio.sleep(AGAIN_SECONDS)
                self._changed.set()

    async def _pass_on(self, job: Job) -> bool:
        """Pass the job to the provider's system. Returns False if that must be retried."""
        assert self._on_job is not None
        try:
            now = await self._present(job)
            await self._ask(self._on_job, now.model_dump_json(), COMMAND_SECONDS)
        except (Undecided, Unreachable) as failure:
            tell(self._say("job_not_told", number=job.number, why=failure))
            return False
        self._told[job.id] = job
        if job.id not in self._jobs:
            del self._told[job.id]
        tell(self._say("job_told", number=job.number, status=self._say.term("JobStatus", now.status)))
        return True

    async def _present(self, job: Job) -> Job:
        """Return the job as it is now, with its contact unless it has ended other than by completion."""
        try:
            return await self._hotline.job(job.id)
        except Problem as problem:
            return job.model_copy(update={"status": problem.members.get("state", job.status)})

    async def _ask(self, command: str, document: str, seconds: float) -> bytes:
        """Return the command's output. Raises Undecided."""
        process = await asyncio.create_subprocess_shell(command, stdin=PIPE, stdout=PIPE, stderr=sys.stderr)
        try:
            async with asyncio.timeout(seconds):
                output, _ = await process.communicate(document.encode())
        except TimeoutError:
            process.kill()
            await process.wait()
            raise Undecided(self._say("exit_status", status="timeout")) from None
        if process.returncode:
            raise Undecided(self._say("exit_status", status=process.returncode))
        return output

    async def _deliver(self) -> None:
        while True:
            try:
                async for kept, problem in self._hotline.deliver():
                    tell(delivered(kept, problem, self._say))
            except Unreachable:
                pass
            await asyncio.sleep(DELIVER_EVERY)
