"""Dangers come before all else: which danger a request reports, and which emergency lines have it."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from app.catalog.calendar import deadlines
from app.catalog.models import Item
from app.catalog.snapshot import Snapshot
from app.danger.kinds import DangerKind
from app.danger.recognising import Recognised
from app.danger.snapshot import Dangers
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.topics import DISPATCH_TOPIC
from app.events.transition import record
from app.intake import queries
from app.intake.clocks import RUNS_WHILE
from app.intake.errors import AreaNeeded, DangerHeard, DangerNotRelayed, NoDanger, NotItsLine
from app.intake.models import Channel, RequestStatus
from app.intake.schemas import RequestIn
from app.intake.states import OPEN
from app.kit.db import Row, Tx

NO_DANGER: dict[str, None] = dict.fromkeys(("danger", "danger_lines", "danger_relayed_at", "danger_relayed_by"))
"""The danger columns of a request without a danger."""

SURE_OF_NOTES = 0.65
"""The confidence (0 to 1) from which a danger counts as heard in notes by staff and providers, which are not a caller's
words."""
_OF_ITEM = (DangerKind.FIRE, DangerKind.OTHER_MEDICAL, DangerKind.CRIME)
"""The kinds preferred for an item that belongs to several, if neither the text nor the line decides."""


class DangerReport(NamedTuple):
    """The danger that a new request reports. With `heard`, only the text or the item says so. `dismissed` are the
    kinds that the text mentions and the operator dismissed."""

    danger: DangerKind | None = None
    heard: bool = False
    dismissed: tuple[DangerKind, ...] = ()


def assess_danger(body: RequestIn, item: Item, catalog: Snapshot, dangers: Dangers) -> DangerReport:
    """Return the danger of a new request: the one that the operator named, or else one that the text mentions or the
    item implies.

    On the phone the operator has to decide on every kind that the text mentions before the request is answered or
    dispatched. Raises DangerHeard if they have not.
    """
    heard = tuple(one.kind for one in dangers.recognise(all_text(body)))
    if body.danger:
        if body.dispatch and not body.danger_dismissed:
            lines = [body.relay.to] if body.relay else []
            refuse_undecided([kind for kind in heard if kind != body.danger], lines, dangers)
        dismissed = tuple(kind for kind in heard if kind != body.danger) if body.danger_dismissed else ()
        return DangerReport(body.danger, dismissed=dismissed)
    if body.danger_dismissed:
        return DangerReport(dismissed=heard)
    if heard:
        if body.answer or (body.dispatch and body.channel == Channel.PHONE):
            raise danger_heard(heard[0], dangers)
        return DangerReport(heard[0], heard=True)
    kind = danger_of_item(item, body.relay.to if body.relay else None, catalog, dangers)
    if kind and body.answer:
        raise danger_heard(kind, dangers)
    return DangerReport(kind, heard=kind is not None)


def danger_of_item(item: Item, line: str | None, catalog: Snapshot, dangers: Dangers) -> DangerKind | None:
    """Return the danger that an item of the highest urgency implies, or None.

    If there are several, prefer one that the line handles.
    """
    if item.urgency != catalog.most_urgent.code:
        return None
    kinds = sorted(dangers.of_item(item.code), key=lambda kind: kind not in _OF_ITEM)
    return next((kind for kind in kinds if line and dangers.takes(kind, line)), next(iter(kinds), None))


def all_text(body: RequestIn) -> str:
    """Return everything that was said in the request, as one text."""
    said = [body.asked.words] if body.asked else []
    return "\n".join([*said, body.description, *(one.answer for one in body.details)])


def danger_heard(kind: DangerKind, dangers: Dangers) -> DangerHeard:
    """Return the error that asks the operator to decide on the danger."""
    guide = dangers.guides[kind]
    return DangerHeard(danger=kind, danger_zh=guide.zh, danger_en=guide.en)


def refuse_undecided(kinds: Iterable[DangerKind], lines: Iterable[str], dangers: Dangers) -> None:
    """Raise DangerHeard for the first kind that none of the lines handles."""
    for kind in kinds:
        if not any(dangers.takes(kind, line) for line in lines):
            raise danger_heard(kind, dangers)


async def check_decided(tx: Tx, request: Row, dangers: Dangers) -> None:
    """Raise DangerHeard if a request with a danger has another one that is still undecided.

    A danger is undecided if the text mentions it or an event raised it, nobody dismissed or withdrew it, and no line
    took it. Call this before the request is dispatched.
    """
    if request["danger"]:
        kinds, lines = await _undecided(tx, request, dangers.recognise(request["description"]))
        refuse_undecided(kinds, lines, dangers)


async def find_open_danger(tx: Tx, request: Row, dangers: Dangers) -> DangerKind | None:
    """Return the first danger raised before the present one that was not withdrawn and that no line has, or None."""
    kinds, lines = await _undecided(tx, request, ())
    return find_new_danger({"danger": None, "danger_lines": lines}, kinds, dangers)


async def _undecided(tx: Tx, request: Row, heard: Iterable[Recognised]) -> tuple[list[DangerKind], list[str]]:
    """Return two lists: the kinds heard or raised, except the present one and those dismissed or withdrawn; and all
    lines that a danger was relayed to."""
    told = {one.kind: True for one in heard}
    lines = list(request["danger_lines"] or ())
    for event in await queries.list_events(tx, request["id"]):
        match event.kind:
            case EventKind.REQUEST_DANGER_RAISED:
                told[DangerKind(event.data["danger"])] = True
            case EventKind.REQUEST_DANGER_WITHDRAWN:
                told[DangerKind(event.data["danger"])] = False
            case EventKind.REQUEST_DANGER_DISMISSED:
                told |= {DangerKind(kind): False for kind in event.data["heard"]}
            case EventKind.REQUEST_DANGER_RELAYED:
                lines.append(event.data["line"])
    return [kind for kind, open_ in told.items() if open_ and kind != request["danger"]], lines


class Known(NamedTuple):
    """The items and dangers that a process has loaded."""

    catalog: Snapshot
    dangers: Dangers


def danger_facts(act: Act, request: Mapping[str, Any] | Row, kind: DangerKind, catalog: Snapshot) -> dict[str, Any]:
    """Return the columns of a request on which a danger is raised: the highest urgency, and no deadline later than if
    it were dispatched now."""
    most = catalog.most_urgent
    facts: dict[str, Any] = {**NO_DANGER, "danger": kind, "danger_dismissed_by": None, "alarm_at": act.now}
    facts |= {"urgency": most.code, "urgency_rank": most.rank}
    dues = deadlines(catalog.allowance(most.code), act.now, None, act.zone)._asdict()
    state = request["held_from"] or request["status"]
    for clock, states in RUNS_WHILE.items():
        due, before = dues.get(f"{clock}_by"), request[f"{clock}_by"]
        if due and before and state in states:
            facts[f"{clock}_by"] = min(due, before)
    return facts


async def raise_danger_from_note(act: Act, tx: Tx, request_id: UUID, text: str | None, about: Known) -> None:
    """Raise a danger that is mentioned in a note on a return, failure or hold. No provider is asked until it is
    relayed."""
    heard = [one.kind for one in about.dangers.recognise(text or "") if one.confidence >= SURE_OF_NOTES]
    request = await queries.lock_request(tx, request_id) if heard else None
    told = find_new_danger(request, heard, about.dangers) if request else None
    if request and told and request["status"] in OPEN | {RequestStatus.ON_HOLD}:
        await queries.set_danger(tx, request_id, danger_facts(act, request, told, about.catalog))
        data = {"danger": told, "heard": True}
        await record(act, tx, EventKind.REQUEST_DANGER_RAISED, request_id=request_id, data=data)


def find_new_danger(
    request: Mapping[str, Any] | Row, heard: Iterable[DangerKind], dangers: Dangers
) -> DangerKind | None:
    """Return the first kind heard that is not the request's danger and that none of its lines handles, or None."""
    lines = request["danger_lines"] or ()
    for kind in heard:
        if kind != request["danger"] and not any(dangers.takes(kind, line) for line in lines):
            return kind
    return None


