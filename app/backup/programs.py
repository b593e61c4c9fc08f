"""Runs PostgreSQL's own pg_dump and pg_restore with the connection of an SQLAlchemy URL."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from app.kit import embedded
from app.kit.command_line import Unusable
from app.kit.db import connect_arguments

_NAMES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "database": "PGDATABASE",
    "ssl": "PGSSLMODE",
}
_LINE = 1 << 30
"""The longest line that is read, in bytes: PostgreSQL's longest value is 1 GB."""


def environment(url: str) -> dict[str, str]:
    """Return the environment from which libpq takes the connection. Arguments would show the password to `ps`."""
    arguments = connect_arguments(url)
    return os.environ | {
        name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for key, name in _NAMES.items()
        if (value := arguments.get(key)) is not None
    }


async def run_program(name: str, *arguments: str | Path, url: str) -> None:
    """Run one of PostgreSQL's programs on the database. Raises Unusable with its error output if it fails."""
    async with _started(name, *arguments, variables=environment(url)) as process:
        _, said = await process.communicate()
    _check(name, process, said)


async def count_rows(dump: Path) -> dict[str, int]:
    """Read the whole dump and count the rows of each table. Raises Unusable if it is damaged."""
    rows: dict[str, int] = {}
    table = ""
    async with _started("pg_restore", "--data-only", "--file=-", dump, variables=dict(os.environ)) as process:
        assert process.stdout
        assert process.stderr
        said = asyncio.create_task(process.stderr.read())
        async for line in process.stdout:
            if table and line == b"\\.\n":
                table = ""
            elif table:
                rows[table] += 1
            elif line.startswith(b"COPY public."):
                table = line[len(b"COPY public.") :].split(b" (", 1)[0].decode().strip('"')
                rows[table] = 0
        await process.wait()
    _check("pg_restore", process, await said)
    return rows


@contextlib.asynccontextmanager
async def _started(
    name: str, *arguments: str | Path, variables: dict[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe = asyncio.subprocess.PIPE
    program = embedded.find_folder(name) / name
    process = await asyncio.create_subprocess_exec(
        program, *arguments, stdout=pipe, stderr=pipe, env=variables, limit=_LINE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _check(name: str, process: asyncio.subprocess.Process, said: bytes) -> None:
    if process.returncode != 0:
        raise Unusable(f"{name} failed: {said.decode(errors='replace').strip()}")
