"""The sides of a comparison: each a server process of its own, measured alternately on one PostgreSQL.

Besides rates, processor time is measured: the server's own, and that of all PostgreSQL processes in the round. Other
load on the machine stretches seconds, but hardly affects processor time.
"""

import asyncio
import contextlib
import hashlib
import os
import secrets
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import psutil
from sqlalchemy.engine import make_url

from app.kit.db import connect_arguments
from bench.load import Result, run
from bench.paths import PATHS, Doors, dispatches
from bench.stage import answers as listens
from bench.stage import free_port

WARM_UP = 200
ROOM = 100_000
"""Each provider's capacity, high enough that none fills up during the measurement."""
ROOT = Path(__file__).parents[1]


@dataclass
class Rounds:
    """One path on one side, round by round. Processor time is in milliseconds per request."""

    rates: list[float] = field(default_factory=list)
    server_cpu_ms: list[float] = field(default_factory=list)
    database_cpu_ms: list[float] = field(default_factory=list)
    answers: Result = field(default_factory=Result)

    @property
    def cpu_ms(self) -> list[float]:
        """The processor time of the server and PostgreSQL together."""
        return [a + b for a, b in zip(self.server_cpu_ms, self.database_cpu_ms, strict=True)]

    def figures(self) -> dict[str, float | int]:
        """Return the medians of the rounds, and the percentiles over all responses in milliseconds."""
        return {
            "rate": round(statistics.median(self.rates), 1),
            "p50_ms": round(self.answers.percentile(0.5), 2),
            "p99_ms": round(self.answers.percentile(0.99), 2),
            "server_cpu_ms": round(statistics.median(self.server_cpu_ms), 3),
            "database_cpu_ms": round(statistics.median(self.database_cpu_ms), 3),
            "failures": self.answers.failures,
        }


@dataclass
class Side:
    """A running server and its measurements by path."""

    name: str
    doors: Doors
    pid: int
    paths: dict[str, Rounds] = field(default_factory=lambda: {path: Rounds() for path in PATHS})


@dataclass(frozen=True)
class Tokens:
    """The credentials for a database: an operator's token, and the keys of all providers of the sample registry."""

    operator: str
    operator_id: UUID
    keys: Mapping[UUID, str]


async def founded(url: str, tree: Path, python: Path) -> Tokens:
    """Migrate and seed with the code in `tree`, make room for the load, and create credentials."""
    _seed(url, tree, python)
    now, operator = datetime.now(UTC), secrets.token_urlsafe(24)
    connection = await asyncpg.connect(**connect_arguments(url))
    try:
        await connection.execute(f"UPDATE providers SET capacity = {ROOM}, reached_by = 'queue'")
        ids = [row["id"] for row in await connection.fetch("SELECT id FROM providers")]
        keys = {provider: secrets.token_urlsafe(16) for provider in ids}
        await connection.executemany(
            "INSERT INTO provider_keys (token_hash, provider_id, label, created_at) VALUES ($1, $2, 'bench', $3)",
            [(_hash(key), provider, now) for provider, key in keys.items()],
        )
        operator_id = uuid4()
        await connection.execute(
            "INSERT INTO staff (id, username, name, password_hash, roles, created_at)"
            " VALUES ($1, 'bench', 'bench', '!', '{operator}', $2)",
            *(operator_id, now),
        )
        await connection.execute(
            "INSERT INTO staff_sessions (token_hash, staff_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
            *(_hash(operator), operator_id, now, now + timedelta(days=1)),
        )
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return Tokens(operator, operator_id, keys)


def _seed(url: str, tree: Path, python: Path) -> None:
    command: list[str | Path] = [python, "-m", "app.cli", "seed", "--sample"]
    done = subprocess.run(command, cwd=tree, env=_environment(url), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{tree}: seeding failed\n{done.stderr}")


def _environment(url: str) -> dict[str, str]:
    # One operator makes every call here, so its quota must not limit the load.
    return os.environ | {"DATABASE_URL": url, "DATABASE_DIRECT_URL": url, "HOTLINE_CALLS_PER_MINUTE": "10000000"}


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@asynccontextmanager
async def served(
    name: str,
    command: Sequence[str | Path],
    tokens: Tokens,
    port: int,
    connections: int,
    prepared_at: int | None = None,
    **options: Any,
) -> AsyncIterator[Side]:
    """Run a side's server, warmed up, while the block runs.

    `prepared_at` is the port of the server that prepares its rounds if it cannot do so itself.
    """
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **options)
    try:
        await listens(port)
        doors = Doors(port, prepared_at or port, tokens.operator, tokens.keys, connections)
        await run(port, await dispatches(doors, WARM_UP), connections)
        yield Side(name, doors, process.pid)
    finally:
        process.terminate()
        process.wait()


def ours(url: str, tree: Path, python: Path) -> tuple[int, list[str | Path], dict[str, Any]]:
    """Return the port, the command and the options to run `hotline serve` with the code in `tree`."""
    port = free_port()
    return port, [python, "-m", "app.cli", "serve", "--port", str(port)], {"cwd": tree, "env": _environment(url)}


async def measure(url: str, sides: Sequence[Side], path: str, count: int) -> None:
    """Measure one round of a path on every side, one after the other."""
    connection = await asyncpg.connect(**connect_arguments(url))
    try:
        postmaster = psutil.Process(await connection.fetchval("SELECT pg_backend_pid()")).parent()
    finally:
        await connection.close()
    assert postmaster is not None
    for side in sides:
        messages = await PATHS[path](side.doors, count)
        server, database = _cpu([side.pid]), _postgres_cpu(postmaster)
        result = await run(side.doors.port, messages, side.doors.connections)
        rounds = side.paths[path]
        rounds.server_cpu_ms.append((_cpu([side.pid]) - server) / count * 1000)
        rounds.database_cpu_ms.append((_postgres_cpu(postmaster) - database) / count * 1000)
        rounds.rates.append(result.rate)
        rounds.answers.seconds += result.seconds
        rounds.answers.failures += result.failures


def _postgres_cpu(postmaster: psutil.Process) -> float:
    ended = postmaster.cpu_times()
    return float(ended.children_user + ended.children_system) + _cpu([child.pid for child in postmaster.children()])


def _cpu(pids: Sequence[int]) -> float:
    """Return the processor time that these processes have used, in seconds."""
    total = 0.0
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = psutil.Process(pid).cpu_times()
            total += times.user + times.system
    return total


def commit_of(tree: Path = ROOT) -> str:
    """Return the commit that is checked out there, with a plus if files differ from it."""
    commit = _git("-C", str(tree), "rev-parse", "--short", "HEAD")
    return commit + ("+" if _git("-C", str(tree), "status", "--porcelain", "--untracked-files=no") else "")


def machine() -> dict[str, Any]:
    """Return the machine that the figures were measured on."""
    return {
        "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": " ".join(os.uname()[i] for i in (0, 2, 4)),
        "python": sys.version.split()[0],
        "load": os.getloadavg()[0],
    }


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip()


async def database_of(url: str, name: str) -> str:
    """Create a database of this name on the server, and return its URL."""
    connection = await asyncpg.connect(**connect_arguments(url))
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def settle() -> None:
    """Let the after-effects of the last round (checkpoints, closing sockets) end."""
    await asyncio.sleep(0.2)
