"""Takes a request down: what the caller wants, where, by when and at which tier, and what happens to it at once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import orjson

from app.catalog.calendar import Deadlines, Window, add_minutes, deadlines, default_window
from app.catalog.models import ArriveRule, Item, Kind, Tier, is_counted
from app.catalog.snapshot import Snapshot, Spot
from app.danger.snapshot import Dangers
from app.events.act import Act
from app.events.kinds import EventKind
from app.intake import queries
from app.intake.citizens import get_or_add
from app.intake.clocks import next_alarm
from app.intake.danger import (
    NO_DANGER,
    DangerReport,
    assess_danger,
    check_line,
    check_may_go_out,
    danger_heard,
    has_unrelayed_danger,
    note_danger_report,
    relay_facts,
)
from app.intake.entitlement import Claimant, cheapest_open, dearer, month_of
from app.intake.errors import (
    ArticlesOfAnswer,
    DangerNotRelayed,
    NotDispatchable,
    NotEntitled,
    OneOutcome,
    QuantityNotCounted,
    RelayFirst,
    UnknownAsk,
    UnknownProvider,
    WindowInvalid,
)
from app.intake.models import Channel, CloseReason, RequestStatus
from app.intake.people import People, check_callable
from app.intake.schemas import DetailIn, RequestIn, RequestOut
from app.intake.states import REQUESTS
from app.intake.views import show_new
from app.kit.db import Tx
from app.kit.idempotency import Once
from app.kit.ids import new_id
from app.knowledge.actions import check_articles

UNSEARCHED: dict[str, None] = dict.fromkeys(("rung", "rung_until", "deferred_until", "deferral_told_at"))
"""The columns that hold the state of a search for a provider, cleared before a new search begins."""
FARTHEST = timedelta(days=366)
"""How far ahead a wanted window or a hold may end."""


class Taken(NamedTuple):
    """A new request, the values of its row, and the stored answer if `answer` was given."""

    request: RequestOut
    values: dict[str, Any]
    answer: bytes = b""


class Replayed(NamedTuple):
    """The answer that was given to the idempotency key before."""

    answer: bytes


async def take_request(
    act: Act,
    tx: Tx,
    body: RequestIn,
    spot: Spot | None,
    catalog: Snapshot,
    dangers: Dangers,
    once: Once,
    answer: Callable[[RequestOut], bytes] | None = None,
) -> Taken | Replayed:
    """Create a request at `spot`: answered, relayed, dispatching or just received, as the body says.

    1. Check the body against its item and the dangers it mentions, and choose the first steps.
    2. Claim the idempotency key, and find the citizen with their groups, and draw a number.
    3. Settle times and tiers.
    4. Write the request, its first contact, its events and the answer in one statement.

    `answer` makes the content that is stored under the key in that statement; the worker then matches a dispatching
    request. Without `answer` the caller matches it in this transaction and stores the content itself. Raises the errors
    of app.intake.errors and app.catalog.errors, and KeyReused; nothing is written then.
    """
    item = catalog.item(body.item)
    told = assess_danger(body, item, catalog, dangers)
    check_quantity(item.code, item.unit, body.quantity)
    urgency = catalog.most_urgent.code if told.danger else item.urgency
    danger = _danger(act, body, told, dangers)
    steps = _steps(body, item, danger, spot, dangers)
    people = People.of(body)
    if "dispatch" in steps:
        check_callable(people.columns["contact_phone"], unannounced=body.unannounced)
    caller = await queries.claim_and_find_caller(tx, **once._asdict(), at=act.now, phone=people.helped, day=act.today)
    if once.key and not caller["claimed"]:
        return Replayed(await once.recall(tx))
    groups = set(caller["groups"] or ())
    values = _facts(act, body, item, spot, urgency, catalog, steps) | people.columns
    values |= _times(act, body, item, urgency, catalog, steps)
    values["match_at"] = act.now if "dispatch" in steps and answer else None
    who = Claimant(caller["id"], groups, month_of(act.now, act.zone))
    asked = catalog.tier(item, body.tier)
    values |= await settle_tiers(tx, item, asked, body.tier_fallback, who, catalog)
    values["priority_group"] = min(groups, key=lambda code: catalog.groups[code].position, default=None)
    await check_articles(tx, body.articles)
    if body.chosen_provider_id and not await queries.provider_exists(tx, body.chosen_provider_id):
        raise UnknownProvider(provider=body.chosen_provider_id)
    status, events = REQUESTS.path(RequestStatus.RECEIVED, *steps)
    born = {kind: _event_data(kind, values) for kind in (EventKind.REQUEST_CREATED, *events)}
    allowance = catalog.allowance(urgency)
    values["alarm_at"] = next_alarm(values | {"status": status}, allowance, act.zone, act.now)
    values |= {"status": status, "number": caller["number"], "caller_id": None}
    if people.caller:
        values["caller_id"] = (await get_or_add(tx, people.caller, act.now, people.caller_name)).id
    shown = show_new(values | danger)
    content = answer(shown) if answer else None
    values["citizen_id"] = await queries.add_request(
        tx,
        **values,
        **act.parameters(),
        event_kinds=list(born),
        event_data=[orjson.dumps(said).decode() for said in born.values()],
        rang=body.phone,
        citizen_phone=people.helped,
        citizen_name=people.helped_name,
        known_citizen_id=caller["id"],
        new_citizen_id=new_id(act.now),
        created_by=act.actor.id,
        **once.stored(content),
    )
    if told.danger or told.dismissed:
        await note_danger_report(act, tx, values["id"], told, danger)
    values |= {"corrected_at": None, **UNSEARCHED, **danger}
    return Taken(shown, values, content or b"")


def _danger(act: Act, body: RequestIn, told: DangerReport, dangers: Dangers) -> dict[str, Any]:
    """Return the columns that describe the danger. Raises NotItsLine, DangerNotRelayed.

    If an operator named the danger, `relay` must be one of its lines. If only the text mentions it, `relay` may be any
    line, but relays the danger only if it is one of the danger's.
    """
    facts: dict[str, Any] = {
        **NO_DANGER,
        "danger": told.danger,
        "danger_dismissed_by": act.actor.id if told.dismissed else None,
    }
    if told.danger and body.relay:
        if not told.heard:
            check_line(told.danger, body.relay.to, dangers)
        if dangers.takes(told.danger, body.relay.to):
            facts |= relay_facts(act, body.relay.to)
    if body.danger and body.answer:
        raise DangerNotRelayed
    return facts


def _steps(body: RequestIn, item: Item, danger: Mapping[str, Any], spot: Spot | None, dangers: Dangers) -> list[str]:
    if body.articles and not body.answer:
        raise ArticlesOfAnswer
    if body.answer and (body.relay or body.dispatch):
        raise OneOutcome
    if body.dispatch:
        check_dispatchable(item, relayed=body.relay is not None)
    if body.answer:
        return ["answer", "close"]
    if body.dispatch and not body.danger and has_unrelayed_danger(danger):
        if body.channel == Channel.PHONE:
            raise danger_heard(danger["danger"], dangers)
        return ["relay"] * (body.relay is not None)  # nobody is on the phone to ask: keep it for a supervisor
    if body.dispatch:
        check_may_go_out({**danger, "township_code": spot and spot.township.code})
    return ["relay"] * (body.relay is not None) + ["dispatch"] * body.dispatch


def _event_data(kind: EventKind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of the event of a step taken at creation."""
    match kind:
        case EventKind.REQUEST_ANSWERED:
            return answered(values, 0)
        case EventKind.REQUEST_RELAYED:
            return {"to": values["relay_to"]}
        case EventKind.REQUEST_DISPATCHED:
            return {"after_seconds": 0}
        case EventKind.REQUEST_CLOSED:
            return {"close_reason": values["close_reason"]}
        case _:
            return {}


