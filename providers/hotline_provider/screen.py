"""The live screen and its keyboard commands."""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Coroutine
from decimal import Decimal
from enum import StrEnum
from typing import Any

from rich.live import Live

from hotline_provider.board import Board, Unclear, yuan
from hotline_provider.client import HotlineClient
from hotline_provider.journal import CannotKeep
from hotline_provider.keys import pressed
from hotline_provider.models import Job, Offer, shown
from hotline_provider.problems import Problem, Unreachable
from hotline_provider.session import Session, delivered, fen, measured, moment, why
from hotline_provider.terms import DeclineReason, ReturnReason
from hotline_provider.wording import is_counted

KEEP_UP_EVERY = 20.0


class Screen:
    """Shows offers with their countdown, and jobs. Keys act on the chosen row."""

    def __init__(self, session: Session, hotline: HotlineClient) -> None:
        self.session, self.hotline, self.say = session, hotline, session.say
        self.board = Board(session.say, hotline.now)
        self._keys: asyncio.Queue[str] = asyncio.Queue()

    async def run(self) -> None:
        """Show the screen until the person quits."""
        work: list[Coroutine[Any, Any, None]] = [self._follow_offers(), self._follow_jobs(), self._keep_up()]
        with contextlib.ExitStack() as stack:
            if sys.stdin.isatty():
                self._keys = stack.enter_context(pressed())
                self.board.keyed, self.board.line = True, self.say("keys")
                work.append(self._obey())
            stack.enter_context(Live(self.board, refresh_per_second=4))
            tasks = [asyncio.ensure_future(one) for one in work]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()

    async def _follow_offers(self) -> None:
        async for offers in self.hotline.watch_offers():
            self.board.offers = offers

    async def _follow_jobs(self) -> None:
        async for jobs in self.hotline.watch_jobs():
            self.board.jobs = jobs

    async def _keep_up(self) -> None:
        """Fetch the names of items and places, and send what could not be sent before."""
        while True:
            with contextlib.suppress(Unreachable):
                if not self.board.names:
                    await self.board.learn_names(self.hotline)
                async for kept, problem in self.hotline.deliver():
                    self.board.line = delivered(kept, problem, self.say)
            await asyncio.sleep(KEEP_UP_EVERY)

    async def _obey(self) -> None:
        board = self.board
        while (key := await self._keys.get()) != "q":
            board.line = self.say("keys")
            if key in ("up", "down"):
                board.choose(1 if key == "down" else -1)
            elif act := self._act(key, board.the_chosen()):
                await self._try(act)

    def _act(self, key: str, work: Offer | Job | None) -> Callable[[], Awaitable[str]] | None:
        """Return what the key does for this row, or None."""
        if isinstance(work, Offer):
            of_offer = {"a": self._accept, "d": self._decline}
            return (lambda: of_offer[key](work)) if key in of_offer else None
        of_job = {
            "o": self._contact,
            "s": self._start,
            "p": self._quote,
            "c": self._complete,
            "x": self._extend,
            "r": self._return,
        }
        return (lambda: of_job[key](work)) if work and key in of_job else None

    async def _try(self, act: Callable[[], Awaitable[str]]) -> None:
        try:
            self.board.line = await act()
        except (Problem, Unreachable, CannotKeep, Unclear) as failure:
            self.board.line = why(failure, self.say)

    async def _accept(self, offer: Offer) -> str:
        job = await self.hotline.accept(offer.id)
        return await self.session.contact(self.hotline, job.id)

    async def _decline(self, offer: Offer) -> str:
        reason = await self._choose(DeclineReason)
        await self.hotline.decline(offer.id, reason, await self._ask("ask_note") or None)
        return self.say("declined", number=offer.number)

    async def _contact(self, job: Job) -> str:
        return await self.session.contact(self.hotline, job.id)

    async def _start(self, job: Job) -> str:
        await self.hotline.start(job.id)
        return self.say("started", number=job.number)

    async def _quote(self, job: Job) -> str:
        quantity = await self._measure(job)
        amount = fen(await self._ask("ask_amount"), self.say)
        agreed = (await self._ask("ask_agreed")).lower() == "y"
        await self.hotline.quote(job.id, amount, quantity=quantity, agreed_on_site=agreed)
        return self.say("agreed" if agreed else "quoted", number=job.number, yuan=yuan(amount))

    async def _complete(self, job: Job) -> str:
        quantity = await self._measure(job)
        agreed = "" if job.agreed_fen is None else yuan(job.agreed_fen)
        amount = fen(await self._ask("ask_amount", agreed), self.say)
        more = amount > (job.agreed_fen or 0) and (await self._ask("ask_agreed")).lower() == "y"
        result = await self._ask("ask_result")
        await self.hotline.complete(job.id, result=result, amount_fen=amount, quantity=quantity, agreed_on_site=more)
        return self.say("completed", number=job.number, yuan=yuan(amount))

    async def _measure(self, job: Job) -> Decimal | None:
        """Ask for the actual quantity if the item is charged by a unit."""
        if not is_counted(job.unit):
            return None
        return measured(await self._ask("ask_quantity", f"{shown(job.quantity)}"), self.say)

    async def _extend(self, job: Job) -> str:
        until = moment(await self._ask("ask_until"), self.say)
        asked = await self.hotline.ask_for_extension(job.id, until, await self._ask("ask_reason"))
        return self.say("asked", number=job.number, until=f"{asked.until.astimezone():%m-%d %H:%M}")

    async def _return(self, job: Job) -> str:
        reason = await self._choose(ReturnReason)
        await self.hotline.give_back(job.id, reason, await self._ask("ask_note") or None)
        return self.say("returned", number=job.number)

    async def _ask(self, question: str, typed: str = "") -> str:
        """Return what the person types before Enter. Raises Unclear when they press Escape."""
        while True:
            self.board.line = f"{self.say(question)}: {typed}_"
            match await self._keys.get():
                case "enter":
                    return typed
                case "escape":
                    raise Unclear(self.say("keys"))
                case "backspace":
                    typed = typed[:-1]
                case "up" | "down":
                    pass
                case key:
                    typed += key

    async def _choose(self, words: type[StrEnum]) -> str:
        """Return one of these words, chosen by its number. Raises Unclear."""
        options = list(words)
        shown = " ".join(f"{place} {self.say.term(words.__name__, option)}" for place, option in enumerate(options, 1))
        self.board.line = f"{self.say('ask_reason')}: {shown}"
        key = await self._keys.get()
        if not key.isdigit() or not 1 <= int(key) <= len(options):
            raise Unclear(self.say("keys"))
        return options[int(key) - 1]
