"""SQL for webhooks: spread the event log over endpoints, claim deliveries, record outcomes, list both."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Table, Uuid, any_, bindparam, delete, func, or_, select, update

from app.events.transition import AT
from app.kit.db import Prepared, Row, Tx
from app.webhooks import statements
from app.webhooks.models import DeliveryStatus, WebhookDelivery, WebhookEndpoint
from app.webhooks.states import DELIVERIES

LOOKED_AT = 5_000


class OtherKinds(NamedTuple):
    """Whether other kinds of events were refused, and whether any were accepted."""

    refused: bool
    taken: bool


_DELIVERIES = cast(Table, WebhookDelivery.__table__)
_ENDPOINT = bindparam("endpoint_id", type_=Uuid)


async def spread_events(tx: Tx, now: datetime, batch: int) -> Row:
    """Create deliveries for the next batch of numbered events. Returns the number of `events` and `deliveries`."""
    row = await tx.row(statements.SPREAD, at=now, batch=batch)
    assert row is not None
    return row


async def spread_event(tx: Tx, now: datetime, event_id: int) -> None:
    """Create the deliveries of one event that was skipped before."""
    await tx.row(statements.SPREAD_ONE, at=now, event_id=event_id)


async def claim_deliveries(
    tx: Tx, now: datetime, *, until: datetime, under_way: tuple[Mapping[UUID, int], Mapping[UUID, int]], room: int
) -> Sequence[Row]:
    """Claim due deliveries to active endpoints until `until`, at most one per lane, with the facts of each message.

    `under_way` counts deliveries already in flight, by endpoint and by provider. `room` is the most to claim.
    """
    busy, owners = under_way
    return await tx.rows(
        statements.CLAIM,
        at=now,
        until=until,
        room=room,
        busy=list(busy),
        counts=list(busy.values()),
        owners=list(owners),
        owner_counts=list(owners.values()),
    )


async def note_delivered(tx: Tx, delivery_id: int, now: datetime, **outcome: Any) -> None:
    """Record a success: the lane's next delivery may be sent, and the endpoint is healthy. Can be repeated safely."""
    await tx.rows(statements.SUCCEED, id=delivery_id, at=now, **outcome)


async def note_failed(
    tx: Tx, delivery_id: int, now: datetime, *, until: datetime, again_at: datetime | None, **outcome: Any
) -> None:
    """Record a failure and retry at `again_at`, or never if it is None. Deliveries behind it wait.

    Does nothing if the claim (`until`) has ended.
    """
    failed = {"id": delivery_id, "at": now, "until": until, **outcome}
    if again_at is None:
        await tx.rows(statements.GIVE_UP, **failed)
    else:
        await tx.rows(statements.RETRY, again_at=again_at, **failed)


async def list_endpoints(tx: Tx, provider_id: UUID | None) -> Sequence[WebhookEndpoint]:
    """Return the endpoints of the provider, or of other systems if None, oldest first."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.provider_id.is_not_distinct_from(provider_id))
    return (await tx.session.execute(query.order_by(WebhookEndpoint.id))).scalars().all()


async def find_endpoint(tx: Tx, endpoint_id: UUID, *, lock: bool = False) -> WebhookEndpoint | None:
    """Return the endpoint as it is now, or None, locked until the transaction ends if `lock`."""
    how = {"key_share": True} if lock else None
    return await tx.session.get(WebhookEndpoint, endpoint_id, with_for_update=how, populate_existing=True)


async def find_delivery_behind(tx: Tx, endpoint_id: UUID, before: int | None, rows: int) -> int | None:
    """Return the id `rows` further down the endpoint's list (newest first), or None if the list ends sooner."""
    query = select(WebhookDelivery.id).where(WebhookDelivery.endpoint_id == endpoint_id)
    if before is not None:
        query = query.where(WebhookDelivery.id < before)
    query = query.order_by(WebhookDelivery.id.desc()).offset(rows - 1).limit(1)
    return (await tx.session.execute(query)).scalar_one_or_none()


