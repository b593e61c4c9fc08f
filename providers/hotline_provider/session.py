"""What all commands share: the centre, the key, the journal, and the exit status of errors."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import typer
from rich.console import Console

from hotline_provider.board import Unclear, pick
from hotline_provider.client import HotlineClient
from hotline_provider.journal import CannotKeep, Journal, Kept
from hotline_provider.models import Job
from hotline_provider.problems import Problem, Unreachable
from hotline_provider.wording import Lang, Say

REFUSED, WRONG_USE, UNREACHABLE, CANNOT_KEEP = 1, 2, 3, 4
PATIENCE_SECONDS = 8.0

Act = Callable[[HotlineClient], Awaitable[None]]


@dataclass
class Session:
    """The options of a command. `run` performs one action with the centre and turns errors into an exit status."""

    url: str
    key: str
    journal: Path | None
    say: Say

    def run(self, act: Act) -> None:
        try:
            with contextlib.suppress(KeyboardInterrupt):
                asyncio.run(self._run(act))
        except (Problem, Unreachable, CannotKeep, Unclear) as failure:
            statuses = {Problem: REFUSED, Unreachable: UNREACHABLE, CannotKeep: CANNOT_KEEP, Unclear: WRONG_USE}
            fail(why(failure, self.say), statuses[type(failure)])

    async def find_journal(self, folder: Path) -> Path:
        """Return the journal file of this provider at this centre. It stays the same when the key changes.

        The first use asks the centre whose key this is and notes the answer. Raises Problem or Unreachable.
        """
        noted = folder / f"{_short_hash(self.url, self.key)}.firm"
        try:
            provider_id = noted.read_text()
        except OSError:
            async with HotlineClient(self.url, self.key, language=self._language, patience=PATIENCE_SECONDS) as hotline:
                provider_id = str((await hotline.own()).id)
            _note(noted, provider_id)
        return folder / f"{_short_hash(self.url, provider_id)}.db"

    @property
    def _language(self) -> str:
        return "en" if self.say.lang is Lang.EN else "zh-CN"

    async def _run(self, act: Act) -> None:
        if not _is_address(self.url):
            raise Unclear(self.say("no_url"))
        if not (self.key.isascii() and self.key.isprintable() and self.key.strip()):
            raise Unclear(self.say("no_key"))
        journal = Journal(self.journal or await self.find_journal(Path(typer.get_app_dir("hotline-provider"))))
        async with HotlineClient(
            self.url, self.key, language=self._language, patience=PATIENCE_SECONDS, journal=journal
        ) as hotline:
            with contextlib.suppress(Unreachable):  # the next call will report it
                await self.deliver(hotline)
            try:
                await act(hotline)
            finally:
                with contextlib.suppress(Unreachable):
                    await self.deliver(hotline)

    async def deliver(self, hotline: HotlineClient) -> None:
        """Send the unanswered actions and print their outcomes. Raises Unreachable."""
        async for kept, problem in hotline.deliver():
            tell(delivered(kept, problem, self.say))

    def on_job(self, name: str, act: Callable[[HotlineClient, Job], Awaitable[Any]], done: str, **facts: Any) -> None:
        """Find the unfinished job named `name`, act on it, and print the sentence `done`."""

        async def find_and_act(hotline: HotlineClient) -> None:
            job = pick(name, await hotline.jobs(), "jobs", self.say)
            await act(hotline, job)
            tell(self.say(done, number=job.number, **facts))

        self.run(find_and_act)

    async def contact(self, hotline: HotlineClient, job_id: UUID) -> str:
        """Return the sentence that says whom to call and where to go."""
        job = await hotline.job(job_id)
        name, address = job.contact_name or "-", job.address or "-"
        contact = self.say("contact", name=name, phone=job.contact_phone or self.say("no_number"), address=address)
        said = [self.say("said", number=each.number, words=each.words or "-") for each in job.said]
        return "\n".join([contact, *said])


def _note(file: Path, text: str) -> None:
    with contextlib.suppress(OSError):  # the centre is asked again next time
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def _short_hash(*words: str) -> str:
    return sha256(" ".join(words).encode()).hexdigest()[:12]


def why(failure: Exception, say: Say) -> str:
    """Return what went wrong, for people."""
    match failure:
        case Problem():
            wrong = [f"{one['field']}: {one['message']}" for one in failure.members.get("errors", ())]
            return "\n".join((failure.title, *wrong))
        case Unreachable():
            return say("unreachable_kept" if failure.kept else "unreachable", why=failure)
        case CannotKeep():
            return say("cannot_keep", why=failure)
    return str(failure)


def _is_address(url: str) -> bool:
    try:
        return httpx.URL(url).scheme in ("http", "https") and bool(httpx.URL(url).host)
    except httpx.InvalidURL:
        return False


def delivered(kept: Kept, problem: Problem | None, say: Say) -> str:
    """Return the sentence for an action that was sent later."""
    return say("delivered_refused", path=kept.path, why=problem.title) if problem else say("delivered", path=kept.path)


def fen(text: str, say: Say, *, loss: bool = False) -> int:
    """Return a sum typed in yuan, in fen. It may be negative only with `loss`. Raises Unclear."""
    try:
        amount = Decimal(text.strip()) * 100
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount != amount.to_integral_value() or (amount < 0 and not loss):
        raise Unclear(say("no_sum", text=text))
    return int(amount)


def moment(text: str, say: Say) -> datetime:
    """Return a time typed in this machine's time zone. Raises Unclear."""
    try:
        return datetime.strptime(text.strip().replace("T", " "), "%Y-%m-%d %H:%M").astimezone()
    except ValueError as error:
        raise Unclear(say("no_moment", text=text)) from error


def fail(sentence: str, status: int) -> None:
    Console(stderr=True).print(sentence, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(status)


def tell(sentence: str) -> None:
    Console().print(sentence, markup=False, soft_wrap=True)


def measured(text: str, say: Say) -> Decimal:
    """Return a quantity that was typed. Raises Unclear."""
    try:
        quantity = Decimal(text.strip())
    except InvalidOperation:
        quantity = Decimal("NaN")
    if not quantity.is_finite() or quantity <= 0 or quantity * 100 != int(quantity * 100):
        raise Unclear(say("no_quantity", text=text))
    return quantity
