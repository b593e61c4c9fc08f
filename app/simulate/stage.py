"""Where a simulated day is played: a scratch database on the same server, with the providers of the sample registry."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.engine import make_url

from app.auth.models import Role, Staff
from app.catalog.load import load_reference_data
from app.demo.stage import member_of
from app.events.act import Actor
from app.events.models import ActorKind
from app.kit.clock import ManualClock
from app.kit.context import Context
from app.kit.db import Database, connect_arguments
from app.kit.ids import new_id
from app.kit.migrate import migrate
from app.kit.pubsub import PubSub
from app.matching.models import PolicyVersion
from app.matching.policy import Rules
from app.registry.models import ACTIVE_STANDINGS
from app.registry.opening import Opening
from app.sample.load import load_registry, provider_id
from app.sample.registry import SampleProvider, generate_registry
from app.settings import Settings
from app.simulate.queries import keep_places, make_equal
from app.simulate.scenarios import Scenario
from hotline_provider.behaviour import Member

TICK = timedelta(microseconds=1)


class TickingClock(ManualClock):
    """A clock that never shows the same moment twice.

    Sorting by time then never meets a tie, and each seed gives one result.
    """

    def now(self) -> datetime:
        self.moment += TICK
        return self.moment


@dataclass
class SimulatedProvider:
    """A provider of the sample, its opening hours in order, and until when it is silent."""

    number: int
    member: Member
    openings: Sequence[Opening] = ()
    silent_until: datetime | None = None

    def open_from(self, moment: datetime) -> datetime:
        """Return the moment, or the provider's next opening if it is closed then."""
        span = next((span for span in self.openings if span.end > moment), None)
        return max(moment, span.start.astimezone(moment.tzinfo)) if span else moment

    def is_silent(self, now: datetime) -> bool:
        """Return whether the provider neither answers nor works at this moment."""
        return self.silent_until is not None and now < self.silent_until


@dataclass(frozen=True)
class Stage:
    """A day's own database, its clock set to local midnight, the operator at the desk, and the providers by id."""

    context: Context
    clock: TickingClock
    desk: Actor
    providers: Mapping[UUID, SimulatedProvider]
    offered: frozenset[str]


def midnight(scenario: Scenario, settings: Settings) -> datetime:
    """Return when the day begins, in UTC."""
    return datetime.combine(scenario.day, time.min, tzinfo=settings.zone).astimezone(UTC)


@asynccontextmanager
async def template(settings: Settings, server_url: str, scenario: Scenario, *, keep: bool) -> AsyncIterator[str]:
    """Create a database with the schema, the catalogue, the registry and one operator, to be copied for each day.

    Yields its name. It is dropped at the end unless `keep`.
    """
    name = f"simulation_{os.getpid()}"
    await _run(server_url, f'CREATE DATABASE "{name}"', f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    try:
        url = _url(server_url, name)
        await migrate(url)
        db = Database(url, pool_size=1)
        try:
            now = midnight(scenario, settings)
            async with db.begin() as tx:
                await load_reference_data(tx)
                await load_registry(tx, scenario.day, now)
                if scenario.places < 1:
                    await keep_places(tx, scenario.places)
                if scenario.equal:
                    await make_equal(tx)
                tx.session.add(
                    Staff(
                        id=new_id(now),
                        username="simulation",
                        name="模拟坐席",
                        roles=[Role.OPERATOR, Role.SUPERVISOR],
                        password_hash="",
                        created_at=now,
                    )
                )
        finally:
            await db.close()
        yield name
    finally:
        if not keep:
            await _run(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@asynccontextmanager
async def set_stage(
    settings: Settings, server_url: str, origin: str, scenario: Scenario, rules: Rules | None, *, keep: bool
) -> AsyncIterator[Stage]:
    """Copy the template for one day, under these rules or the first policy.

    The copy is dropped at the end unless `keep`.
    """
    name = f"{origin}_day"
    await _run(
        server_url,
        f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)',
        f'CREATE DATABASE "{name}" TEMPLATE "{origin}"',
        f'ALTER DATABASE "{name}" SET synchronous_commit = off',
    )
    url = _url(server_url, name)
    db = Database(url, pool_size=2)
    try:
        clock = TickingClock(midnight(scenario, settings))
        async with db.begin() as tx:
            operator = await tx.driver.fetchval("SELECT id FROM staff WHERE username = 'simulation'")
            if rules:
                values = rules.model_dump(mode="json")
                tx.session.add(PolicyVersion(effective_from=clock.moment, note="", created_at=clock.moment, **values))
        registry = [provider for provider in generate_registry(scenario.day) if provider.standing in ACTIVE_STANDINGS]
        yield Stage(
            context=Context(settings.model_copy(update={"database_url": url}), db, clock, PubSub(url)),
            clock=clock,
            desk=Actor(ActorKind.STAFF, operator),
            providers={
                provider_id(provider.number): _simulated(provider, equal=scenario.equal) for provider in registry
            },
            offered=frozenset(line.item for provider in registry for line in provider.lines),
        )
    finally:
        await db.close()
        if not keep:
            await _run(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _simulated(provider: SampleProvider, *, equal: bool) -> SimulatedProvider:
    member = member_of(provider, "")
    return SimulatedProvider(provider.number, replace(member, **_FLAWLESS) if equal else member)


_FLAWLESS: Any = {"accept_rate": 1.0, "punctuality": 1.0, "return_rate": 0.0, "response_seconds": 30, "by_phone": False}


def _url(server_url: str, name: str) -> str:
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


async def _run(server_url: str, *statements: str) -> None:
    connection = await asyncpg.connect(**connect_arguments(server_url))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
