"""The provider's queue over HTTP.

    async with HotlineClient("https://hotline.example", key) as hotline:
        async for offers in hotline.watch_offers():
            for offer in offers:
                job = await hotline.accept(offer.id)

Money is integer fen, times carry a zone. Every action names a state, so repeating it is safe, and the client does
so by itself when the centre is out of reach, busy or restarting.
"""

import asyncio
import logging
import math
import random
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

import httpx
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from hotline_provider.models import DeclineReason, Job, JobWithContact, Named, Offer, Provider, ReturnReason
from hotline_provider.problems import Problem, Unreachable

Id = UUID | str

ANSWER_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 15.0
PASSING_STATUSES = {429, 502, 503, 504}
PASSING_ERRORS = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError, httpx.ProxyError)

_OFFER, _OFFERS = TypeAdapter(Offer), TypeAdapter(list[Offer])
_JOB, _JOBS, _JOB_WITH_CONTACT = TypeAdapter(Job), TypeAdapter(list[Job]), TypeAdapter(JobWithContact)
_PROVIDER, _NAMES = TypeAdapter(Provider), TypeAdapter(list[Named])

T = TypeVar("T")

logger = logging.getLogger(__name__)


class HotlineClient:
    """One provider's connection to its centre.

    `key` is the one that the centre's registrar made; `language` that of the sentences in a Problem; `patience` for
    how many seconds a failing call is repeated. Every method raises Problem when the centre refuses and Unreachable
    when patience ends without an answer.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        language: str = "zh-CN",
        patience: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._patience = patience
        self._http = httpx.AsyncClient(
            base_url=f"{base_url.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {key}", "Accept-Language": language},
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def watch_offers(self, *, wait: int = 30) -> AsyncIterator[list[Offer]]:
        """The live offers, oldest first: at once, and again whenever one comes or goes. Outlasts any outage.

        Each question stays open at the centre for up to `wait` seconds (60 at most).
        """
        headers: dict[str, str] = {}
        while True:
            response = await self._send(
                "GET", "/provider/offers", headers=headers, answer_in=wait + ANSWER_SECONDS, patience=math.inf
            )
            if response.status_code != httpx.codes.NOT_MODIFIED:
                headers = {"Prefer": f"wait={wait}", "If-None-Match": response.headers["ETag"]}
                yield _OFFERS.validate_json(response.content)

    async def offers(self) -> list[Offer]:
        """The live offers now, oldest first."""
        return await self._ask(_OFFERS, "GET", "/provider/offers")

    async def accept(
        self, offer_id: Id, *, appointment_from: datetime | None = None, appointment_to: datetime | None = None
    ) -> Job:
        """Take the work; the appointment lies in what the citizen wants and, left out, is all of it."""
        window = {"appointment_from": appointment_from, "appointment_to": appointment_to}
        return await self._ask(_JOB, "PUT", f"/provider/offers/{offer_id}/acceptance", window)

    async def decline(self, offer_id: Id, reason: DeclineReason | str, note: str | None = None) -> Offer:
        """Say no; another provider is asked at once."""
        body = {"reason": reason, "note": note}
        return await self._ask(_OFFER, "PUT", f"/provider/offers/{offer_id}/refusal", body)

    async def jobs(self) -> list[Job]:
        """Your unfinished jobs, oldest first."""
        return await self._ask(_JOBS, "GET", "/provider/jobs")

    async def job(self, job_id: Id) -> JobWithContact:
        """A job with whom to call and where to go."""
        return await self._ask(_JOB_WITH_CONTACT, "GET", f"/provider/jobs/{job_id}")

    async def start(self, job_id: Id) -> Job:
        """You are on site."""
        return await self._ask(_JOB, "PUT", f"/provider/jobs/{job_id}/start")

    async def move_appointment(self, job_id: Id, appointment_from: datetime, appointment_to: datetime) -> Job:
        """Another appointment, which the citizen has agreed to."""
        window = {"appointment_from": appointment_from, "appointment_to": appointment_to}
        body = {**window, "agreed_with_citizen": True}
        return await self._ask(_JOB, "PUT", f"/provider/jobs/{job_id}/appointment", body)

    async def quote(self, job_id: Id, amount_fen: int, *, agreed_on_site: bool = False, note: str | None = None) -> Job:
        """Name the price of the whole job; unless `agreed_on_site`, the centre asks the citizen."""
        body = {"amount_fen": amount_fen, "agreed_on_site": agreed_on_site, "note": note}
        return await self._ask(_JOB, "PUT", f"/provider/jobs/{job_id}/quote", body)

    async def complete(self, job_id: Id, *, result: str, amount_fen: int, payout_fen: int | None = None) -> Job:
        """Done, and billed at no more than was agreed; `payout_fen` is what you paid the citizen for old goods."""
        body = {"result": result, "amount_fen": amount_fen, "payout_fen": payout_fen}
        return await self._ask(_JOB, "PUT", f"/provider/jobs/{job_id}/completion", body)

    async def give_back(self, job_id: Id, reason: ReturnReason | str, note: str | None = None) -> Job:
        """Return the work: to others before it was started, to the supervisor afterwards."""
        body = {"reason": reason, "note": note}
        return await self._ask(_JOB, "PUT", f"/provider/jobs/{job_id}/return", body)

    async def fail(self, job_id: Id, note: str) -> Job:
        """Begun, and it cannot be done; a supervisor decides."""
        return await self._ask(_JOB, "PUT", f"/provider/jobs/{job_id}/failure", {"note": note})

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

    async def _ask(self, shape: TypeAdapter[T], method: str, path: str, body: dict[str, Any] | None = None) -> T:
        response = await self._send(
            method, path, body=to_jsonable_python(body), answer_in=ANSWER_SECONDS, patience=self._patience
        )
        return shape.validate_json(response.content)

    async def _send(
        self,
        method: str,
        path: str,
        *,
        answer_in: float,
        patience: float,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """The centre's answer, asked for again after growing pauses while the failure may pass."""
        give_up_at = monotonic() + patience
        timeout = httpx.Timeout(ANSWER_SECONDS, read=answer_in)
        for longest_pause in _growing():
            asked_to_wait = 0.0
            try:
                response = await self._http.request(method, path, json=body, headers=headers, timeout=timeout)
            except PASSING_ERRORS as error:
                failure: Exception = Unreachable(f"{self._http.base_url}: {error or type(error).__name__}")
            else:
                if response.is_success or response.status_code == httpx.codes.NOT_MODIFIED:
                    break
                failure = Problem.of(response)
                if response.status_code not in PASSING_STATUSES:
                    raise failure
                asked_to_wait = _retry_after(response)
            # at random, so that all who lost the centre do not come back at the same moment
            pause = asked_to_wait + random.uniform(0, longest_pause)
            if monotonic() + pause > give_up_at:
                raise failure
            logger.info("%s %s: %s; again in %.1f s", method, path, failure, pause)
            await asyncio.sleep(pause)
        return response


def _growing() -> Iterator[float]:
    """The longest pause before each repetition, in seconds."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def _retry_after(response: httpx.Response) -> float:
    """The seconds the centre asks us to stay away."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else 0.0