def answered(values: Mapping[str, Any], after_seconds: int) -> dict[str, Any]:
    """Return the data of an answer's event: given in the call or later, from an article or not, and seconds since
    receipt."""
    in_call, by_article = values["answered_in_call"], bool(values["articles"])
    return {"in_call": in_call, "by_article": by_article, "after_seconds": after_seconds}


def check_dispatchable(item: Item, *, relayed: bool) -> None:
    """Raise NotDispatchable if the item never goes to a provider, RelayFirst if it must be relayed first and was
    not."""
    if item.kind == Kind.INFO:
        raise NotDispatchable(item=item.code, why="it is answered from the knowledge base")
    if not item.dispatchable:
        raise NotDispatchable(item=item.code, why=item.rule or "its operator rule forbids it")
    if item.kind == Kind.RELAY and not relayed:
        raise RelayFirst(item=item.code)


def details_of(item: Item, said: Sequence[DetailIn], *, strict: bool = True) -> list[dict[str, str]]:
    """Return the answers to the item's questions, each with the question's present wording. The last answer to a
    question counts.

    Raises UnknownAsk, unless `strict` is False: a danger is taken down without the unknown ones.
    """
    asks = {ask["code"]: ask for ask in item.asks or ()}
    answers = {one.ask: one.answer for one in said}
    unknown = next((code for code in answers if code not in asks), None)
    if unknown and strict:
        raise UnknownAsk(item=item.code, ask=unknown, asks=list(asks))
    return [
        {"ask": code, "zh": ask["zh"], "en": ask["en"], "answer": answers[code]}
        for code, ask in asks.items()
        if code in answers
    ]


