"""Helpers for account tests: staff with passwords, and ways to sign in."""

from datetime import timedelta
from http.cookies import Morsel, SimpleCookie
from typing import Any

from argon2 import PasswordHasher
from httpx import AsyncClient, Response
from sqlalchemy import select, update

from app.auth.models import AuditEntry, Staff
from tests.world import World, ok

PASSWORD = "三江六岸-2026"
OURS = {"Sec-Fetch-Site": "same-origin"}
QUICK = PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1)


async def give_passwords(world: World) -> None:
    """Give `t.operator` and the others the password PASSWORD."""
    async with world.context.db.begin() as tx:
        await tx.session.execute(update(Staff).values(password_hash=QUICK.hash(PASSWORD)))


async def post_session(
    world: World, username: str, password: str = PASSWORD, *, client: AsyncClient | None = None, **more: Any
) -> Response:
    body = {"username": username, "password": password} | more
    return await (client or world.anonymous).post("/sessions", json=body)


async def signed_in(world: World, username: str, password: str = PASSWORD, **more: Any) -> AsyncClient:
    """Return a client with its own session."""
    return await world.client((await ok(post_session(world, username, password, **more)))["token"])


async def staff_named(world: World, username: str) -> dict[str, Any]:
    """Return the account as the admin sees it."""
    [found] = [one for one in await ok(world.admin.get("/staff")) if one["username"] == username]
    return dict(found)


async def audit_of(world: World, subject: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the audit log's actions on this subject, oldest first."""
    async with world.context.db.begin() as tx:
        rows = await tx.session.scalars(select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.id))
        return [(row.action, row.data) for row in rows]


def cookie_of(response: Response, name: str = "hotline_session") -> Morsel[str]:
    return SimpleCookie("\r\n".join(response.headers.get_list("set-cookie")))[name]


async def from_address(world: World, address: str) -> AsyncClient:
    """Return a client that calls from this address."""
    client = await world.client(None)
    client._transport = type(world.transport)(world.application, raise_app_exceptions=False, client=(address, 40000))
    return client


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
