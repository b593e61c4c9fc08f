"""A client for the provider's queue.

    async with HotlineClient("https://hotline.example", key) as hotline:
        async for offers in hotline.watch_offers():
            for offer in offers:
                job = await hotline.accept(offer.id)

Money is in integer fen; times carry a zone. Every action names its target state, so repeating it is safe, and the
client does so automatically when the centre is unreachable, busy or restarting. With a journal, no action is lost when
the program ends before the centre has answered: `deliver` sends it later.
"""

from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import TypeAdapter

from hotline_provider.account import (
    Complaint,
    Complaints,
    Credit,
    CreditEntry,
    Decision,
    Decisions,
    MonthReturn,
    MonthReturns,
    MonthStatement,
    NoShow,
    NoShows,
    Statement,
)
from hotline_provider.calls import Calls
from hotline_provider.models import Extension, Job, JobWithContact, Named, Offer, Provider, shown
from hotline_provider.terms import DeclineReason, ReturnReason, ToldHow

Id = UUID | str

_OFFER, _OFFERS = TypeAdapter(Offer), TypeAdapter(list[Offer])
_JOB, _JOBS, _JOB_WITH_CONTACT = TypeAdapter(Job), TypeAdapter(list[Job]), TypeAdapter(JobWithContact)
_PROVIDER, _NAMES, _EXTENSION = TypeAdapter(Provider), TypeAdapter(list[Named]), TypeAdapter(Extension)
_STATEMENT, _MONTH, _CREDIT = TypeAdapter(Statement), TypeAdapter(MonthStatement), TypeAdapter(Credit)
_ENTRY, _DECISIONS, _NO_SHOWS = TypeAdapter(CreditEntry), TypeAdapter(Decisions), TypeAdapter(NoShows)
_RETURN, _RETURNS = TypeAdapter(MonthReturn), TypeAdapter(MonthReturns)
_OF_REQUEST = TypeAdapter(list[Decision])
_COMPLAINT, _COMPLAINTS = TypeAdapter(Complaint), TypeAdapter(Complaints)