def check_quantity(item: str, unit: str | None, quantity: Decimal) -> None:
    """Raise QuantityNotCounted for a quantity other than 1 of an item without a charging unit."""
    if quantity != 1 and not is_counted(unit):
        raise QuantityNotCounted(item=item)


def _facts(
    act: Act, body: RequestIn, item: Item, spot: Spot | None, urgency: str, catalog: Snapshot, steps: Sequence[str]
) -> dict[str, Any]:
    return {
        "id": new_id(act.now),
        "channel": body.channel,
        "kind": item.kind,
        "category_code": item.category_code,
        "item_code": item.code,
        "urgency": urgency,
        "urgency_rank": catalog.urgencies[urgency].rank,
        "description": body.description,
        "details": details_of(item, body.details, strict=body.danger is None) or None,
        "community_code": spot.community.code if spot and spot.community else None,
        "township_code": spot and spot.township.code,
        "address": body.address,
        "lat": spot and spot.lat,
        "lon": spot and spot.lon,
        "quantity": body.quantity,
        "chosen_provider_id": body.chosen_provider_id,
        "answer": body.answer,
        "articles": body.articles or None,
        "answered_in_call": body.answer is not None,
        "relay_to": body.relay.to if body.relay else None,
        "outside_number": body.relay.outside_number if body.relay else None,
        "close_reason": CloseReason.ANSWERED if body.answer else None,
        "received_at": act.now,
        "answered_at": act.now if body.answer else None,
        "relayed_at": act.now if body.relay else None,
        "dispatched_at": act.now if "dispatch" in steps else None,
        "closed_at": act.now if body.answer else None,
    }


def _times(
    act: Act, body: RequestIn, item: Item, urgency: str, catalog: Snapshot, steps: Sequence[str]
) -> dict[str, Any]:
    window = window_of(body.wanted_from, body.wanted_to, act.now)
    allowance = catalog.allowance(urgency)
    if window is None and allowance.arrive_rule is ArriveRule.APPOINTMENT and item.kind != Kind.RELAY:
        window = default_window(act.now, act.zone)
    times: dict[str, Any] = {
        "wanted_from": window.start if window else None,
        "wanted_to": window.end if window else None,
        "answer_by": None,
    }
    if not steps and item.kind == Kind.INFO:
        times["answer_by"] = add_minutes(
            allowance.calendar, act.now, allowance.complete_minutes or 0, act.zone, allowance.days
        )
    due = deadlines(allowance, act.now, window, act.zone) if "dispatch" in steps else None
    return times | (due._asdict() if due else dict.fromkeys(Deadlines._fields))


def check_window(start: datetime, end: datetime, now: datetime) -> None:
    """Raise WindowInvalid unless the window ends after it starts, ends in the future and within 366 days, and starts
    no more than 366 days ago."""
    if not start < end or not now < end <= now + FARTHEST or start < now - FARTHEST:
        raise WindowInvalid


def window_of(start: datetime | None, end: datetime | None, now: datetime) -> Window | None:
    """Return the wanted window, or None if neither end is given. A missing start is now, a missing end two hours later.

    Raises WindowInvalid.
    """
    if start is None and end is None:
        return None
    start = start or now
    end = end or start + timedelta(hours=2)
    check_window(start, end, now)
    return Window(start, end)


async def settle_tiers(
    tx: Tx, item: Item, asked: Tier, fallback: str | None, who: Claimant, catalog: Snapshot
) -> dict[str, Any]:
    """Return the tiers asked for, entitled to and served, which may differ.

    Raises NotEntitled if the cheapest open tier is dearer than both the one asked for and `fallback`, the dearest that
    the citizen agreed to.
    """
    entitled = await cheapest_open(tx, item, asked, who, catalog)
    if dearer(entitled, asked) and (fallback is None or dearer(entitled, fallback)):
        raise NotEntitled(asked=asked, entitled=entitled)
    served = entitled if dearer(entitled, asked) else asked
    return {"tier_asked": asked, "tier_entitled": entitled, "tier": served, "tier_fallback": fallback}
