"""Statements that spread the event log over endpoints, claim due deliveries and record outcomes."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    delete,
    func,
    insert,
    null,
    or_,
    select,
    true,
    update,
)
from sqlalchemy import (
    cast as sql_cast,
)
from sqlalchemy.orm import aliased

from app.catalog.models import Item
from app.events.sequence import move_cursor, next_events, one_event
from app.events.transition import AT, EVENTS, NO_DATA
from app.intake.models import Request
from app.jobs.models import Offer
from app.kit.db import Prepared
from app.kit.orm import word
from app.registry.models import FORMER_STANDINGS, Provider
from app.registry.states import PROVIDER_MOVES
from app.webhooks.messages import PROOF
from app.webhooks.models import WebhookDelivery, WebhookEndpoint
from app.webhooks.states import DELIVERIES

READER = "webhooks"
PER_PROVIDER = 12
"""How many deliveries a worker has in flight to all endpoints of one provider, so that it crowds out no other."""
PER_ENDPOINT = 4
"""How many deliveries a worker has in flight to one endpoint, so that a slow one holds up no other."""

_DELIVERIES = cast(Table, WebhookDelivery.__table__)
_ID = bindparam("id", type_=BigInteger)


def is_pending(delivery: Any) -> ColumnElement[bool]:
    """Return the condition that the delivery is pending, with a constant so that the planner uses partial indexes."""
    return cast(ColumnElement[bool], delivery.status == word("pending"))


def _is_served() -> ColumnElement[bool]:
    """Return the condition that the endpoint's provider has neither left nor been expelled."""
    former = Provider.standing.in_([word(standing) for standing in FORMER_STANDINGS])
    return ~select(Provider.id).where(Provider.id == WebhookEndpoint.provider_id, former).exists()


def _spread(events: Select[Any], *, on: bool) -> Prepared:
    """Return the statement that creates the deliveries of `events` and, if `on`, moves the cursor.

    Without endpoints, it skips to the end of the log. It deletes what waits for a provider that leaves or is expelled.
    """
    anybody = select(WebhookEndpoint.id).exists()
    batch = events.where(anybody).cte("batch")
    lane = func.coalesce(batch.c.request_id, batch.c.provider_id, WebhookEndpoint.id)
    ahead = aliased(WebhookDelivery)
    after_failed = (
        select(func.max(ahead.due_at))
        .where(ahead.endpoint_id == WebhookEndpoint.id, ahead.lane == lane, is_pending(ahead), ahead.attempts > 0)
        .scalar_subquery()
    )
    spread = (
        insert(WebhookDelivery)
        .from_select(
            ["endpoint_id", "event_id", "type", "lane", "at", "due_at"],
            select(WebhookEndpoint.id, batch.c.id, batch.c.kind, lane, batch.c.at, func.coalesce(after_failed, AT))
            .join_from(
                batch,
                WebhookEndpoint,
                or_(WebhookEndpoint.provider_id.is_(None), WebhookEndpoint.provider_id == batch.c.provider_id)
                & _is_served()
                & (WebhookEndpoint.proven_at <= batch.c.at)
                & or_(WebhookEndpoint.types.is_(None), batch.c.kind == any_(WebhookEndpoint.types)),
            )
            .order_by(batch.c.seq),
        )
        .returning(WebhookDelivery.id)
        .cte("spread")
    )
    gone = batch.c.kind.in_([word(PROVIDER_MOVES[step].event) for step in ("leave", "expel")])
    theirs = select(WebhookEndpoint.id).join(batch, gone & (WebhookEndpoint.provider_id == batch.c.provider_id))
    dropped = delete(WebhookDelivery).where(WebhookDelivery.endpoint_id.in_(theirs), is_pending(WebhookDelivery))
    last = select(func.max(batch.c.seq)).scalar_subquery()
    end = select(func.max(EVENTS.c.seq)).scalar_subquery()
    moved = move_cursor(READER, select(case((anybody, last), else_=end)).scalar_subquery())
    counts = select(
        select(func.count()).select_from(batch).scalar_subquery().label("events"),
        select(func.count()).select_from(spread).scalar_subquery().label("deliveries"),
    )
    steps = [dropped.cte("dropped"), *([moved] if on else [])]
    return Prepared(counts.add_cte(*steps))


