"""Browser sessions: the cookie cannot be read by scripts or used by other sites' pages."""

from http.cookies import Morsel, SimpleCookie

import pytest
from argon2 import PasswordHasher
from httpx import Response
from sqlalchemy import select, update

from app.auth.models import ProviderKey, Staff
from app.auth.tokens import AUTH_TOPIC
from tests.world import World, ok, refused

OURS = {"Sec-Fetch-Site": "same-origin"}
PASSWORD = "三江六岸-2026"


@pytest.fixture(autouse=True)
async def _password(world: World) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1)
    async with world.context.db.begin() as tx:
        await tx.session.execute(
            update(Staff).where(Staff.username == "t.operator").values(password_hash=quick.hash(PASSWORD))
        )


async def sign_in(world: World, **headers: str) -> Response:
    body = {"username": "t.operator", "password": PASSWORD}
    return await world.anonymous.post("/sessions/browser", json=body, headers=OURS | headers)


def cookie_of(response: Response, name: str = "hotline_session") -> Morsel[str]:
    return SimpleCookie("\r\n".join(response.headers.get_list("set-cookie")))[name]


async def key_of(world: World) -> tuple[str, str]:
    """Return a provider's id and a key for it."""
    provider = await world.add_provider()
    made = await ok(world.registrar.post(f"/providers/{provider.id}/keys", json={"label": "手机"}))
    return str(provider.id), made["key"]


async def test_staff_sign_in_with_a_cookie_and_out(world: World) -> None:
    response = await sign_in(world)
    assert response.status_code == 201
    assert response.json().keys() == {"expires_at"}
    cookie = cookie_of(response)
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "strict", "/api")
    assert cookie["max-age"] == "43200"
    assert not cookie["secure"]
    me = await ok(world.anonymous.get("/sessions/current"))
    assert (me["kind"], me["name"], me["roles"]) == ("staff", "operator", ["operator"])
    assert me["clock"] == {"now": "2026-11-24T02:00:00Z", "factor": 1.0, "zone": "Asia/Shanghai"}
    await ok(world.anonymous.delete("/sessions/current", headers=OURS))
    await refused(world.anonymous.get("/sessions/current"), 401, "not_signed_in")


async def test_over_tls_the_cookie_never_leaves_in_clear(world: World) -> None:
    world.anonymous.base_url = "https://hotline/api/v1"
    response = await sign_in(world)
    assert cookie_of(response)["secure"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://hotline"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://elsewhere"},
        {"Origin": "null"},
    ],
)
async def test_a_cross_site_request_is_refused(world: World, headers: dict[str, str]) -> None:
    await sign_in(world)
    await refused(world.anonymous.delete("/sessions/current", headers=headers), 403, "cross_site")
    await refused(world.anonymous.post("/sessions/browser", json={}, headers=headers), 403, "cross_site")
    await ok(world.anonymous.get("/sessions/current"))


async def test_a_browser_without_sec_fetch_site_is_accepted_by_its_origin(world: World) -> None:
    await sign_in(world)
    await ok(world.anonymous.delete("/sessions/current", headers={"Origin": "http://hotline"}))


async def test_a_provider_signs_in_with_its_key_until_that_is_revoked(world: World) -> None:
    provider_id, key = await key_of(world)
    await refused(
        world.anonymous.post("/sessions/browser/provider", json={"key": "x" * 43}, headers=OURS), 401, "key_refused"
    )
    response = await world.anonymous.post("/sessions/browser/provider", json={"key": key}, headers=OURS)
    cookie = cookie_of(response)
    assert cookie.value != key
    assert cookie["max-age"] == str(30 * 24 * 3600)
    me = await ok(world.anonymous.get("/sessions/current"))
    assert (me["kind"], me["id"], me["roles"]) == ("provider", provider_id, ["provider"])
    assert await ok(world.anonymous.get("/provider/offers")) == []
    await ok(world.registrar.delete(f"/providers/{provider_id}/keys/手机"))
    await refused(world.anonymous.get("/provider/offers"), 401, "not_signed_in")


async def test_a_providers_session_ends_in_time_and_when_it_signs_out(world: World) -> None:
    _, key = await key_of(world)
    await world.anonymous.post("/sessions/browser/provider", json={"key": key}, headers=OURS)
    await ok(world.anonymous.delete("/sessions/current", headers=OURS))
    await refused(world.anonymous.get("/provider/offers"), 401, "not_signed_in")
    await world.anonymous.post("/sessions/browser/provider", json={"key": key}, headers=OURS)
    token = world.anonymous.cookies["hotline_session"]
    world.advance(days=30, seconds=1)
    await refused((await world.client(token)).get("/provider/offers"), 401, "not_signed_in")


async def test_a_key_cannot_be_used_as_a_session(world: World) -> None:
    _, key = await key_of(world)
    await refused((await world.client(key)).delete("/sessions/current"), 409, "no_session")
    async with world.context.db.begin() as tx:
        assert (await tx.session.execute(select(ProviderKey).where(ProviderKey.revoked_at.is_(None)))).first()
        tx.publish(AUTH_TOPIC)
