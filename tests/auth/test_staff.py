"""Staff accounts: creation, changes and deactivation; temporary passwords; the second factor; no access without
credentials."""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pyotp
import pytest
from httpx import Response
from sqlalchemy import select, update

from app.auth.models import ProviderSession, Role, Staff, StaffSession
from app.auth.passwords import HASHERS, HASHING
from app.auth.tokens import AUTH_TOPIC, token_hash
from app.privacy.keeping import keep_to_schedule
from tests.auth.accounts import (
    PASSWORD,
    QUICK,
    audit_of,
    from_address,
    give_passwords,
    post_session,
    signed_in,
    staff_named,
)
from tests.auth.test_tokens import token_of
from tests.live.test_stream import listen
from tests.world import World, ok, refused

NEW = "木樨-七点半-渡口边"


@pytest.fixture(autouse=True)
async def _passwords(world: World) -> None:
    await give_passwords(world)


async def test_a_new_colleague_chooses_the_password(world: World) -> None:
    body = {"username": "wangmin", "name": "王敏", "roles": ["operator"]}
    added = await ok(world.admin.post("/staff", json=body, headers={"Idempotency-Key": "k1"}))
    temporary = added["temporary_password"]
    again = await ok(world.admin.post("/staff", json=body, headers={"Idempotency-Key": "k1"}))
    assert (again["id"], again["temporary_password"]) == (added["id"], None)
    session = await ok(post_session(world, "wangmin", temporary))
    assert session["due"] == "password"
    client = await world.client(session["token"])
    await refused(client.get("/items/PE02"), 403, "password_due")
    assert (await ok(client.get("/sessions/current")))["due"] == "password"
    change = {"password": temporary, "new_password": NEW}
    await refused(client.put("/account/password", json=change | {"password": "wrong"}), 422, "password_wrong")
    await refused(client.put("/account/password", json=change | {"new_password": temporary}), 422, "password_same")
    for weak in ("1234567890", "password2026", "wangmin2026", "aaaaaaaaaaaa"):
        await refused(client.put("/account/password", json=change | {"new_password": weak}), 422, "password_weak")
    await refused(client.put("/account/password", json=change | {"new_password": "short"}), 422, "invalid_input")
    await ok(client.put("/account/password", json=change))
    await ok(client.get("/items/PE02"))
    await refused(post_session(world, "wangmin", temporary), 401, "sign_in_failed")
    assert (await ok(post_session(world, "wangmin", NEW)))["due"] is None
    seen = await staff_named(world, "wangmin")
    assert (seen["password_temporary"], seen["last_signed_in_at"]) == (False, "2026-11-24T02:00:00Z")
    assert temporary not in str(await audit_of(world, "user:wangmin"))


async def test_a_username_taken_twice_concurrently_is_given_once(world: World) -> None:
    """The second caller used to get the name of a database constraint."""
    body = {"username": "wangmin", "name": "王敏", "roles": ["operator"]}
    answers = await asyncio.gather(*(world.admin.post("/staff", json=body) for _ in range(2)))
    [taken] = [answer.json()["code"] for answer in answers if answer.status_code != 201]
    assert taken == "username_taken"


async def test_changing_ones_password_ends_the_other_sessions(world: World) -> None:
    here, there = await signed_in(world, "t.operator"), await signed_in(world, "t.operator")
    await ok(here.put("/account/password", json={"password": PASSWORD, "new_password": NEW}))
    await ok(here.get("/sessions/current"))
    await refused(there.get("/sessions/current"), 401, "not_signed_in")


async def test_a_deactivated_account_is_refused_at_once_and_restored_as_it_was(world: World) -> None:
    client = await signed_in(world, "t.operator")
    stream = await listen(world, str(client.headers["authorization"]).removeprefix("Bearer "))
    await anext(stream)
    staff = await staff_named(world, "t.operator")
    for _ in range(2):
        gone = await ok(world.admin.put(f"/staff/{staff['id']}/deactivation"))
        assert gone["active"] is False
    assert [event async for event in stream] == []
    await refused(client.get("/sessions/current"), 401, "not_signed_in")
    await refused(post_session(world, "t.operator"), 401, "sign_in_failed")
    body = {"username": "t.operator", "name": "另一人", "roles": ["operator"]}
    await refused(world.admin.post("/staff", json=body), 409, "username_taken")
    await ok(world.admin.put(f"/staff/{staff['id']}/reactivation"))
    await refused(client.get("/sessions/current"), 401, "not_signed_in")
    await ok(post_session(world, "t.operator"))
    actions = [action for action, _ in await audit_of(world, "user:t.operator")]
    assert actions.count("staff.deactivated") == actions.count("staff.reactivated") == 1
    assert "staff.sessions_ended" in actions


