"""Prepares a play: a seeded database, a clock that continues where the last play ended, and sign-ins."""

import math
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from app.catalog.load import load_reference_data, load_sample_places
from app.catalog.models import Tier
from app.catalog.snapshot import read_snapshot
from app.credit.rules import load_credit_rules
from app.danger.load import load_guides
from app.demo import queries
from app.demo.accounts import open_accounts
from app.demo.eve import EVE, ITEM, Cast, leave_work
from app.events.act import SYSTEM, Act
from app.kit.clock import clock_from
from app.kit.db import Database
from app.kit.migrate import migrate
from app.kit.open_files import raise_limit
from app.knowledge.load import load_articles
from app.registry.models import ReachedBy, Standing
from app.sample.behaviour import behaviour_of
from app.sample.history import load_history
from app.sample.load import demo_keys, load_registry, provider_id
from app.sample.registry import SampleProvider, generate_registry
from app.sample.shape import expected
from app.settings import Settings
from hotline_provider.behaviour import Member

OPENING_HOUR, OPENING_MINUTE = 7, 30
CALL_SECONDS = 150
"""The operator time that a call takes: the talk, and its consequences such as phoning providers and callbacks."""
LEAST_OPERATORS = 4
OTHER_FILES = 100
"""The files that the API and the players each hold open in addition to one connection per provider that waits for
offers."""
HOURS = range(24)
BEFORE = timedelta(days=14)
"""How long before the first play its data begin: long enough for a deduction to be applied and appealed."""


@dataclass(frozen=True)
class Plan:
    """The demo's options. `speed` is the centre's seconds per real second (None: the usual speed), and `hours` is how
    long to play (None: for ever)."""

    speed: float | None
    port: int
    hours: float | None
    scale: float
    history_days: int
    plays: bool
    seed: int

    @property
    def factor(self) -> float:
        """The clock's factor: a day in twelve minutes if there is a play, otherwise real time."""
        return self.speed or (120.0 if self.plays else 1.0)


@dataclass(frozen=True)
class Stage:
    """The prepared play.

    `settings` contain the clock. Nobody plays the `cast`, and nobody touches the requests `left` to visitors. `members`
    and `solved_rates` describe the sample providers by id, and `offered` are the items that they offer. `phone_jobs`
    are unfinished jobs of providers reached by phone. `phoned` counts providers with software that are phoned, because
    the system allows too few open files for all of them to wait for offers.
    """

    settings: Settings
    password: str
    operators: int
    members: Mapping[UUID, Member]
    solved_rates: Mapping[UUID, float]
    offered: frozenset[str]
    phone_jobs: tuple[UUID, ...]
    phoned: int
    cast: Cast
    left: frozenset[UUID]


async def set_stage(settings: Settings, direct_url: str, plan: Plan, progress: Callable[[int, int], None]) -> Stage:
    """Migrate and seed the database, load history if asked for, and open the accounts. `progress` is called with the
    number of days of history loaded and their total."""
    await migrate(direct_url)
    assert settings.database_url is not None
    db = Database(settings.database_url, pool_size=2)
    try:
        async with db.begin() as tx:
            await load_reference_data(tx)
            last = await queries.find_last_moment(tx)
            start = first_moment(last, clock_from(settings).now(), settings.zone, plan)
            since = data_since(last, start, plan)
            act = Act(SYSTEM, since, settings)
            await load_credit_rules(tx, since)
            await load_guides(act, tx)
            await load_sample_places(tx, since)
            await load_registry(tx, start.date(), since)
        catalog = await read_snapshot(db)
        async with db.begin() as tx:
            await load_articles(act, tx, catalog)
        if plan.history_days:
            await load_history(db, settings, plan.history_days, start.date(), progress)
        registry = {provider_id(provider.number): provider for provider in generate_registry(start.date())}
        async with db.begin() as tx:
            operators = operators_for(start, plan.scale)
            password = await open_accounts(act, tx, operators)
            keys = await demo_keys(tx, since)
            software = [key for key in keys if registry[key].reached_by is ReachedBy.QUEUE]
            phoned = frozenset(software[max(raise_limit() - OTHER_FILES, 0) :])
            await queries.set_reached_by(tx, software, phoned)
            phone_jobs = tuple(await queries.list_phone_jobs(tx))
        cast = choose_cast(registry, keys.keys() - phoned)
        left = await leave_work(settings, since, start, plan.factor, cast, keys, password)
    finally:
        await db.close()
    return Stage(
        settings=_with_clock(settings, start, plan.factor),
        password=password,
        operators=operators,
        members={key: member_of(registry[key], secret, phoned=key in phoned) for key, secret in keys.items()},
        phoned=len(phoned),
        solved_rates={key: behaviour_of(provider).solved_rate for key, provider in registry.items()},
        offered=frozenset(line.item for provider in registry.values() for line in provider.lines),
        phone_jobs=phone_jobs,
        cast=cast,
        left=left,
    )


def data_since(last: datetime | None, start: datetime, plan: Plan) -> datetime:
    """Return when the scenarios begin: at `start - EVE`, but after the last event.

    On new data without a generated history, they begin at `start - BEFORE`.
    """
    if last is None:
        return start - (EVE if plan.history_days else BEFORE)
    return max(last + timedelta(seconds=1), start - EVE)


def choose_cast(registry: Mapping[UUID, SampleProvider], signed_in: Set[UUID]) -> Cast:
    """Return three active providers with software that offer the scenarios' item round the clock."""
    fit = (
        key
        for key, provider in registry.items()
        if key in signed_in
        and provider.reached_by is ReachedBy.QUEUE
        and provider.standing is Standing.ACTIVE
        and provider.hours[0][1] == provider.hours[0][2]
        and any(line.item == ITEM and line.tier is Tier.PAID for line in provider.lines)
    )
    return Cast(next(fit), next(fit), next(fit))


def _with_clock(settings: Settings, start: datetime, factor: float) -> Settings:
    real = clock_from(settings).now()
    return settings.model_copy(update={"clock_start": start, "clock_real_start": real, "clock_factor": factor})


def member_of(provider: SampleProvider, secret: str, *, phoned: bool = False) -> Member:
    """Return the provider as the simulated fleet plays it, signed in with this key. With `phoned`, operators phone it
    although it has software."""
    behaviour = behaviour_of(provider)
    return Member(
        key=secret,
        name=provider.name,
        accept_rate=behaviour.accept_rate,
        answer_rate=behaviour.answer_rate,
        response_seconds=behaviour.response_seconds,
        punctuality=behaviour.punctuality,
        return_rate=behaviour.return_rate,
        by_phone=phoned or provider.reached_by is ReachedBy.PHONE,
    )


def first_moment(last: datetime | None, real: datetime, zone: ZoneInfo, plan: Plan) -> datetime:
    """Return when the centre's clock starts: never before the last thing that happened, because time must not go
    backwards.

    A play begins at 07:30 today, or on the day after the last play ended. Without a play, the clock starts now.
    """
    if not plan.plays:
        return max(real, last + timedelta(seconds=1) if last else real).astimezone(zone)
    opening = real.astimezone(zone).replace(hour=OPENING_HOUR, minute=OPENING_MINUTE, second=0, microsecond=0)
    while last is not None and opening <= last:
        opening += timedelta(days=1)
    return opening


def operators_for(day: datetime, scale: float) -> int:
    """Return how many operators the busiest hour of the day needs."""
    busiest = max(expected(day.date(), hour, scale) for hour in HOURS)
    return LEAST_OPERATORS + math.ceil(busiest * CALL_SECONDS / 3_600)
