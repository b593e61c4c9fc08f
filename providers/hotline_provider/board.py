"""Shows offers and jobs in the terminal, and resolves the short names that a person types."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hotline_provider.account import Complaint, CreditEntry
from hotline_provider.client import HotlineClient
from hotline_provider.models import Job, Offer
from hotline_provider.wording import Lang, Say

SHORT = 6
LEAST = 4
HURRY = timedelta(seconds=30)

Work = TypeVar("Work", Offer, Job)
Named = TypeVar("Named", Offer, Job, CreditEntry, Complaint)


class Unclear(Exception):
    """What the person typed cannot be used, or they cancelled. The message says why."""


def short(whole: UUID) -> str:
    """Return the end of an id. The beginning is a timestamp, nearly the same in all ids of a day."""
    return whole.hex[-SHORT:]


def pick(name: str, among: Sequence[Work], kind: str, say: Say) -> Work:
    """Return the offer or job with this number, or whose id ends in `name` (at least 4 characters). Raises Unclear."""
    numbered = [one for one in among if str(one.number) == name]
    return numbered[0] if len(numbered) == 1 else pick_ending(name, numbered or among, kind, say)


def pick_ending(name: str, among: Sequence[Named], kind: str, say: Say) -> Named:
    """Return the one whose id ends in `name` (at least 4 characters). Raises Unclear."""
    end = name.lower().replace("-", "")
    fitting = [one for one in among if len(end) >= LEAST and one.id.hex.endswith(end)]
    if len(fitting) != 1:
        raise Unclear(say("ambiguous" if fitting else "unknown", name=name, kind=say(kind).lower()))
    return fitting[0]


def yuan(fen: int | None) -> str:
    """Return the sum in yuan with two decimals."""
    return f"{(fen or 0) / 100:.2f}"


def _here() -> datetime:
    return datetime.now(UTC)


@dataclass
class Board:
    """The offers with their countdown in the centre's time, the jobs below them, and a line for the current action.

    With a keyboard (`keyed`), keys act on the row whose id is `chosen`.
    """

    say: Say
    now: Callable[[], datetime] = _here
    names: dict[str, str] = field(default_factory=dict)
    offers: list[Offer] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    keyed: bool = False
    chosen: UUID | None = None
    line: str = ""

    def the_chosen(self) -> Offer | Job | None:
        """Return the offer or job that keys act on: the chosen one, or the first if none is chosen or it has gone."""
        rows = self._rows()
        return next((row for row in rows if row.id == self.chosen), rows[0] if rows else None)

    def choose(self, step: int) -> None:
        """Move the choice down by `step` rows."""
        rows, now = self._rows(), self.the_chosen()
        if now:
            self.chosen = rows[max(0, min(rows.index(now) + step, len(rows) - 1))].id

    def _rows(self) -> list[Offer | Job]:
        return [*self.offers, *self.jobs]

    async def learn_names(self, hotline: HotlineClient) -> None:
        """Fetch the names of items and townships."""
        for one in await hotline.items() + await hotline.townships():
            self.names[one.code] = one.en if self.say.lang is Lang.EN else one.zh

    def __rich__(self) -> RenderableType:
        return Group(self.offers_table(self.now()), self.jobs_table(), Text(self.line))

    def offers_table(self, now: datetime) -> Table:
        """Return the live offers, with the time left to accept each."""
        say = self.say
        table = self._table("offers", "no_offers", self.offers, ("id", "number", "left", *_FACTS, "quantity", "price"))
        for offer in self.offers:
            comes_to = offer.price_fen if offer.sum_fen is None else offer.sum_fen
            price = {"free": say("free"), "fixed": say("fixed", yuan=yuan(comes_to))}
            table.add_row(
                short(offer.id),
                str(offer.number),
                _left(offer, now),
                *self._facts(offer),
                _span(offer.wanted_from, offer.wanted_to, offer.arrive_by, say),
                say.measure(offer.quantity, offer.unit),
                price.get(offer.price_kind, say("quote_from", yuan=yuan(offer.price_fen))),
                style=self._style(offer),
            )
        return table

    def jobs_table(self) -> Table:
        """Return the unfinished jobs."""
        say = self.say
        table = self._table("jobs", "no_jobs", self.jobs, ("id", "number", "status", *_FACTS, "quantity", "price"))
        for job in self.jobs:
            table.add_row(
                short(job.id),
                str(job.number),
                _status(job, say),
                *self._facts(job),
                _span(job.appointment_from, job.appointment_to, job.arrive_by, say),
                say.measure(job.quantity, job.unit),
                say("to_quote") if job.agreed_fen is None else say("fixed", yuan=yuan(job.agreed_fen)),
                style=self._style(job),
            )
        return table

    def _table(self, title: str, empty: str, rows: Sequence[Work], columns: tuple[str, ...]) -> Table:
        caption = None if rows else self.say(empty)
        table = Table(title=self.say(title), title_justify="left", caption=caption, caption_justify="left", expand=True)
        for name in columns:
            table.add_column(self.say(name), ratio=1 if name == "what" else None)
        return table

    def _style(self, work: Offer | Job) -> str:
        return "reverse" if self.keyed and work is self.the_chosen() else ""

    def _facts(self, work: Offer | Job) -> tuple[str, str, str]:
        item = self.names.get(work.item_code, work.item_code)
        if isinstance(work, Offer):
            item = f"{item} · {self.say.term('Urgency', work.urgency)}"
        return item, self.names.get(work.township_code, work.township_code), work.description


_FACTS = ("item", "where", "what", "when")


def _status(job: Job, say: Say) -> str:
    """Return the status and, while a correction allows giving the job back for free, when it was corrected."""
    at = job.corrected_at
    if at is None or (job.started_at is not None and job.started_at >= at):
        return say.term("JobStatus", job.status)
    return f"{say.term('JobStatus', job.status)}\n{say('corrected', at=f'{at.astimezone():%m-%d %H:%M}')}"


def _left(offer: Offer, now: datetime) -> Text:
    """Return the time left or, if the centre's clock differs from ours (as in a demo), the moment of expiry."""
    left = offer.expires_at - now
    if not timedelta() <= left <= offer.expires_at - offer.offered_at:
        return Text(f"{offer.expires_at.astimezone():%H:%M:%S}")
    minutes, seconds = divmod(int(left.total_seconds()), 60)
    return Text(f"{minutes}:{seconds:02}", style="bold red" if left < HURRY else "")


def _span(start: datetime | None, end: datetime | None, latest: datetime | None, say: Say) -> str:
    """Return the appointment, or else the deadline, in this machine's time zone."""
    if start and end:
        return f"{start.astimezone():%m-%d %H:%M}-{end.astimezone():%H:%M}"
    return say("until", end=f"{latest.astimezone():%m-%d %H:%M}") if latest else ""
