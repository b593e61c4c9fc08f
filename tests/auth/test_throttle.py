"""Failed sign-ins slow down the place that they come from, and nobody else."""

import asyncio
import threading
from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.auth.models import SignInTries, Staff
from app.auth.passwords import HASHERS, HASHING, PLACES
from app.auth.throttle import FREE_OF_NAME, FREE_OF_NETWORK, count_try, of_network
from app.privacy.keeping import keep_to_schedule
from tests.auth.accounts import OURS, PASSWORD, audit_of, cookie_of, from_address, give_passwords, post_session
from tests.world import World, ok, refused

WRONG = "not the password"


@pytest.fixture(autouse=True)
async def _passwords(world: World) -> None:
    await give_passwords(world)


async def test_each_further_failure_doubles_the_wait(world: World) -> None:
    attacker = await from_address(world, "198.51.100.7")
    for _ in range(FREE_OF_NAME):
        await refused(post_session(world, "t.operator", WRONG, client=attacker), 401, "sign_in_failed")
    waits: list[int] = []
    for _ in range(12):
        await world_moves_on(world, waits)
        await refused(post_session(world, "t.operator", WRONG, client=attacker), 401, "sign_in_failed")
        response = await post_session(world, "t.operator", PASSWORD, client=attacker)
        assert response.status_code == 429
        waits.append(int(response.headers["retry-after"]))
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


async def world_moves_on(world: World, waits: list[int]) -> None:
    world.advance(seconds=waits[-1] if waits else 1)


async def test_the_right_password_signs_in_from_elsewhere_despite_others_failures(world: World) -> None:
    for last in range(4):
        attacker = await from_address(world, f"198.51.100.{last}")
        for _ in range(FREE_OF_NAME):
            await refused(post_session(world, "t.operator", WRONG, client=attacker), 401, "sign_in_failed")
    await ok(post_session(world, "t.operator", client=await from_address(world, "203.0.113.5")))


@pytest.mark.parametrize("username", ["t.operator", "nobody.here"])
async def test_an_unknown_username_waits_as_long(world: World, username: str) -> None:
    for _ in range(FREE_OF_NAME + 1):
        await post_session(world, username, WRONG)
    problem = await refused(post_session(world, username, WRONG), 429, "too_many_attempts")
    assert problem["wait_seconds"] == 1


async def test_a_successful_sign_in_clears_the_failures(world: World) -> None:
    for _ in range(3):
        for _ in range(FREE_OF_NAME - 1):
            await refused(post_session(world, "t.operator", WRONG), 401, "sign_in_failed")
        await ok(post_session(world, "t.operator"))


async def test_a_known_browser_is_not_throttled_by_others(world: World) -> None:
    browser = await from_address(world, "192.0.2.1")
    signed_in = await browser.post(
        "/sessions/browser", json={"username": "t.operator", "password": PASSWORD}, headers=OURS
    )
    device = cookie_of(signed_in, "hotline_device")
    assert (device["httponly"], device["samesite"], device["path"]) == (True, "strict", "/api/v1/sessions")
    attacker = await from_address(world, "192.0.2.1")
    for _ in range(FREE_OF_NAME + 1):
        await post_session(world, "t.operator", WRONG, client=attacker)
    await refused(post_session(world, "t.operator", client=attacker), 429, "too_many_attempts")
    body = {"username": "t.operator", "password": PASSWORD}
    assert (await browser.post("/sessions/browser", json=body, headers=OURS)).status_code == 201
    for _ in range(FREE_OF_NAME + 1):  # the cookie does not allow more guesses
        await browser.post("/sessions/browser", json=body | {"password": WRONG}, headers=OURS)
    await refused(browser.post("/sessions/browser", json=body, headers=OURS), 429, "too_many_attempts")


async def test_a_browser_is_known_only_for_accounts_that_signed_in_with_it(world: World) -> None:
    browser = await from_address(world, "192.0.2.1")
    body = {"username": "t.operator", "password": PASSWORD}
    await ok(browser.post("/sessions/browser", json=body, headers=OURS))
    for _ in range(FREE_OF_NAME + 1):
        await browser.post("/sessions/browser", json={"username": "t.admin", "password": WRONG}, headers=OURS)
    as_admin = {"username": "t.admin", "password": PASSWORD}
    await refused(browser.post("/sessions/browser", json=as_admin, headers=OURS), 429, "too_many_attempts")
    world.advance(minutes=1)
    await ok(browser.post("/sessions/browser", json=as_admin, headers=OURS))
    assert (await browser.post("/sessions/browser", json=body, headers=OURS)).status_code == 201


async def test_a_network_that_tries_many_usernames_waits(world: World) -> None:
    [network] = of_network("password", "2001:db8:1:2::7")
    now = world.clock.now()
    async with world.context.db.begin() as tx:
        tx.session.add(SignInTries(key=network.key, tries=network.free - 1, last_at=now, free_at=now))
    attacker = await from_address(world, "2001:db8:1:2::7")
    await refused(post_session(world, "guess1", WRONG, client=attacker), 401, "sign_in_failed")
    await refused(post_session(world, "guess2", WRONG, client=attacker), 429, "too_many_attempts")
    neighbour = await from_address(world, "2001:db8:1:2:ffff::9")
    await refused(post_session(world, "t.operator", client=neighbour), 429, "too_many_attempts")
    await ok(post_session(world, "t.operator", client=await from_address(world, "2001:db8:1:3::9")))
    world.advance(seconds=1)
    await ok(post_session(world, "t.operator", client=neighbour))


