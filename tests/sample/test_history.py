"""Generated history: every request follows the moves of live ones, days are complete, and the figures add up."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import delete, select

from app.aftercare.models import Callback, CallbackStatus, Satisfaction
from app.aftercare.states import CALLBACK_MOVES
from app.catalog.models import Tier
from app.catalog.snapshot import Snapshot
from app.complaints.models import Complaint
from app.events.kinds import EventKind
from app.events.models import Event
from app.events.sequence import number_events
from app.events.transition import Move, record
from app.intake.models import Citizen, CitizenGroup, Contact, Request, RequestStatus
from app.intake.states import REQUEST_MOVES
from app.jobs.models import Job, JobStatus, Offer, OfferStatus
from app.jobs.states import JOB_MOVES, OFFER_MOVES
from app.kit.clock import ManualClock
from app.kit.db import Database
from app.kit.orm import Model
from app.metrics.models import DailyVolume
from app.metrics.tasks import roll_up_volumes
from app.registry.models import (
    WINDOW_COUNTS,
    WINDOW_DAYS,
    PriceKind,
    Provider,
    ProviderDay,
    ProviderItem,
    ProviderItemMonth,
    ProviderWindow,
)
from app.sample.history import HistoryFigures, load_history
from app.sample.kept import kept_counts
from app.sample.load import load_registry
from app.sample.past import Rows
from app.settings import Settings
from tests.metrics.history import add_citizen, add_request
from tests.world import act_at

TODAY = date(2026, 11, 24)
MIDNIGHT = datetime(2026, 11, 23, 16, tzinfo=UTC)
"""When the present day begins in Ningbo."""
ADDED: tuple[type[Model], ...] = (
    Citizen, CitizenGroup, Request, Contact, Offer, Job, Callback, Complaint, Event, ProviderDay,
    ProviderWindow, ProviderItemMonth, DailyVolume,
)  # fmt: skip


class StoppedByHandError(Exception):
    pass


@pytest.fixture
async def registry(db: Database, clock: ManualClock) -> Database:
    """Load the sample registry into the database."""
    async with db.begin() as tx:
        await load_registry(tx, TODAY, clock.now())
    return db


async def load(db: Database, settings: Settings, days: int) -> HistoryFigures:
    """Load a twentieth of the volume for this many days before today."""
    return await load_history(db, settings, days, TODAY, lambda done, of: None, 0.05)


async def read(db: Database, model: type[Model]) -> list[Any]:
    table = model.__table__
    async with db.begin() as tx:
        return list(await tx.session.execute(select(table).order_by(*table.primary_key)))


async def count_rows(db: Database) -> dict[str, int]:
    return {model.__tablename__: len(await read(db, model)) for model in ADDED}


def fold(start: str, moves: Mapping[str, Move], events: Iterable[str]) -> str | None:
    """Return the status that the moves among these events lead to."""
    by_event = {str(move.event): move for move in moves.values()}
    status: str | None = start
    for move in filter(None, map(by_event.get, events)):
        assert status in move.sources, f"{move.event} from {status}"
        status = move.target
    return status


def lives(events: list[str], birth: str) -> list[list[str]]:
    """Split the events into one list per subject, beginning with its creation."""
    found: list[list[str]] = []
    for event in events:
        if event == birth:
            found.append([])
        elif found:
            found[-1].append(event)
    return found


async def test_every_life_is_one_that_the_moves_allow(registry: Database, settings: Settings) -> None:
    await load(registry, settings, 2)
    timeline, deals = defaultdict(list), defaultdict(list)
    for event in await read(registry, Event):
        timeline[event.request_id].append(event)
        deals[event.request_id, event.provider_id].append(event.kind)
    for request in await read(registry, Request):
        events = timeline.pop(request.id)
        assert events[0].kind == EventKind.REQUEST_CREATED
        assert [event.at for event in events] == sorted(event.at for event in events)
        kinds = [event.kind for event in events]
        assert fold(RequestStatus.RECEIVED, REQUEST_MOVES, kinds) == request.status
    assert not timeline

    for model, birth, start, moves in (
        (Offer, EventKind.OFFER_MADE, OfferStatus.PENDING, OFFER_MOVES),
        (Job, EventKind.OFFER_ACCEPTED, JobStatus.ACCEPTED, JOB_MOVES),
    ):
        rows = defaultdict(list)
        for row in await read(registry, model):
            rows[row.request_id, row.provider_id].append(row.status)
        for key, statuses in rows.items():
            assert [fold(start, moves, life) for life in lives(deals[key], birth)] == statuses

    callbacks = sorted(await read(registry, Callback), key=lambda row: (row.request_id, row.ended_at))
    for request_id, rows_of in groupby(callbacks, key=lambda row: row.request_id):
        outcomes = [kind for kind in deals[request_id, None] if kind in {m.event for m in CALLBACK_MOVES.values()}]
        assert [fold(CallbackStatus.DUE, CALLBACK_MOVES, [kind]) for kind in outcomes] == [r.status for r in rows_of]


async def test_the_days_look_like_those_of_a_hotline_and_nothing_is_left_open(
    registry: Database, settings: Settings
) -> None:
    await load(registry, settings, 3)
    requests = await read(registry, Request)
    assert {row.status for row in requests} == {RequestStatus.CLOSED, RequestStatus.CANCELLED, RequestStatus.MERGED}
    assert OfferStatus.PENDING not in {row.status for row in await read(registry, Offer)}
    assert all(provider.open_jobs == 0 for provider in await read(registry, Provider))
    assert all(row.decided_at < MIDNIGHT for row in await read(registry, Complaint))
    assert max(event.at for event in await read(registry, Event)) < MIDNIGHT
    assert len(requests) > 3 * 500
    info = [row for row in requests if row.kind == "info"]
    assert len(info) / len(requests) == pytest.approx(0.70, abs=0.03)
    assert sum(row.answered_in_call for row in info) / len(info) == pytest.approx(0.95, abs=0.02)
    ends = {(row.kind, row.status, row.close_reason) for row in requests}
    assert ends >= {
        ("info", "closed", "answered"),
        ("relay", "closed", "relayed"),
        ("service", "closed", "solved"),
        ("volunteer", "closed", "solved"),
        ("service", "closed", "unreached"),
        ("service", "closed", "no_provider"),
        ("service", "cancelled", None),
        ("service", "merged", None),
    }
    assert any(row.redos for row in requests)
    assert any(row.returns for row in requests)
    rated = Counter(row.satisfaction for row in await read(registry, Callback) if row.satisfaction)
    dissatisfied = rated[Satisfaction.DISSATISFIED] + rated[Satisfaction.VERY_DISSATISFIED]
    assert 0.94 < 1 - dissatisfied / rated.total() < 0.99
    assert len(await read(registry, Complaint)) == dissatisfied


async def test_bills_follow_the_price_cards_and_tiers_the_entitlements(
    registry: Database, settings: Settings, catalog: Snapshot
) -> None:
    await load(registry, settings, 2)
    requests = {row.id: row for row in await read(registry, Request)}
    offers = {row.id: row for row in await read(registry, Offer)}
    cards = {(row.provider_id, row.item_code, row.tier): row for row in await read(registry, ProviderItem)}
    billed = 0
    for job in await read(registry, Job):
        request, offer = requests[job.request_id], offers[job.offer_id]
        card = cards[job.provider_id, request.item_code, job.tier]
        assert (offer.price_kind, offer.price_fen) == (card.price_kind, 0 if offer.redo else card.price_fen)
        if job.status == JobStatus.COMPLETED and not offer.redo and card.price_kind == PriceKind.FIXED:
            assert job.amount_fen == card.price_fen * request.quantity
            billed += 1
        assert (job.payout_fen is not None) == (
            job.status == JobStatus.COMPLETED and catalog.items[request.item_code].pays_citizen
        )
    assert billed > 50
    groups = defaultdict(set)
    for membership in await read(registry, CitizenGroup):
        groups[membership.citizen_id].add(membership.group_code)
    for request in requests.values():
        item = catalog.items[request.item_code]
        if request.tier != item.tiers[0]:
            assert catalog.entitlements_to(item, Tier(request.tier), groups[request.citizen_id])


async def test_kept_figures_equal_a_recount_and_leave_the_worker_nothing(
    registry: Database, settings: Settings, catalog: Snapshot, clock: ManualClock
) -> None:
    async with registry.begin() as tx:
        live = await add_request(tx, catalog, await add_citizen(tx), "TR01", clock.now())
        await record(act_at(clock.now()), tx, EventKind.REQUEST_CREATED, request_id=live.id)
    await load(registry, settings, 2)
    async with registry.begin() as tx:
        assert (await number_events(tx), await roll_up_volumes(tx, settings.zone)) == (0, 0)
    events = await read(registry, Event)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))

    happened = await recount(registry)
    volumes: Counter[Any] = Counter()
    for row in await read(registry, DailyVolume):
        volumes.update({(name, row.day, row.kind): getattr(row, name) for name in VOLUMES})
    assert +volumes == Counter({key: count for key, count in happened.items() if key[0] in VOLUMES})
    days = await read(registry, ProviderDay)
    assert sum(row.on_time for row in days) == sum(row.on_time for row in await read(registry, DailyVolume)) > 0
    totals = Counter(dict.fromkeys(PROVIDER_DAYS, 0))
    for row in days:
        totals.update({name: getattr(row, name) for name in PROVIDER_DAYS})
    assert totals == {name: sum(n for key, n in happened.items() if key[0] == name) for name in PROVIDER_DAYS}


def test_days_before_the_window_are_not_in_it() -> None:
    one, yesterday = UUID(int=1), TODAY - timedelta(days=1)
    rows = Rows(
        counts=Counter(
            {
                (one, yesterday, "declined"): 2,
                (one, TODAY, "declined"): 1,
                (one, TODAY, "on_time"): 1,
            }
        )
    )
    kept = kept_counts(rows, TODAY)
    assert kept[ProviderDay] == [
        {"provider_id": one, "day": yesterday, "declined": 2},
        {"provider_id": one, "day": TODAY, "declined": 1, "on_time": 1},
    ]
    assert kept[ProviderWindow] == [{"provider_id": one, "first_day": TODAY, "declined": 1}]


async def test_windows_and_months_are_what_the_live_system_would_have_kept(
    registry: Database, settings: Settings
) -> None:
    await load(registry, settings, 3)
    first_day = TODAY - timedelta(days=WINDOW_DAYS - 1)
    expected: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
    for row in await read(registry, ProviderDay):
        expected[row.provider_id].update({name: getattr(row, name) for name in WINDOW_COUNTS})
    windows = {row.provider_id: row for row in await read(registry, ProviderWindow)}
    assert {row.first_day for row in windows.values()} == {first_day}
    assert {key: {name: getattr(row, name) for name in WINDOW_COUNTS} for key, row in windows.items()} == {
        key: dict(counts) for key, counts in expected.items() if any(counts.values())
    }
    requests = {row.id: row for row in await read(registry, Request)}
    months = Counter(
        (
            (offer.decided_at + timedelta(hours=8)).date().replace(day=1),
            requests[offer.request_id].item_code,
            offer.provider_id,
        )
        for offer in await read(registry, Offer)
        if offer.status != OfferStatus.WITHDRAWN and offer.offered_by == "ranking"
    )
    kept = {(row.month, row.item_code, row.provider_id): row.counted for row in await read(registry, ProviderItemMonth)}
    assert +Counter(kept) == months


PROVIDER_DAYS = ("accepted", "declined", "expired", "counted", "completed", "returned", "turnover_fen")
VOLUMES = (
    "requests", "answered_in_call", "answered", "relayed", "offered", "accepted", "declined", "expired", "returned",
    "completed", "closed", "cancelled", "callbacks", "reached", "solved", "rated", "satisfied", "turnover_fen",
)  # fmt: skip


async def recount(db: Database) -> Counter[Any]:
    """Return what happened, from the rows themselves, by count, day and kind."""
    requests = {row.id: row for row in await read(db, Request)}
    happened: Counter[Any] = Counter()

    def add(name: str, at: datetime | None, request_id: UUID, n: int = 1) -> None:
        if at and n:
            happened[name, (at + timedelta(hours=8)).date(), requests[request_id].kind] += n

    for row in requests.values():
        add("answered_in_call", row.answered_at, row.id, row.answered_in_call)
        for name in ("received", "answered", "relayed", "closed", "cancelled"):
            add("requests" if name == "received" else name, getattr(row, f"{name}_at"), row.id)
    for row in await read(db, Offer):
        add("offered", row.offered_at, row.request_id)
        answer = row.status if row.status in ("declined", "expired") else "accepted"
        if row.status != "withdrawn":
            add(answer, row.decided_at, row.request_id)
            add("counted", row.decided_at, row.request_id, row.offered_by == "ranking")
    for row in await read(db, Job):
        add("completed", row.completed_at, row.request_id)
        add("turnover_fen", row.completed_at, row.request_id, row.amount_fen)
        add("returned", row.ended_at, row.request_id, row.status == "returned")
    for row in await read(db, Callback):
        facts = {"callbacks": True, "reached": row.status == "done", "solved": row.solved, "rated": row.satisfaction}
        facts["satisfied"] = row.satisfaction and not row.satisfaction.endswith("dissatisfied")
        for name, fact in facts.items():
            add(name, row.ended_at, row.request_id, bool(fact))
    return happened


async def test_loading_again_goes_on_where_it_stopped(registry: Database, settings: Settings) -> None:
    def stop(done: int, of: int) -> None:
        raise StoppedByHandError

    with pytest.raises(StoppedByHandError):
        await load_history(registry, settings, 3, TODAY, stop, 0.05)
    first = await count_rows(registry)
    rest = await load(registry, settings, 3)
    assert (rest.loaded, rest.skipped) == (2, 1)
    both = await count_rows(registry)
    assert {name: both[name] - first[name] for name in rest.rows} == rest.rows
    again = await load(registry, settings, 3)
    assert (again.loaded, again.skipped, again.rows) == (0, 3, Counter())
    assert await count_rows(registry) == both


async def test_a_day_that_fails_leaves_nothing_of_itself(registry: Database, settings: Settings) -> None:
    async with registry.begin() as tx:
        await tx.session.execute(delete(Provider))
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await load(registry, settings, 2)
    assert not any((await count_rows(registry)).values())
