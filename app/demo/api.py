"""The API as the simulated staff use it: over HTTP, signed in, with everything that was refused counted."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, Self

import httpx

TRIES = 20
TRY_AGAIN_SECONDS = 1.0
SEATS_CONNECTIONS = 16
"""Which all seats share."""


class Refused(Exception):
    """The API did not do what was asked of it; the reason is counted in `Api.problems`."""


async def unless_refused(work: Awaitable[None]) -> None:
    """Do it, as far as the API lets it be done."""
    with suppress(Refused):
        await work


class Traffic:
    """Counts the answers that come back through its transports, whoever uses them."""

    def __init__(self) -> None:
        self.answers = 0

    def transport(self, connections: int) -> httpx.AsyncBaseTransport:
        """A pool of at most so many connections to a server of ours, without TLS."""
        return _Counting(self, connections)


class _Counting(httpx.AsyncHTTPTransport):
    def __init__(self, traffic: Traffic, connections: int) -> None:
        super().__init__(verify=False, limits=httpx.Limits(max_connections=connections))
        self._traffic = traffic

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        self._traffic.answers += 1
        return response


class Api:
    """Where the API is, and the problems that came back from it, by code; closes what its seats have opened."""

    def __init__(self, url: str, traffic: Traffic) -> None:
        self._url = f"{url}/api/v1"
        self._transport = traffic.transport(SEATS_CONNECTIONS)
        self._clients: list[httpx.AsyncClient] = []
        self.problems: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            await client.aclose()

    def client(self) -> httpx.AsyncClient:
        """One more HTTP client."""
        headers = {"Accept-Language": "zh-CN"}
        client = httpx.AsyncClient(base_url=self._url, headers=headers, timeout=30, transport=self._transport)
        self._clients.append(client)
        return client

    def read(self, response: httpx.Response) -> Any:
        """The JSON of an answer, None of an empty one. Raises Refused for a problem, and counts it."""
        if response.is_success:
            return response.json() if response.content else None
        self.problems[_code(response)] += 1
        raise Refused


def _code(response: httpx.Response) -> str:
    if response.headers.get("content-type", "").startswith("application/problem+json"):
        return str(response.json()["code"])
    return f"http_{response.status_code}"


class Seat:
    """A member of staff at the screen: signs in at first, and again when the session of a shift has ended."""

    def __init__(self, api: Api, username: str, password: str) -> None:
        self._api = api
        self._http = api.client()
        self._credentials = {"username": username, "password": password}

    async def get(self, path: str, **query: Any) -> Any:
        """Read. Raises Refused, as all of these do."""
        return await self._ask("GET", path, repeatable=True, params=query)

    async def put(self, path: str, body: object = None) -> Any:
        """Change a state; repeating it gives the present state."""
        return await self._ask("PUT", path, repeatable=True, json=body)

    async def post(self, path: str, body: object = None, key: str | None = None) -> Any:
        """Create, or take the next of a queue; repeated only under an idempotency key."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self._ask("POST", path, repeatable=key is not None, json=body, headers=headers)

    async def _ask(self, method: str, path: str, *, repeatable: bool, **parts: Any) -> Any:
        response = await self._send(method, path, repeatable=repeatable, **parts)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            signed_in = await self._send("POST", "/sessions", repeatable=True, json=self._credentials)
            self._http.headers["Authorization"] = f"Bearer {self._api.read(signed_in)['token']}"
            response = await self._send(method, path, repeatable=repeatable, **parts)
        return self._api.read(response)

    async def _send(self, method: str, path: str, *, repeatable: bool, **parts: Any) -> httpx.Response:
        """Send and, where that is safe, repeat what got no answer. Raises Refused if none comes."""
        problems = self._api.problems
        for _ in range(TRIES if repeatable else 1):
            try:
                response = await self._http.request(method, path, **parts)
            except httpx.TransportError as error:
                problems[type(error).__name__] += 1
            else:
                if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    return response
                problems[_code(response)] += 1
            await asyncio.sleep(TRY_AGAIN_SECONDS)
        raise Refused