class HotlineClient(Calls):
    """One provider's connection to its centre.

    `key` is the key from the registrar. `language` is that of the sentences in a Problem. A failing call is repeated
    for `patience` seconds. `journal` keeps each action until it is answered.

    Every method raises Problem when the centre refuses, and Unreachable when patience ends without an answer. An action
    also raises CannotKeep, and is not sent, when the journal cannot be written.
    """

    async def watch_offers(self, *, wait: int = 30) -> AsyncIterator[list[Offer]]:
        """Yield the live offers, oldest first: at once, and again whenever one comes or goes. Survives any outage.

        Each poll stays open at the centre for up to `wait` seconds (at most 60).
        """
        async for content in self._watch("/provider/offers", wait):
            yield _OFFERS.validate_json(content)

    async def watch_jobs(self, *, wait: int = 30) -> AsyncIterator[list[Job]]:
        """Yield the unfinished jobs, oldest first: at once, and again whenever one changes. Survives any outage."""
        async for content in self._watch("/provider/jobs", wait):
            yield _JOBS.validate_json(content)

    async def offers(self) -> list[Offer]:
        """Return the live offers, oldest first."""
        return await self._ask(_OFFERS, "GET", "/provider/offers")

    async def accept(
        self, offer_id: Id, *, appointment_from: datetime | None = None, appointment_to: datetime | None = None
    ) -> Job:
        """Accept an offer. The appointment must lie within the citizen's wanted time, which is the default."""
        window = {"appointment_from": appointment_from, "appointment_to": appointment_to}
        return await self._act(_JOB, f"/provider/offers/{offer_id}/acceptance", window)

    async def decline(self, offer_id: Id, reason: DeclineReason | str, note: str | None = None) -> Offer:
        """Decline an offer. Another provider is asked at once."""
        body = {"reason": reason, "note": note}
        return await self._act(_OFFER, f"/provider/offers/{offer_id}/refusal", body)

    async def jobs(self) -> list[Job]:
        """Return your unfinished jobs, oldest first."""
        return await self._ask(_JOBS, "GET", "/provider/jobs")

    async def job(self, job_id: Id) -> JobWithContact:
        """Return a job with whom to call and where to go."""
        return await self._ask(_JOB_WITH_CONTACT, "GET", f"/provider/jobs/{job_id}")

    async def start(self, job_id: Id, *, happened_at: datetime | None = None) -> Job:
        """Report that you are on site. `happened_at` is when work began; with a journal it defaults to now."""
        body = {"happened_at": self._moment(happened_at)}
        return await self._act(_JOB, f"/provider/jobs/{job_id}/start", body)

    async def move_appointment(
        self,
        job_id: Id,
        appointment_from: datetime,
        appointment_to: datetime,
        *,
        agreed_by: str,
        agreed_how: ToldHow | str,
    ) -> Job:
        """Move the appointment. `agreed_by` names who agreed: the citizen or somebody in the household."""
        window = {"appointment_from": appointment_from, "appointment_to": appointment_to}
        body = {**window, "agreed_with_citizen": True, "agreed_by": agreed_by, "agreed_how": agreed_how}
        return await self._act(_JOB, f"/provider/jobs/{job_id}/appointment", body)

    async def quote(
        self,
        job_id: Id,
        amount_fen: int,
        *,
        quantity: Decimal | None = None,
        agreed_on_site: bool = False,
        note: str | None = None,
    ) -> Job:
        """Quote a price for the whole job, and the actual quantity. Unless `agreed_on_site`, the centre asks the
        citizen."""
        body = {"amount_fen": amount_fen, "agreed_on_site": agreed_on_site, "note": note} | _found(quantity)
        return await self._act(_JOB, f"/provider/jobs/{job_id}/quote", body)

    async def complete(
        self,
        job_id: Id,
        *,
        result: str,
        amount_fen: int,
        quantity: Decimal | None = None,
        agreed_on_site: bool = False,
        payout_fen: int | None = None,
        happened_at: datetime | None = None,
    ) -> Job:
        """Complete the job. Bill no more than was agreed, before or on site, for the actual `quantity`.

        `payout_fen` is what you paid the citizen, for old goods for example.
        """
        body = {"result": result, "amount_fen": amount_fen, "payout_fen": payout_fen}
        body |= _found(quantity) | {"agreed_on_site": agreed_on_site}
        body |= {"happened_at": self._moment(happened_at)}
        return await self._act(_JOB, f"/provider/jobs/{job_id}/completion", body)

    async def give_back(self, job_id: Id, reason: ReturnReason | str, note: str | None = None) -> Job:
        """Give the job back. Before its start others are asked; afterwards a supervisor decides."""
        body = {"reason": reason, "note": note}
        return await self._act(_JOB, f"/provider/jobs/{job_id}/return", body)

    async def fail(self, job_id: Id, note: str) -> Job:
        """Report that work you have started cannot be done. A supervisor decides."""
        return await self._act(_JOB, f"/provider/jobs/{job_id}/failure", {"note": note})

    async def ask_for_extension(self, job_id: Id, until: datetime, reason: str) -> Extension:
        """Ask for more time to complete, once per job and before the deadline. A supervisor decides."""
        body = {"until": until, "reason": reason}
        return await self._act(_EXTENSION, f"/provider/jobs/{job_id}/extension", body)

    async def own(self) -> Provider:
        """Return your entry in the registry: standing, prices, licences, coverage, hours."""
        return await self._ask(_PROVIDER, "GET", "/provider")

    async def set_availability(self, *, reachable: bool, capacity: int | None = None) -> Provider:
        """Set whether you take offers, and how many unfinished jobs at a time."""
        body = {"reachable": reachable, "capacity": capacity}
        return await self._ask(_PROVIDER, "PATCH", "/provider/availability", body)

    async def items(self) -> list[Named]:
        """Return the service items with their names."""
        return await self._ask(_NAMES, "GET", "/items")

    async def townships(self) -> list[Named]:
        """Return the townships with their names."""
        return await self._ask(_NAMES, "GET", "/townships")

    async def statement(self) -> Statement:
        """Return your figures for the last twelve months, with their counts."""
        return await self._ask(_STATEMENT, "GET", "/provider/statement")

    async def month(self, month: str) -> MonthStatement:
        """Return the amounts for a month such as "2026-11", job by job, with its credit entries."""
        return await self._ask(_MONTH, "GET", f"/provider/statement/{month}")

    async def month_file(self, month: str, form: str, language: str = "zh") -> bytes:
        """Return a month's statement as a file: csv, xlsx, or html to print; in zh or en."""
        return (await self._send("GET", f"/provider/statement/{month}?format={form}&lang={language}")).content

    async def returns(self) -> list[MonthReturn]:
        """Return the monthly returns that you have filed, latest month first."""
        return (await self._ask(_RETURNS, "GET", "/provider/months?limit=100")).items

    async def file_month(self, month: str, *, turnover_fen: int, profit_tax_fen: int) -> MonthReturn:
        """File the return of a month that is over, such as "2026-10". It replaces an earlier one until that is locked.

        Profit-and-tax is negative in a month of loss.
        """
        body = {"turnover_fen": turnover_fen, "profit_tax_fen": profit_tax_fen}
        return await self._act(_RETURN, f"/provider/months/{month}", body)

    async def credit(self) -> Credit:
        """Return your credit and its latest changes, newest first."""
        return await self._ask(_CREDIT, "GET", "/provider/credit?limit=100")

    async def reply(self, entry_id: Id, text: str) -> CreditEntry:
        """Reply to a proposed deduction before its `reply_by`. A person then decides."""
        return await self._act(_ENTRY, f"/provider/credit/{entry_id}/reply", {"text": text})

    async def appeal(self, entry_id: Id, text: str) -> CreditEntry:
        """Appeal a deduction before its `appeal_by`. A registrar decides."""
        return await self._act(_ENTRY, f"/provider/credit/{entry_id}/appeal", {"text": text})

    async def complaints(self) -> list[Complaint]:
        """Return the latest complaints about your work, newest first."""
        return (await self._ask(_COMPLAINTS, "GET", "/provider/complaints?limit=100")).items

    async def reply_to_complaint(self, complaint_id: Id, text: str) -> Complaint:
        """Reply to a complaint. Your last reply before the decision counts."""
        return await self._act(_COMPLAINT, f"/provider/complaints/{complaint_id}/reply", {"text": text})

    async def decisions(self, day: date | None = None) -> list[Decision]:
        """Return why you were asked or passed over on a day (default today): the latest 200 decisions, newest first."""
        asked = f"/provider/decisions?limit=200{f'&day={day}' if day else ''}"
        return (await self._ask(_DECISIONS, "GET", asked)).items

    async def decisions_of(self, request_id: Id) -> list[Decision]:
        """Return why you were asked or passed over for this request, oldest first."""
        return await self._ask(_OF_REQUEST, "GET", f"/provider/decisions/{request_id}")

    async def no_shows(self) -> list[NoShow]:
        """Return the latest jobs that you gave back because the citizen was absent, newest first."""
        return (await self._ask(_NO_SHOWS, "GET", "/provider/no-shows")).items


def _found(quantity: Decimal | None) -> dict[str, int | float]:
    """Return the body's quantity field, or no field if it is None."""
    return {} if quantity is None else {"quantity": shown(quantity)}
