"""Helpers that write requests and events straight into the database, for histories too long to play over the API."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping

from app.catalog.snapshot import Snapshot
from app.events.kinds import EventKind
from app.events.sequence import number_events
from app.events.transition import record
from app.intake.models import Citizen, Request, RequestStatus
from app.kit.db import Database, Tx
from app.kit.ids import new_id
from app.metrics import queries
from app.metrics.schemas import Dimension, Selection
from app.metrics.tasks import roll_up_volumes
from tests.events.carried import filled
from tests.world import act_at

NINGBO = ZoneInfo("Asia/Shanghai")


def ningbo(day: int, hour: int = 10, minute: int = 0) -> datetime:
    """Return a moment of November 2026 in the centre's time zone."""
    return datetime(2026, 11, day, hour, minute, tzinfo=NINGBO)


async def add_citizen(tx: Tx, phone: str = "13957412345") -> UUID:
    """Add a citizen for requests to belong to."""
    citizen = Citizen(id=new_id(ningbo(1)), phone=phone, created_at=ningbo(1))
    tx.session.add(citizen)
    await tx.flush()
    return citizen.id


async def add_request(
    tx: Tx, catalog: Snapshot, citizen_id: UUID, item: str, received_at: datetime, **facts: Any
) -> Request:
    """Add a request for the item, received at this moment."""
    asked, place = catalog.item(item), catalog.spot(facts.pop("township", "330203001"))
    tier = facts.pop("tier", asked.tiers[0])
    request = Request(
        id=new_id(received_at),
        status=facts.pop("status", RequestStatus.RECEIVED),
        channel=facts.pop("channel", "phone"),
        kind=asked.kind,
        category_code=asked.category_code,
        item_code=item,
        urgency=asked.urgency,
        urgency_rank=catalog.urgencies[asked.urgency].rank,
        description="厨房下水道堵了，水倒灌到地上",
        citizen_id=citizen_id,
        contact_phone="13957412345",
        township_code=place.township.code,
        lat=place.lat,
        lon=place.lon,
        tier_asked=tier,
        tier_entitled=tier,
        tier=tier,
        received_at=received_at,
        **facts,
    )
    tx.session.add(request)
    await tx.flush()
    return request


async def receive(
    tx: Tx, catalog: Snapshot, citizen_id: UUID, item: str, received_at: datetime, **facts: Any
) -> Request:
    """Add a request with its events: received at this moment, and answered at once if the facts say so."""
    request = await add_request(tx, catalog, citizen_id, item, received_at, **facts)
    await log(tx, EventKind.REQUEST_CREATED, received_at, request)
    if request.answered_in_call:
        await log(tx, EventKind.REQUEST_ANSWERED, received_at, request)
    return request


async def log(tx: Tx, kind: str, at: datetime, request: Request, **data: Any) -> None:
    """Add an event of the request."""
    if kind == EventKind.REQUEST_ANSWERED:
        data = {"in_call": request.answered_in_call, "by_article": bool(request.articles)} | data
    await record(act_at(at), tx, EventKind(kind), request_id=request.id, data=filled(kind, data))


async def number(db: Database, batch: int = 100) -> int:
    """Run the sequencer once."""
    async with db.begin() as tx:
        return await number_events(tx, batch)


async def roll_up(db: Database, batch: int = 100) -> int:
    """Run the roll-up once."""
    async with db.begin() as tx:
        return await roll_up_volumes(tx, NINGBO, batch)


async def live(db: Database, *by: Dimension) -> Sequence[RowMapping]:
    """Return November's volumes as a manager would see them now."""
    november = Selection.model_validate({"from": date(2026, 11, 1), "to": date(2026, 11, 30)})
    async with db.begin() as tx:
        return await queries.sum_volumes(tx, november, NINGBO, by)
