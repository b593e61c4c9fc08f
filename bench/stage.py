"""What benchmarks need before they start: a database with many small providers, credentials, and our processes."""

import asyncio
import contextlib
import itertools
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from app.auth.models import ProviderKey, Role, Staff, StaffSession
from app.auth.tokens import token_hash
from app.catalog.load import load_reference_data
from app.catalog.models import Item, Kind, Township
from app.kit.db import Database, Tx
from app.kit.ids import new_id
from app.kit.migrate import migrate
from app.registry.models import (
    DEFAULT_RUNGS,
    PriceKind,
    Provider,
    ProviderCoverage,
    ProviderHours,
    ProviderItem,
    ProviderKind,
    ReachedBy,
    Standing,
)

CARD_FEN = 12_000
AT_ONCE = ("urgent", "same_day")
"""Urgencies that need no appointment."""


@dataclass(frozen=True)
class BenchProvider:
    """A provider, the key of its software, and the only item and township it serves."""

    id: UUID
    name: str
    key: str
    item: str
    township: str


@dataclass(frozen=True)
class Cast:
    """Who works in a benchmark: an operator, with token and id, and the providers."""

    operator: str
    operator_id: UUID
    providers: list[BenchProvider]


async def sign_in(tx: Tx, now: datetime) -> tuple[UUID, str]:
    """Create an operator and return its id and a token that is valid for a year."""
    staff, token = new_id(now), secrets.token_urlsafe(24)
    name = f"bench-{token[:6]}"
    tx.session.add(Staff(id=staff, username=name, name=name, password_hash="!", roles=[Role.OPERATOR], created_at=now))
    await tx.flush()
    until = now + timedelta(days=365)
    tx.session.add(StaffSession(token_hash=token_hash(token), staff_id=staff, created_at=now, expires_at=until))
    return staff, token


async def hire(url: str, count: int, now: datetime, price_kind: PriceKind = PriceKind.FIXED) -> Cast:
    """Migrate, load the catalogue, and add `count` providers, always open, spread over items and townships."""
    await migrate(url)
    db = Database(url, pool_size=2)
    async with db.begin() as tx:
        await load_reference_data(tx)
        paid = select(Item.code).where(Item.kind == Kind.SERVICE, Item.papers == [], Item.tiers[1] == "paid")
        items = (await tx.session.scalars(paid.where(Item.urgency.in_(AT_ONCE)).order_by(Item.code))).all()
        townships = (await tx.session.scalars(select(Township.code).order_by(Township.code))).all()
        places = itertools.cycle(itertools.product(items, townships))
        providers = [
            BenchProvider(new_id(now), f"海曙第{n + 1}便民服务部", secrets.token_urlsafe(16), *next(places))
            for n in range(count)
        ]
        tx.session.add_all(_provider(one, n) for n, one in enumerate(providers))
        await tx.flush()
        for provider in providers:
            tx.session.add_all(_belongings(provider, now, price_kind))
        operator_id, operator = await sign_in(tx, now)
    await db.close()
    return Cast(operator, operator_id, providers)


def _provider(provider: BenchProvider, n: int) -> Provider:
    return Provider(
        id=provider.id,
        name=provider.name,
        kind=ProviderKind.VOLUNTEER_TEAM,  # the kind that needs no credit code
        contact_name="陈师傅",
        phone=f"179{n:08d}",
        township_code=provider.township,
        lat=29.86 + n % 71 / 1_000,
        lon=121.53 + n % 83 / 1_000,
        standing=Standing.ACTIVE,
        reached_by=ReachedBy.QUEUE,
        capacity=100_000,
        joined_on=date(2020, 1, 1),
        rung=DEFAULT_RUNGS[ProviderKind.VOLUNTEER_TEAM],
    )


def _belongings(provider: BenchProvider, now: datetime, price_kind: PriceKind) -> Iterator[object]:
    yield ProviderKey(token_hash=token_hash(provider.key), provider_id=provider.id, label="bench", created_at=now)
    yield ProviderItem(
        id=new_id(now),
        provider_id=provider.id,
        item_code=provider.item,
        tier="paid",
        price_kind=price_kind,
        price_fen=CARD_FEN,
        valid_from=date(2026, 1, 1),
        approved_at=now,
    )
    yield ProviderCoverage(provider_id=provider.id, township_code=provider.township)
    for weekday in range(1, 8):
        yield ProviderHours(provider_id=provider.id, weekday=weekday, opens=time(0), closes=time(0))


def free_port() -> int:
    """Return a port that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """One of our commands, which can be killed and started again."""

    def __init__(self, *command: str, **environment: str) -> None:
        self._command, self._environment = command, environment
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The id of the running process."""
        assert self._running is not None
        return self._running.pid

    def start(self) -> None:
        """Start the command."""
        self._running = subprocess.Popen(
            self._command, env=os.environ | self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def kill(self) -> None:
        """Kill the process with -9, and wait for its end."""
        assert self._running is not None
        self._running.kill()
        self._running.wait()

    def stop(self) -> None:
        """Ask the process to stop, if it runs, and wait for its end."""
        if self._running is not None and self._running.poll() is None:
            self._running.terminate()
            self._running.wait()


def hotline(*arguments: str, url: str, clock: Mapping[str, str] | None = None) -> Process:
    """Return `hotline serve` or `hotline worker` as a process on this database."""
    command = str(Path(sys.executable).with_name("hotline"))
    return Process(command, *arguments, **{"DATABASE_URL": url, **(clock or {})})


async def answers(port: int) -> None:
    """Wait until somebody listens on the port."""
    while True:
        with contextlib.suppress(OSError):
            (await asyncio.open_connection("127.0.0.1", port))[1].close()
            return
        await asyncio.sleep(0.05)


@contextmanager
def serving(url: str) -> Iterator[tuple[int, Process]]:
    """Run one of our servers; yield its port and process."""
    port = free_port()
    process = hotline("serve", "--port", str(port), url=url)
    process.start()
    try:
        yield port, process
    finally:
        process.stop()
