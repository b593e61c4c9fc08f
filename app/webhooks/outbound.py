"""The way out: POST to a stranger's URL without letting it reach our own network.

httpcore connects through `Guarded`, which resolves the name, refuses addresses that are not public, and connects to the
very address it has looked at: a name that changes its address between a check and a connection gains nothing.
httpcore itself follows no redirect, unpacks no answer and reads no proxy from the environment.
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
"""So much of an answer is read at most, so that the connection can be kept for the next."""
RESOLVERS = 64
KEPT_CONNECTIONS = 100
KEPT_SECONDS = 30.0


class AddressRefused(httpcore.ConnectError):
    """The name leads to an address that webhooks may not reach."""


class Answer(NamedTuple):
    """What came of an attempt; without an HTTP answer there is no status, and `body` is what the connection said."""

    failure: Failure | None
    status: int | None = None
    body: bytes = b""
    retry_after: str | None = None


class Guarded(AsyncNetworkBackend):
    """Connects to allowed addresses only."""

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
    """Connections to receivers, kept for a while."""

    def __init__(self, pools: Mapping[tuple[str, bool], AsyncConnectionPool], seconds: float) -> None:
        self._pools, self._seconds = pools, seconds

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, firm: bool = False) -> Answer:
        """Send the body, to a firm's URL or one of the centre's; whatever goes wrong is in the answer.

        Takes `webhook_seconds` at most.
        """
        try:
            async with asyncio.timeout(self._seconds):
                host = httpx.URL(url).netloc.decode()  # httpcore leaves out the brackets of an IPv6 address
                return await self._post(httpcore.URL(url), {"Host": host, **headers}, body, firm=firm)
        except (TimeoutError, httpcore.TimeoutException):
            return Answer(Failure.TIMEOUT)
        except AddressRefused:
            return Answer(Failure.REFUSED_ADDRESS)
        except httpcore.ConnectError as error:
            return Answer(Failure.UNREACHABLE, body=str(error).encode())
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            return Answer(Failure.BAD_ANSWER, body=str(error).encode())

    async def _post(self, url: httpcore.URL, headers: Mapping[str, str], body: bytes, *, firm: bool) -> Answer:
        pool = self._pools[url.scheme.decode(), firm]
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
    """The way out under these settings; it is closed with the block."""
    threads = ThreadPoolExecutor(RESOLVERS, "resolve")  # its own: slow name servers must not hold up anything else

    trusted = httpcore.default_ssl_context()

    def pool(*, plain: bool, firm: bool) -> AsyncConnectionPool:
        guarded = Guarded(networks_of(settings, firm=firm), threads, plain=plain)
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
                (scheme, firm): await stack.enter_async_context(pool(plain=scheme == "http", firm=firm))
                for scheme in ("https", "http")
                for firm in (False, True)
            }
            yield Outbound(pools, settings.webhook_seconds)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