async def test_changed_roles_apply_from_the_next_call(world: World) -> None:
    staff = await staff_named(world, "t.operator")
    await refused(world.operator.get("/supervision/counts"), 403, "not_allowed")
    changed = await ok(world.admin.put(f"/staff/{staff['id']}/roles", json={"roles": ["supervisor", "operator"]}))
    assert changed["roles"] == ["operator", "supervisor"]
    await ok(world.operator.get("/supervision/counts"))
    await ok(world.admin.put(f"/staff/{staff['id']}/roles", json={"roles": ["manager"]}))
    await refused(world.operator.get("/supervision/counts"), 403, "not_allowed")
    for roles in ([], ["provider"], ["former_provider"], ["boss"]):
        assert (await world.admin.put(f"/staff/{staff['id']}/roles", json={"roles": roles})).status_code == 422
    entries = [entry for entry in await audit_of(world, "user:t.operator") if entry[0] == "staff.roles_changed"]
    assert entries[0][1] == {"former": ["operator"], "roles": ["operator", "supervisor"]}


async def test_the_last_admin_cannot_be_removed(world: World) -> None:
    me = (await staff_named(world, "t.admin"))["id"]
    await refused(world.admin.put(f"/staff/{me}/deactivation"), 409, "last_admin")
    await refused(world.admin.put(f"/staff/{me}/roles", json={"roles": ["operator"]}), 409, "last_admin")
    other = (await staff_named(world, "t.manager"))["id"]
    await ok(world.admin.put(f"/staff/{other}/roles", json={"roles": ["admin"]}))
    takes = [world.admin.put(f"/staff/{other}/deactivation"), world.manager.put(f"/staff/{me}/deactivation")]
    codes = sorted([answer.status_code for answer in await asyncio.gather(*takes)])
    assert codes in ([200, 401], [200, 409]), "two who take each other away: one stays"


async def test_a_reset_gives_a_temporary_password_that_must_be_changed(world: World) -> None:
    client, staff = await signed_in(world, "t.operator"), await staff_named(world, "t.operator")
    reset = await ok(world.admin.put(f"/staff/{staff['id']}/temporary-password"))
    await refused(client.get("/sessions/current"), 401, "not_signed_in")
    await refused(post_session(world, "t.operator"), 401, "sign_in_failed")
    assert (await ok(post_session(world, "t.operator", reset["temporary_password"])))["due"] == "password"


async def test_a_temporary_password_expires_after_a_week(world: World) -> None:
    reset = f"/staff/{world.staff_ids[Role.OPERATOR]}/temporary-password"
    temporary = (await ok(world.admin.put(reset)))["temporary_password"]
    world.advance(days=7)
    await refused(post_session(world, "t.operator", "not the password"), 401, "sign_in_failed")
    await refused(post_session(world, "t.operator", temporary), 401, "password_run_out")
    assert (await audit_of(world, "user:t.operator"))[-1][1]["why"] == "run_out"
    admin = await signed_in(world, "t.admin")
    temporary = (await ok(admin.put(reset)))["temporary_password"]
    world.advance(days=6)
    client = await signed_in(world, "t.operator", temporary)
    await ok(client.put("/account/password", json={"password": temporary, "new_password": NEW}))
    world.advance(days=2)
    await ok(post_session(world, "t.operator", NEW))


@asynccontextmanager
async def while_it_is_hashed(call: Coroutine[Any, Any, Response]) -> AsyncIterator[asyncio.Task[Response]]:
    """Run the block while the call waits for a password hash. Other hashes keep every thread busy until the block
    ends."""
    go_on = threading.Event()
    busy = [asyncio.create_task(HASHING.run(go_on.wait)) for _ in range(HASHERS)]
    task = asyncio.create_task(call)
    try:
        async with asyncio.timeout(10):
            while not HASHING._others:
                await asyncio.sleep(0)
        yield task
    finally:
        go_on.set()
        await asyncio.gather(task, *busy)


async def test_a_password_reset_during_a_sign_in_refuses_that_sign_in(world: World) -> None:
    client, other = await signed_in(world, "t.operator"), QUICK.hash(NEW)

    async def reset() -> None:  # as `hotline staff reset-password` does in a separate process
        async with world.context.db.begin() as tx:
            await tx.session.execute(update(Staff).where(Staff.username == "t.operator").values(password_hash=other))

    async with while_it_is_hashed(post_session(world, "t.operator")) as sign_in:
        await reset()
    await refused(sign_in, 401, "sign_in_failed")
    await give_passwords(world)
    change = {"password": PASSWORD, "new_password": "渡口边-七点半-木樨"}
    async with while_it_is_hashed(client.put("/account/password", json=change)) as changed:
        await reset()
    await refused(changed, 422, "password_wrong")
    await ok(post_session(world, "t.operator", NEW))