def has_unrelayed_danger(request: Mapping[str, Any] | Row) -> bool:
    """Return whether the request reports a danger that has not been relayed to an emergency line yet."""
    return request["danger"] is not None and request["danger_relayed_at"] is None


def check_relayed(request: Mapping[str, Any] | Row) -> None:
    """Raise DangerNotRelayed if the request reports a danger that has not been relayed to an emergency line."""
    if has_unrelayed_danger(request):
        raise DangerNotRelayed


def check_may_go_out(request: Mapping[str, Any] | Row) -> None:
    """Raise DangerNotRelayed or AreaNeeded if the request may not be offered to providers. Every path to providers
    checks this."""
    check_relayed(request)
    if request["township_code"] is None:
        raise AreaNeeded


def check_line(kind: DangerKind, line: str, dangers: Dangers) -> None:
    """Raise NotItsLine if the line does not handle this kind of danger."""
    if not dangers.takes(kind, line):
        lines = [each.number or each.zh for each in dangers.guides[kind].lines]
        raise NotItsLine(line=line, lines=lines)


def relay_facts(act: Act, line: str) -> dict[str, Any]:
    """Return the columns that record the first line to take the danger."""
    return {"danger_lines": [line], "danger_relayed_at": act.now, "danger_relayed_by": act.actor.id}


