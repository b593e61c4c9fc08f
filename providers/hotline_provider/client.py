"""The provider's queue over HTTP.

    async with HotlineClient("https://hotline.example", key) as hotline:
        async for offers in hotline.watch_offers():
            for offer in offers:
                job = await hotline.accept(offer.id)

Money is integer fen, times carry a zone. Every action names a state, so repeating it is safe, and the client does
so by itself when the centre is out of reach, busy or restarting. With a journal no action is lost either when this
program ends before the centre has answered: `deliver` sends it later.
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
from hotline_provider.models import (
    DeclineReason,
    Extension,
    Job,
    JobWithContact,
    Named,
    Offer,
    Provider,
    ReturnReason,
    ToldHow,
    shown,
)

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

    `key` is the one that the centre's registrar made; `language` that of the sentences in a Problem; `patience` for
    how many seconds a failing call is repeated; `journal` keeps each action until it is answered. Every method raises
    Problem when the centre refuses and Unreachable when patience ends without an answer; an action also CannotKeep,
    and is not begun, when the journal cannot be written.
    """

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

    async def move_appointment(
        self,
        job_id: Id,
        appointment_from: datetime,
        appointment_to: datetime,
        *,
        agreed_by: str,
        agreed_how: ToldHow | str,
    ) -> Job:
        """Another appointment; `agreed_by` names who said yes, the citizen or somebody of the household."""
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
        """Name the price of the whole job, and how much there is to do; unless `agreed_on_site`, the centre asks."""
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
        """Done, and billed at no more than was agreed, or than the citizen agrees to on site for the `quantity` found.

        `payout_fen` is what you paid the citizen for old goods.
        """
        body = {"result": result, "amount_fen": amount_fen, "payout_fen": payout_fen}
        body |= _found(quantity) | {"agreed_on_site": agreed_on_site}
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

    async def statement(self) -> Statement:
        """Your figures of the last twelve months, each beside its counts."""
        return await self._ask(_STATEMENT, "GET", "/provider/statement")

    async def month(self, month: str) -> MonthStatement:
        """The amounts of a month, "2026-11", job by job, and its credit entries."""
        return await self._ask(_MONTH, "GET", f"/provider/statement/{month}")

    async def month_file(self, month: str, form: str, language: str = "zh") -> bytes:
        """The same as a document: csv, xlsx, or html to be printed; in zh or en."""
        return (await self._send("GET", f"/provider/statement/{month}?format={form}&lang={language}")).content

    async def returns(self) -> list[MonthReturn]:
        """The monthly returns that you filed, the latest month first."""
        return (await self._ask(_RETURNS, "GET", "/provider/months?limit=100")).items

    async def file_month(self, month: str, *, turnover_fen: int, profit_tax_fen: int) -> MonthReturn:
        """Declare a month that is over, "2026-10", in the place of what you declared before, until it is locked.

        Profit-and-tax is below zero in a month of loss.
        """
        body = {"turnover_fen": turnover_fen, "profit_tax_fen": profit_tax_fen}
        return await self._act(_RETURN, f"/provider/months/{month}", body)

    async def credit(self) -> Credit:
        """Your credit and its latest changes, newest first."""
        return await self._ask(_CREDIT, "GET", "/provider/credit?limit=100")

    async def reply(self, entry_id: Id, text: str) -> CreditEntry:
        """Answer a proposed deduction before its `reply_by`; a person decides about it then."""
        return await self._act(_ENTRY, f"/provider/credit/{entry_id}/reply", {"text": text})

    async def appeal(self, entry_id: Id, text: str) -> CreditEntry:
        """Appeal a deduction before its `appeal_by`; a registrar decides."""
        return await self._act(_ENTRY, f"/provider/credit/{entry_id}/appeal", {"text": text})

    async def complaints(self) -> list[Complaint]:
        """The latest complaints about your work, newest first."""
        return (await self._ask(_COMPLAINTS, "GET", "/provider/complaints?limit=100")).items

    async def reply_to_complaint(self, complaint_id: Id, text: str) -> Complaint:
        """Say what you have to say to a complaint; the last word before the decision counts."""
        return await self._act(_COMPLAINT, f"/provider/complaints/{complaint_id}/reply", {"text": text})

    async def decisions(self, day: date | None = None) -> list[Decision]:
        """Why you were asked or passed over on a day, by default today: the latest 200 decisions, newest first."""
        asked = f"/provider/decisions?limit=200{f'&day={day}' if day else ''}"
        return (await self._ask(_DECISIONS, "GET", asked)).items

    async def decisions_of(self, request_id: Id) -> list[Decision]:
        """Why you were asked for this request or passed over, oldest first."""
        return await self._ask(_OF_REQUEST, "GET", f"/provider/decisions/{request_id}")

    async def no_shows(self) -> list[NoShow]:
        """The latest jobs that you gave back because the citizen was not there, newest first."""
        return (await self._ask(_NO_SHOWS, "GET", "/provider/no-shows")).items


def _found(quantity: Decimal | None) -> dict[str, int | float]:
    """How much there was to do, if it is said."""
    return {} if quantity is None else {"quantity": shown(quantity)}
