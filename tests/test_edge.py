"""What happens before any feature: access, the methods of an address, and connections after an error."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from app.auth.access import GuardedRoute
from app.kit.web import install
from tests.test_routes import BY_SETTINGS, PUBLIC, ROUTES, name_of
from tests.world import World, refused

JSON = {"Content-Type": "application/json"}


def test_every_route_that_is_not_public_is_guarded() -> None:
    assert not {name_of(route) for route in ROUTES if not isinstance(route.original_route, GuardedRoute)} - (
        PUBLIC | BY_SETTINGS.keys()
    )


@pytest.mark.parametrize("content", [b"{", b"\xff", b'{"nope": 1}', b"[]", b""])
async def test_an_unauthorized_caller_learns_nothing_about_the_body(world: World, content: bytes) -> None:
    """An anonymous caller used to get 400 for a broken body and 401 for a wrong one."""
    for method, path in (("POST", "/requests"), ("PUT", "/calendar/days/2026-12-01"), ("PATCH", "/items/PE02")):
        await refused(world.anonymous.request(method, path, content=content, headers=JSON), 401, "not_signed_in")
        await refused(world.manager.request(method, path, content=content, headers=JSON), 403, "not_allowed")


@pytest.mark.parametrize("path", ["/requests?nope=1", "/requests/no-id", "/requests?limit=0"])
async def test_an_unauthorized_caller_learns_nothing_about_the_path(world: World, path: str) -> None:
    await refused(world.anonymous.get(path), 401, "not_signed_in")


async def test_allow_names_all_methods_of_the_address(world: World) -> None:
    """Allow used to name only the methods of the first route."""
    for path, methods in (("/requests", "GET, POST"), ("/items/PE02", "GET, PATCH"), ("/places/searches", "POST")):
        answer = await world.operator.put(path)
        await refused(world.operator.put(path), 405, "http_405")
        assert answer.headers["Allow"] == methods
        assert methods in answer.json()["title"]


async def test_a_literal_path_is_matched_before_a_parameter(world: World) -> None:
    """The answer used to be 422, because `searches` is not the id of a place."""
    await refused(world.operator.get("/places/searches"), 405, "http_405")
    await refused(world.operator.get("/citizens/searches"), 405, "http_405")


@pytest.mark.parametrize(
    "content", [b"\xff", b"[" * 100_000, b'{"phone": "\xed\xa0\x80"}', b'{"phone": 1e999}', b"\xef\xbb\xbf{}"]
)
async def test_malformed_json_is_refused_as_declared(world: World, content: bytes) -> None:
    """Invalid UTF-8 and endless nesting used to answer 400 `http_400`, which no operation declares."""
    answer = await world.operator.post("/requests", content=content, headers=JSON)
    assert answer.json()["code"] in ("invalid_json", "invalid_input")


@asynccontextmanager
async def served(world: World) -> AsyncIterator[str]:
    """Run a real server with an address that fails. Yield its host and port."""
    app = FastAPI()
    app.state.context = world.context
    install(app)

    @app.get("/fails")
    async def fail() -> None:
        raise RuntimeError

    @app.post("/takes")
    async def take(body: dict[str, int]) -> dict[str, int]:
        return body

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    [listening] = server.servers[0].sockets
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


async def test_a_connection_is_closed_as_announced_or_goes_on(world: World) -> None:
    """A failure used to close the connection unannounced, and the next call on it was lost."""
    async with served(world) as url, httpx.AsyncClient(base_url=url, limits=httpx.Limits(max_connections=1)) as client:
        for _ in range(3):
            failed = await client.get("/fails")
            assert (failed.status_code, failed.headers["connection"]) == (500, "close")
            assert failed.json()["code"] == "internal_error"
            streams = set()
            for content, status in ((b'{"one": 1}', 200), (b"{", 400), (b'{"one": "x"}', 422), (b'{"one": 1}', 200)):
                answer = await client.post("/takes", content=content, headers=JSON)
                assert answer.status_code == status
                streams.add(answer.extensions["network_stream"])
            assert len(streams) == 1


async def test_api_responses_are_not_stored_by_caches(world: World) -> None:
    """A citizen's request used to stay in the cache of a shared computer, and links disclosed the address of the
    page."""
    for answer in (
        await world.operator.get("/requests"),
        await world.anonymous.get("/requests"),
        await world.operator.get("/nowhere"),
        await world.operator.post("/requests", content="{", headers=JSON),
    ):
        headers = (answer.headers[name] for name in ("Cache-Control", "X-Content-Type-Options", "Referrer-Policy"))
        assert [*headers] == ["no-store", "nosniff", "no-referrer"], answer.request.url


async def test_pages_load_nothing_from_elsewhere(world: World) -> None:
    async with httpx.AsyncClient(transport=world.transport, base_url="http://hotline") as browser:
        for path in ("/docs", "/redoc"):
            assert "default-src 'self'" in (await browser.get(path)).headers["Content-Security-Policy"]