async def note_danger_report(act: Act, tx: Tx, request_id: UUID, told: DangerReport, facts: Mapping[str, Any]) -> None:
    """Record on a new request which danger it reports, which were dismissed, and which lines have it."""
    await queries.set_danger(tx, request_id, facts)
    if told.dismissed:
        heard = {"heard": list(told.dismissed)}
        await record(act, tx, EventKind.REQUEST_DANGER_DISMISSED, request_id=request_id, data=heard)
    if told.danger is None:
        return
    data = {"danger": told.danger, "heard": told.heard}
    await record(act, tx, EventKind.REQUEST_DANGER_RAISED, request_id=request_id, data=data)
    for line in facts["danger_lines"] or ():
        await _record_relay(act, tx, request_id, line, None)


async def note_relay(act: Act, tx: Tx, request: Row, line: str, outside_number: str | None, dangers: Dangers) -> None:
    """Record that another emergency line has the danger of a locked request. Repeating it changes nothing.

    After the first line the request may be offered. If a dispatching request mentions another danger that no line has,
    that one becomes its danger next.
    """
    lines = request["danger_lines"] or []
    if line in lines:
        return
    facts = relay_facts(act, line) if not lines else {"danger_lines": [*lines, line]}
    await _record_relay(act, tx, request["id"], line, outside_number)
    if not lines and request["status"] == RequestStatus.DISPATCHING:
        kinds, told = await _undecided(tx, request, dangers.recognise(request["description"]))
        after = find_new_danger({"danger": request["danger"], "danger_lines": [*told, line]}, kinds, dangers)
        facts = {**NO_DANGER, "danger": after} if after else facts | {"match_at": act.now}
        if after:
            data = {"danger": after, "heard": True}
            await record(act, tx, EventKind.REQUEST_DANGER_RAISED, request_id=request["id"], data=data)
        tx.publish(DISPATCH_TOPIC)
    await queries.set_danger(tx, request["id"], facts)


async def _record_relay(act: Act, tx: Tx, request_id: UUID, line: str, outside_number: str | None) -> None:
    data = {"line": line, "outside_number": outside_number}
    await record(act, tx, EventKind.REQUEST_DANGER_RELAYED, request_id=request_id, data=data)


def get_danger(request: Mapping[str, Any] | Row) -> DangerKind:
    """Return the danger that the request reports. Raises NoDanger."""
    if request["danger"] is None:
        raise NoDanger
    return DangerKind(request["danger"])