async def test_sessions_are_forgotten_a_month_after_their_end(world: World) -> None:
    provider, now = await world.add_provider(), world.clock.now()
    key_hash = token_hash(token_of(provider.client))
    staff_id, long_ago, lately = world.staff_ids[Role.OPERATOR], now - timedelta(days=31), now - timedelta(days=29)
    spans = {
        "ended": (now, long_ago),
        "expired": (long_ago, None),
        "just ended": (now, lately),
        "just over": (lately, None),
    }
    async with world.context.db.begin() as tx:
        for name, (expires_at, ended_at) in spans.items():
            times = {"created_at": long_ago, "expires_at": expires_at, "ended_at": ended_at}
            tx.session.add(StaffSession(token_hash=name.encode(), staff_id=staff_id, **times))
            tx.session.add(ProviderSession(token_hash=name.encode(), key_hash=key_hash, **times))
    await keep_to_schedule(world.context)
    async with world.context.db.begin() as tx:
        for kept in (StaffSession, ProviderSession):
            left = set(await tx.session.scalars(select(kept.token_hash)))
            assert left & {name.encode() for name in spans} == {b"just ended", b"just over"}
    await ok(world.operator.get("/sessions/current"))


async def test_all_sessions_of_a_person_end(world: World) -> None:
    clients = [await signed_in(world, "t.operator") for _ in range(3)]
    await ok(world.admin.delete(f"/staff/{world.staff_ids[Role.OPERATOR]}/sessions"))
    for client in clients:
        await refused(client.get("/sessions/current"), 401, "not_signed_in")
    await ok(post_session(world, "t.operator"))
    await refused(world.admin.delete(f"/staff/{UUID(int=0)}/sessions"), 404, "not_found")


async def enrol(world: World, client: Any) -> tuple[pyotp.TOTP, list[str]]:
    """Set up a second factor one minute ago by its own clock. Return it with the recovery codes."""
    begun = await ok(client.put("/account/second-factor", json={"password": PASSWORD}))
    assert begun["uri"].startswith("otpauth://totp/81890:")
    assert begun["qr"].startswith("data:image/svg+xml")
    totp = pyotp.TOTP(begun["secret"])
    first = totp.at(world.clock.world_now(), counter_offset=-1)
    return totp, (await ok(client.put("/account/second-factor/confirmation", json={"code": first})))["recovery_codes"]


async def test_the_second_factor_is_asked_for_and_taken_once(world: World) -> None:
    client = await signed_in(world, "t.operator")
    await refused(client.put("/account/second-factor/confirmation", json={"code": "123456"}), 409, "no_second_factor")
    await refused(client.put("/account/second-factor", json={"password": "wrong"}), 422, "password_wrong")
    totp, recovery = await enrol(world, client)
    await refused(client.put("/account/second-factor", json={"password": PASSWORD}), 409, "second_factor_exists")
    await refused(post_session(world, "t.operator"), 401, "code_needed")
    await refused(post_session(world, "t.operator", "wrong password", code="123456"), 401, "sign_in_failed")
    code = totp.at(world.clock.world_now(), counter_offset=1)
    assert (await ok(post_session(world, "t.operator", code=code)))["staff"]["second_factor"] is True
    await refused(post_session(world, "t.operator", code=code), 401, "code_wrong")
    assert len(set(recovery)) == 10
    await ok(post_session(world, "t.operator", code=recovery[0].lower().replace("-", " ")))
    await refused(post_session(world, "t.operator", code=recovery[0]), 401, "code_wrong")
    fresh = (await ok(client.put("/account/recovery-codes", json={"password": PASSWORD})))["recovery_codes"]
    await refused(post_session(world, "t.operator", code=recovery[1]), 401, "code_wrong")
    await ok(post_session(world, "t.operator", code=fresh[1]))
    shown = str(await ok(world.admin.get("/staff"))) + str(await ok(world.admin.get("/audit")))
    assert totp.secret not in shown
    assert not any(code in shown for code in recovery)


async def test_guessing_codes_with_the_right_password_slows_down_wherever_from(world: World) -> None:
    await enrol(world, await signed_in(world, "t.operator"))
    answers = []
    for n in range(12):
        guesser = await from_address(world, f"198.51.100.{n}")
        answers.append((await post_session(world, "t.operator", code="000000", client=guesser)).json()["code"])
    assert answers == ["code_wrong"] * 10 + ["too_many_attempts"] * 2


async def test_a_role_can_require_a_second_factor(world: World) -> None:
    client = await signed_in(world, "t.operator")
    world.context.settings.second_factor_roles = ["operator"]
    async with world.context.db.begin() as tx:
        tx.publish(AUTH_TOPIC)
    session = await ok(post_session(world, "t.operator"))
    assert session["due"] == "second_factor"
    client = await world.client(session["token"])
    await refused(client.get("/items/PE02"), 403, "second_factor_due")
    await enrol(world, client)
    await ok(client.get("/items/PE02"))
    await ok(client.put("/account/second-factor/removal", json={"password": PASSWORD}))
    await refused(client.get("/items/PE02"), 403, "second_factor_due")


async def test_an_admin_removes_the_second_factor_of_a_lost_phone(world: World) -> None:
    client = await signed_in(world, "t.operator")
    await enrol(world, client)
    await ok(world.admin.delete(f"/staff/{world.staff_ids[Role.OPERATOR]}/second-factor"))
    await refused(client.get("/sessions/current"), 401, "not_signed_in")
    assert (await ok(post_session(world, "t.operator")))["staff"]["second_factor"] is False
    assert "staff.second_factor_removed" in [action for action, _ in await audit_of(world, "user:t.operator")]
