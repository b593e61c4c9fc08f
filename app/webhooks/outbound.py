"""Sends POST requests to foreign URLs without letting them reach our own network.

httpcore connects through `Guarded`, which resolves the name, refuses addresses that are not allowed, and connects to
the very address it checked. A name that changes its address between check and connection therefore gains nothing.
httpcore itself follows no redirects, decompresses nothing and reads no proxy settings from the environment.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple

import httpcore
import httpx
from httpcore import AsyncConnectionPool, AsyncNetworkBackend, AsyncNetworkStream

from app.settings import Settings
from app.webhooks.addresses import Network, may_reach, networks_of, resolve
from app.webhooks.models import Failure

ANSWER_BYTES = 65_536
"""How much of a response is read at most, so that the connection can be reused."""
RESOLVERS = 64
KEPT_CONNECTIONS = 100
KEPT_SECONDS = 30.0


class AddressRefused(httpcore.ConnectError):
    """The name resolves to an address that webhooks may not reach."""


class Answer(NamedTuple):
    """The outcome of a delivery attempt. Without an HTTP response, `status` is None and `body` holds the connection
    error."""

    failure: Failure | None
    status: int | None = None
    body: bytes = b""
    retry_after: str | None = None


class Guarded(AsyncNetworkBackend):
    """A network backend that connects to allowed addresses only."""

    def __init__(self, networks: Sequence[Network], threads: Executor, *, plain: bool) -> None:
        self._networks, self._threads, self._plain = networks, threads, plain
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's own form)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        try:
            addresses = await resolve(host, self._threads)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        allowed = [str(a) for a in addresses if may_reach(a, self._networks, plain=self._plain)]
        if len(allowed) < len(addresses):
            raise AddressRefused(f"{host} leads to {', '.join(map(str, addresses))}")
        return await self._first(allowed, port, timeout, local_address, socket_options)

    async def _first(self, addresses: list[str], *arguments: Any) -> AsyncNetworkStream:
        for address in addresses[:-1]:
            try:
                return await self._inner.connect_tcp(address, *arguments)
            except httpcore.ConnectError:
                continue
        return await self._inner.connect_tcp(addresses[-1], *arguments)


class Outbound:
    """Connection pools to receivers. Idle connections are kept for KEPT_SECONDS."""

    def __init__(self, pools: Mapping[tuple[str, bool], AsyncConnectionPool], seconds: float) -> None:
        self._pools, self._seconds = pools, seconds

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, of_provider: bool = False) -> Answer:
        """POST the body to a URL of a provider or of one of the centre's systems, within `webhook_seconds`.

        Returns the outcome. Network failures are in the answer, not raised.
        """
        try:
            async with asyncio.timeout(self._seconds):
                host = httpx.URL(url).netloc.decode()  # httpcore omits the brackets of an IPv6 address
                return await self._post(httpcore.URL(url), {"Host": host, **headers}, body, of_provider=of_provider)
        except (TimeoutError, httpcore.TimeoutException):
            return Answer(Failure.TIMEOUT)
        except AddressRefused:
            return Answer(Failure.REFUSED_ADDRESS)
        except httpcore.ConnectError as error:
            return Answer(Failure.UNREACHABLE, body=str(error).encode())
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            return Answer(Failure.BAD_ANSWER, body=str(error).encode())

    async def _post(self, url: httpcore.URL, headers: Mapping[str, str], body: bytes, *, of_provider: bool) -> Answer:
        pool = self._pools[url.scheme.decode(), of_provider]
        async with pool.stream("POST", url, headers=list(headers.items()), content=body) as response:
            read = b""
            async for chunk in response.aiter_stream():
                read += chunk
                if len(read) > ANSWER_BYTES:
                    break
            asked = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
            failure = None if 200 <= response.status < 300 else Failure.STATUS
            return Answer(failure, response.status, read[:ANSWER_BYTES], asked.decode("ascii", "replace") or None)


@asynccontextmanager
async def open_outbound(settings: Settings) -> AsyncIterator[Outbound]:
    """Open connection pools under these settings, and close them at the end of the block."""
    threads = ThreadPoolExecutor(RESOLVERS, "resolve")  # separate, so that slow name servers hold up nothing else

    trusted = httpcore.default_ssl_context()

    def pool(*, plain: bool, of_provider: bool) -> AsyncConnectionPool:
        guarded = Guarded(networks_of(settings, of_provider=of_provider), threads, plain=plain)
        return AsyncConnectionPool(
            ssl_context=trusted,
            max_connections=None,
            max_keepalive_connections=KEPT_CONNECTIONS,
            keepalive_expiry=KEPT_SECONDS,
            network_backend=guarded,
        )

    try:
        async with AsyncExitStack() as stack:
            pools = {
                (scheme, of_provider): await stack.enter_async_context(
                    pool(plain=scheme == "http", of_provider=of_provider)
                )
                for scheme in ("https", "http")
                for of_provider in (False, True)
            }
            yield Outbound(pools, settings.webhook_seconds)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
