"""HTTP to the centre: retries a call whose failure may be temporary, and learns the centre's time from the answers."""

import asyncio
import logging
import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from time import monotonic
from types import TracebackType
from typing import Any, Self

import httpx

from hotline_provider.problems import Problem, Unreachable

CONNECT_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 15.0
PASSING_STATUSES = {429, 502, 503, 504}
PASSING_ERRORS = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError, httpx.ProxyError)
HALF_A_SECOND = timedelta(seconds=0.5)
"""A Date header has whole seconds, so the actual moment is this much later on average."""

logger = logging.getLogger(__name__)


def sends_in_clear(url: str) -> bool:
    """Return whether calls to this address leave the machine without encryption."""
    where = httpx.URL(url)
    return where.scheme == "http" and not _is_own(where.host)


def _is_own(host: str) -> bool:
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


class Line:
    """HTTP to one centre on behalf of one provider."""

    def __init__(self, base_url: str, key: str, language: str, transport: httpx.AsyncBaseTransport | None) -> None:
        if transport is None and sends_in_clear(base_url):
            logger.warning(
                "密钥将经 %s 明文发送，途中的人都能看到；请用 https。"
                " / Your key goes to %s in clear: anybody on the way can read it. Use https.",
                *[base_url] * 2,
            )
        self._http = httpx.AsyncClient(
            base_url=f"{base_url.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {key}", "Accept-Language": language},
            transport=transport,
        )
        self._centre_time: tuple[datetime, float] | None = None

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    def now(self) -> datetime | None:
        """Return the centre's time, from the Date of its last answer, or None before the first."""
        if self._centre_time is None:
            return None
        then, at = self._centre_time
        return then + timedelta(seconds=monotonic() - at)

    async def send(
        self,
        method: str,
        path: str,
        *,
        answer_in: float,
        patience: float,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Return the centre's answer, retrying after growing pauses while the failure may be temporary.

        Raises Problem when the centre refuses, and Unreachable when `patience` seconds end without an answer.
        `answer_in` is how many seconds one answer may take.
        """
        give_up_at = monotonic() + patience
        timeout = httpx.Timeout(CONNECT_SECONDS, read=answer_in)
        for longest_pause in _growing():
            asked_to_wait = 0.0
            try:
                response = await self._http.request(method, path, json=body, headers=headers, timeout=timeout)
            except PASSING_ERRORS as error:
                failure: Exception = Unreachable(f"{self._http.base_url}: {error or type(error).__name__}")
            else:
                self._learn_time(response)
                if response.is_success or response.status_code == httpx.codes.NOT_MODIFIED:
                    break
                failure = Problem.of(response)
                if response.status_code not in PASSING_STATUSES:
                    raise failure
                asked_to_wait = _retry_after(response)
            # random, so that clients that lost the centre together do not come back together
            pause = asked_to_wait + random.uniform(0, longest_pause)
            if monotonic() + pause > give_up_at:
                raise failure
            logger.info("%s %s: %s; again in %.1f s", method, path, failure, pause)
            await asyncio.sleep(pause)
        return response

    def _learn_time(self, response: httpx.Response) -> None:
        with suppress(KeyError, ValueError):
            then = parsedate_to_datetime(response.headers["Date"])
            self._centre_time = then + HALF_A_SECOND, monotonic()


def _growing() -> Iterator[float]:
    """Yield the longest pause before each retry, in seconds."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def _retry_after(response: httpx.Response) -> float:
    """Return how many seconds the centre asks us to wait."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else 0.0