async def test_many_staff_signing_in_at_once_are_not_throttled(world: World) -> None:
    """Each attempt reads the clock before it is counted, so one with a later moment may be counted first."""
    now, tried = world.clock.now(), of_network("password", "192.0.2.1")
    async with world.context.db.begin() as tx:
        for earlier in range(FREE_OF_NETWORK - 1):
            await count_try(tx, tried, world.clock, now - timedelta(seconds=earlier))
    await ok(post_session(world, "t.operator", client=await from_address(world, "192.0.2.1")))


async def test_of_a_hundred_concurrent_wrong_passwords_only_a_few_are_checked(world: World) -> None:
    """All hundred passwords used to be hashed."""
    answers = await asyncio.gather(*(post_session(world, "t.operator", WRONG) for _ in range(100)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes.count(401) == FREE_OF_NAME
    assert set(codes) == {401, 429, 503}
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code != 401)
    assert [action for action, _ in await audit_of(world, "user:t.operator")] == ["sign_in.failed"] * FREE_OF_NAME


async def test_a_known_browser_signs_in_while_too_many_passwords_are_hashed(world: World) -> None:
    browser = await from_address(world, "192.0.2.1")
    body = {"username": "t.operator", "password": PASSWORD}
    await ok(browser.post("/sessions/browser", json=body, headers=OURS))
    with ExitStack() as crowd:
        for _ in range(PLACES):
            crowd.enter_context(HASHING.place())
        await refused(post_session(world, "t.operator"), 503, "sign_ins_crowded")
        await ok(browser.post("/sessions/browser", json=body, headers=OURS))
    await ok(post_session(world, "t.operator"))  # refused attempts did not count


async def test_a_known_browsers_password_is_hashed_before_waiting_ones(world: World) -> None:
    done: list[str] = []

    async def hashed(name: str, *, known: bool = False) -> None:
        await HASHING.run(go_on.wait, known=known)
        done.append(name)

    go_on = threading.Event()
    at_work = [asyncio.create_task(hashed("at work")) for _ in range(HASHERS)]
    strangers = [asyncio.create_task(hashed("stranger")) for _ in range(20)]
    await asyncio.sleep(0)
    given_up, owner = (
        asyncio.create_task(hashed("given up", known=True)),
        asyncio.create_task(hashed("owner", known=True)),
    )
    await asyncio.sleep(0)
    given_up.cancel()
    go_on.set()
    await asyncio.gather(*at_work, *strangers, owner)
    assert done.index("owner") <= 2 * HASHERS
    assert done.count("stranger") == 20
    assert "given up" not in done


async def test_a_password_typed_as_username_is_not_stored(world: World) -> None:
    slip = "mein-Kennwort-77"
    await refused(
        (await from_address(world, "::ffff:192.0.2.9")).post(
            "/sessions", json={"username": slip, "password": "t.operator"}
        ),
        401,
        "sign_in_failed",
    )
    [(action, data)] = await audit_of(world, "user:?")
    assert (action, data) == ("sign_in.failed", {"address": "192.0.2.9"})
    page = await ok(world.admin.get("/audit"))
    assert slip not in str(page)
    async with world.context.db.begin() as tx:
        tables = await tx.driver.fetch(
            "SELECT t::text AS row FROM sign_in_tries t UNION ALL SELECT a::text FROM audit_entries a"
        )
    assert not any(slip in row["row"] for row in tables)


async def test_the_audit_log_names_the_address_of_each_sign_in(world: World) -> None:
    await ok(post_session(world, "t.operator", client=await from_address(world, "2001:db8::1")))
    await post_session(world, "t.operator", WRONG, client=await from_address(world, "192.0.2.9"))
    entries = await audit_of(world, "user:t.operator")
    assert entries == [
        ("sign_in.succeeded", {"address": "2001:db8::1"}),
        ("sign_in.failed", {"address": "192.0.2.9"}),
    ]


async def test_an_admin_unlocks_a_throttled_account(world: World) -> None:
    for _ in range(FREE_OF_NAME + 1):
        await post_session(world, "t.operator", WRONG)
    await refused(post_session(world, "t.operator"), 429, "too_many_attempts")
    [staff] = [one for one in await ok(world.admin.get("/staff")) if one["username"] == "t.operator"]
    assert staff["delayed_until"] is not None
    freed = await ok(world.admin.delete(f"/staff/{staff['id']}/delay"))
    assert freed["delayed_until"] is None
    await ok(post_session(world, "t.operator"))


async def test_invalid_keys_are_throttled_by_network(world: World) -> None:
    attacker, [network], now = await from_address(world, "192.0.2.9"), of_network("key", "192.0.2.9"), world.clock.now()
    async with world.context.db.begin() as tx:
        tx.session.add(SignInTries(key=network.key, tries=network.free - 1, last_at=now, free_at=now))
    wrong = {"key": "x" * 43}
    await refused(attacker.post("/sessions/browser/provider", json=wrong, headers=OURS), 401, "key_refused")
    await refused(attacker.post("/sessions/browser/provider", json=wrong, headers=OURS), 429, "too_many_attempts")
    entries = await audit_of(world, "provider:?")
    assert entries[0] == ("sign_in.failed", {"address": "192.0.2.9"})


async def test_sign_in_failures_are_forgotten(world: World) -> None:
    await post_session(world, "t.operator", WRONG)
    world.advance(hours=25)
    await keep_to_schedule(world.context)
    async with world.context.db.begin() as tx:
        assert (await tx.session.execute(select(func.count()).select_from(SignInTries))).scalar_one() == 0
        assert (await tx.session.execute(select(func.count()).select_from(Staff))).scalar_one() == 5