async def list_deliveries(
    tx: Tx,
    endpoint_id: UUID,
    status: DeliveryStatus | None,
    kind: str | None,
    before: int | None,
    limit: int,
    to: int | None = None,
) -> Sequence[WebhookDelivery]:
    """Return deliveries to the endpoint, newest first, down to the id `to`."""
    query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    if to is not None:
        query = query.where(WebhookDelivery.id >= to)
    if status is not None:
        query = query.where(WebhookDelivery.status == status)
    if kind is not None:
        query = query.where(WebhookDelivery.type == kind)
    if before is not None:
        query = query.where(WebhookDelivery.id < before)
    return (await tx.session.execute(query.order_by(WebhookDelivery.id.desc()).limit(limit))).scalars().all()


async def drop_proofs(tx: Tx, endpoint_id: UUID, kind: str) -> None:
    """Delete the messages sent to prove the endpoint."""
    theirs = (WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.type == kind)
    await tx.session.execute(delete(WebhookDelivery).where(*theirs))


async def other_kinds(tx: Tx, endpoint_id: UUID, kind: str, since: datetime, answer_status: int | None) -> OtherKinds:
    """Return what happened to other kinds of events among the latest LOOKED_AT deliveries.

    Refusals count only if they came at or after `since` and, if `answer_status` is given, with that status.
    """
    latest = (
        select(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint_id)
        .order_by(WebhookDelivery.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    others = latest.c.type != kind
    refused = latest.c.failure.is_not(None) & (latest.c.attempted_at >= since)
    if answer_status is not None:
        refused &= latest.c.answer_status == answer_status
    query = select(
        select(latest.c.id).where(others, refused).exists(),
        select(latest.c.id).where(others, latest.c.status == DeliveryStatus.DELIVERED).exists(),
    )
    return OtherKinds(*(await tx.session.execute(query)).one())


async def find_delivery(tx: Tx, endpoint_id: UUID, delivery_id: int) -> WebhookDelivery | None:
    """Return the delivery if it belongs to this endpoint."""
    query = select(WebhookDelivery).where(WebhookDelivery.id == delivery_id, WebhookDelivery.endpoint_id == endpoint_id)
    return (await tx.session.execute(query)).scalar_one_or_none()


_RELEASE = Prepared(
    update(_DELIVERIES)
    .where(_DELIVERIES.c.endpoint_id == _ENDPOINT, statements.is_pending(_DELIVERIES.c))
    .where(or_(_DELIVERIES.c.due_at > AT, _DELIVERIES.c.attempts > 0))
    .values(due_at=AT, attempts=0)
)
_SINCE = (
    select(_DELIVERIES.c.id)
    .where(_DELIVERIES.c.endpoint_id == _ENDPOINT, _DELIVERIES.c.id > bindparam("after", type_=BigInteger))
    .where(_DELIVERIES.c.at >= bindparam("since", type_=DateTime(timezone=True)))
    .order_by(_DELIVERIES.c.id)
    .limit(bindparam("batch", type_=BigInteger))
)
_ANEW: dict[str, Any] = {"due_at": AT, "attempts": 0}
_REPLAY_ONE = Prepared(DELIVERIES.change("replay", _DELIVERIES.c.id == bindparam("id", type_=BigInteger), **_ANEW))
_OF_THEM = _DELIVERIES.c.id == any_(func.array(_SINCE.scalar_subquery()))  # an array, so PostgreSQL uses the key
_REPLAY = Prepared(DELIVERIES.change("replay", _OF_THEM, **_ANEW))


async def release_pending(tx: Tx, endpoint_id: UUID, now: datetime) -> None:
    """Make the endpoint's pending deliveries due now, with all retries ahead of them."""
    await tx.rows(_RELEASE, endpoint_id=endpoint_id, at=now)


async def replay(tx: Tx, delivery_id: int, now: datetime) -> None:
    """Queue the delivery to be sent again, with its full number of retries."""
    await tx.rows(_REPLAY_ONE, id=delivery_id, at=now)


async def replay_since(
    tx: Tx, endpoint_id: UUID, since: datetime, after: int, batch: int, now: datetime
) -> Sequence[int]:
    """Queue again up to `batch` deliveries with ids above `after`, of events since `since`. Returns their ids."""
    rows = await tx.rows(_REPLAY, endpoint_id=endpoint_id, since=since, after=after, batch=batch, at=now)
    return [row["id"] for row in rows]