def _claim() -> Prepared:
    busy = (
        func.unnest(bindparam("busy", type_=ARRAY(Uuid)), bindparam("counts", type_=ARRAY(Integer)))
        .table_valued("endpoint_id", "under_way")
        .render_derived()
    )
    mine, ahead = aliased(WebhookDelivery), aliased(WebhookDelivery)
    in_the_way = select(ahead.id).where(
        ahead.endpoint_id == mine.endpoint_id, ahead.lane == mine.lane, is_pending(ahead), ahead.id < mine.id
    )
    free = PER_ENDPOINT - func.coalesce(sql_cast(busy.c.under_way, Integer), 0)
    due = (
        select(mine.id, mine.due_at)
        .where(mine.endpoint_id == WebhookEndpoint.id, is_pending(mine), mine.due_at <= AT, ~in_the_way.exists())
        .where(or_(WebhookEndpoint.proven_at.is_not(None), mine.type == word(PROOF)))
        .order_by(mine.due_at, mine.id)
        .limit(free)
        .with_for_update(of=mine, skip_locked=True)
        .lateral("due")
    )
    owners = (
        func.unnest(bindparam("owners", type_=ARRAY(Uuid)), bindparam("owner_counts", type_=ARRAY(Integer)))
        .table_valued("owner_id", "under_way")
        .render_derived(name="owners")
    )
    nth = func.row_number().over(partition_by=WebhookEndpoint.provider_id, order_by=due.c.due_at)
    ready = (
        select(
            due.c.id,
            due.c.due_at,
            WebhookEndpoint.provider_id,
            (nth + func.coalesce(sql_cast(owners.c.under_way, Integer), 0)).label("nth"),
        )
        .select_from(WebhookEndpoint)
        .join(busy, sql_cast(busy.c.endpoint_id, Uuid) == WebhookEndpoint.id, isouter=True)
        .join(owners, sql_cast(owners.c.owner_id, Uuid) == WebhookEndpoint.provider_id, isouter=True)
        .join(due, true())
        .where(WebhookEndpoint.state == word("active"), _is_served())
        .subquery("ready")
    )
    picked = (
        select(ready.c.id)
        .where(or_(ready.c.provider_id.is_(None), ready.c.nth <= PER_PROVIDER))
        .order_by(ready.c.due_at)
        .limit(bindparam("room", type_=BigInteger))
        .cte("picked")
    )
    claimed = (
        update(_DELIVERIES)
        .where(_DELIVERIES.c.id == picked.c.id)
        .values(due_at=bindparam("until", type_=DateTime(timezone=True)))
        .returning(*_DELIVERIES.c)
        .cte("claimed")
    )
    names = ("tier", "price_kind", "price_fen", "redo", "expires_at")
    return Prepared(
        select(
            *(claimed.c[name] for name in ("id", "endpoint_id", "type", "at", "attempts")),
            WebhookEndpoint.url,
            WebhookEndpoint.seed,
            WebhookEndpoint.former_seed,
            WebhookEndpoint.former_until,
            WebhookEndpoint.provider_id.label("owner_id"),
            func.coalesce(EVENTS.c.data, NO_DATA).label("data"),
            EVENTS.c.request_id,
            EVENTS.c.provider_id,
            EVENTS.c.trace_id,
            Request.number,
            Request.item_code.label("item"),
            Request.urgency,
            Request.township_code.label("township"),
            *(getattr(Offer, name).label(name) for name in names),
            case((Offer.id.is_not(None), Request.quantity)).label("quantity"),
            Item.unit,
        )
        .select_from(claimed)
        .join(WebhookEndpoint, WebhookEndpoint.id == claimed.c.endpoint_id)
        .join(EVENTS, EVENTS.c.id == claimed.c.event_id, isouter=True)
        .join(Request, Request.id == EVENTS.c.request_id, isouter=True)
        .join(Item, Item.code == Request.item_code, isouter=True)
        .join(Offer, Offer.id == sql_cast(EVENTS.c.data["offer_id"].as_string(), Uuid), isouter=True)
        .order_by(claimed.c.id)
    )


_OUTCOME: dict[str, Any] = {
    "attempts": _DELIVERIES.c.attempts + 1,
    "attempted_at": AT,
    "failure": bindparam("failure", type_=Text),
    "answer_status": bindparam("answer_status", type_=Integer),
    "answer": bindparam("answer", type_=Text),
}


def _behind(row: Any) -> Sequence[ColumnElement[bool]]:
    """Return the conditions for deliveries that wait behind `row` in its lane."""
    d = _DELIVERIES.c
    return d.endpoint_id == row.c.endpoint_id, d.lane == row.c.lane, is_pending(d), d.id > row.c.id


def _succeed() -> Prepared:
    sent = DELIVERIES.change("deliver", _DELIVERIES.c.id == _ID, due_at=null(), **_OUTCOME).cte("sent")
    freed = update(_DELIVERIES).where(*_behind(sent), _DELIVERIES.c.due_at > AT).values(due_at=AT).cte("freed")
    healthy = (
        update(WebhookEndpoint)
        .where(WebhookEndpoint.id == sent.c.endpoint_id, WebhookEndpoint.failing_since.is_not(None))
        .values(failing_since=null())
        .cte("healthy")
    )
    return Prepared(select(sent.c.id).add_cte(freed, healthy))


def _fail(step: str, again: ColumnElement[Any], then: ColumnElement[Any]) -> Prepared:
    """Return the statement that records a failed attempt if its claim still ends at `until`.

    The delivery is then due `again`, and what waits behind it is due `then`.
    """
    mine = (_DELIVERIES.c.id == _ID) & (_DELIVERIES.c.due_at == bindparam("until", type_=DateTime(timezone=True)))
    failed = DELIVERIES.change(step, mine, due_at=again, **_OUTCOME).cte("failed")
    held = update(_DELIVERIES).where(*_behind(failed)).values(due_at=then).cte("held")
    return Prepared(select(failed.c.id).add_cte(held))


SPREAD, SPREAD_ONE = _spread(next_events(READER), on=True), _spread(one_event(), on=False)
CLAIM = _claim()
SUCCEED = _succeed()
_AGAIN = bindparam("again_at", type_=DateTime(timezone=True))
RETRY, GIVE_UP = _fail("retry", _AGAIN, _AGAIN), _fail("give_up", null(), AT)
