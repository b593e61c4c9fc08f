"""Roles of the database for tests: the tables' owner, and the application's."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.engine import make_url

from app.kit.db import connect_arguments
from app.settings import Settings
from tests.conftest import recreate_database

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")
OWNER, APPLICATION = f"owner_{WORKER}", f"application_{WORKER}"
PASSWORD = "only-for-tests"


def as_role(url: str, role: str) -> str:
    """Return the URL with another role."""
    return make_url(url).set(username=role, password=PASSWORD).render_as_string(hide_password=False)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection of the driver."""
    connection = await asyncpg.connect(**connect_arguments(url))
    try:
        yield connection
    finally:
        await connection.close()


async def create_roles(url: str, *roles: str) -> None:
    """Create roles that may sign in, without any rights."""
    async with connected(url) as administrator:
        for role in roles:
            if not await administrator.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
                await administrator.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")


async def owned_database(server: str, name: str) -> Settings:
    """Create an empty database that an ordinary role owns. Return the settings with both roles."""
    await create_roles(server, OWNER, APPLICATION)
    name = f"{name}_{WORKER}"
    url = await recreate_database(server, name)
    async with connected(url) as administrator:
        await administrator.execute(f'ALTER DATABASE "{name}" OWNER TO {OWNER}')
    return Settings(database_url=as_role(url, APPLICATION), database_owner_url=as_role(url, OWNER))
