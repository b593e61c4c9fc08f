"""Lets simulated staff sign in and call the API over HTTP. Counts all refusals."""

import asyncio
from collections import Counter
from typing import Any, Self

import httpx

TRIES = 20
TRY_AGAIN_SECONDS = 1.0
SEATS_CONNECTIONS = 16
"""The number of connections that all seats share."""


class Refused(Exception):
    """The API refused a call. `Api.problems` counts the reason."""


class Traffic:
    """Counts the answers that arrive through its transports."""

    def __init__(self) -> None:
        self.answers = 0

    def transport(self, connections: int) -> httpx.AsyncBaseTransport:
        """Return a pool of at most this many connections to our own server, without TLS."""
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
    """The API's address, and the problems that it returned, by code. On exit it closes the clients that it opened."""

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
        """Return a new HTTP client."""
        headers = {"Accept-Language": "zh-CN"}
        client = httpx.AsyncClient(base_url=self._url, headers=headers, timeout=30, transport=self._transport)
        self._clients.append(client)
        return client

    def read(self, response: httpx.Response) -> Any:
        """Return the JSON of an answer, or None if it is empty. Raises Refused for a problem, and counts it."""
        if response.is_success:
            return response.json() if response.content else None
        self.problems[_code(response)] += 1
        raise Refused


def _code(response: httpx.Response) -> str:
    if response.headers.get("content-type", "").startswith("application/problem+json"):
        return str(response.json()["code"])
    return f"http_{response.status_code}"


class Seat:
    """A member of staff at a screen, who signs in when a session is missing or has ended."""

    def __init__(self, api: Api, username: str, password: str) -> None:
        self._api = api
        self._http = api.client()
        self._credentials = {"username": username, "password": password}

    async def get(self, path: str, **query: Any) -> Any:
        """Send a GET and return the JSON of the answer. Raises Refused, like the other methods."""
        return await self._ask("GET", path, repeatable=True, params=query)

    async def put(self, path: str, body: object = None, version: int | None = None) -> Any:
        """Send a PUT, with If-Match if a version is given. It can be repeated safely."""
        headers = {"If-Match": f'"{version}"'} if version else {}
        return await self._ask("PUT", path, repeatable=True, json=body, headers=headers)

    async def delete(self, path: str) -> Any:
        """Send a DELETE. It can be repeated safely."""
        return await self._ask("DELETE", path, repeatable=True)

    async def post(self, path: str, body: object = None, key: str | None = None) -> Any:
        """Send a POST, to create something or to take the next item of a queue. It is repeated only with an idempotency
        key."""
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
        """Send a request and, if that is safe, repeat it when no answer comes. Raises Refused if none ever comes."""
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
