"""Merges requests about the same problem, so that one is handled for all of them. If that one is cancelled, one of the
others takes its place.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.catalog.models import Kind
from app.catalog.snapshot import Snapshot
from app.danger.kinds import DangerKind
from app.dispatch import queries
from app.dispatch.actions import send_out
from app.dispatch.errors import (
    MergeIntoItself,
    MergeOfOtherKind,
    MergeTargetOver,
    MergeTheOtherWay,
    NotUndoable,
    UndoOver,
)
from app.dispatch.raising_danger import raise_danger
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.topics import DISPATCH_TOPIC, provider_topic
from app.events.transition import record
from app.intake.actions import get_locked, separate_request
from app.intake.clocks import RUNS_WHILE
from app.intake.danger import NO_DANGER, check_may_go_out, check_relayed, has_unrelayed_danger
from app.intake.errors import AreaNeeded, DangerNotRelayed, NobodyToCall, NotDispatchable, NotEntitled, RelayFirst
from app.intake.models import Request, RequestStatus
from app.intake.people import check_callable
from app.intake.queries import lock_family
from app.intake.states import OPEN, REQUESTS
from app.intake.taking import check_dispatchable
from app.jobs import statements
from app.jobs.queries import note_contact
from app.kit.db import Row, Tx
from app.kit.errors import NotFound
from app.registry.notices import send_notice
from app.registry.schemas import Notice

STAGES = (RequestStatus.ASSIGNED, RequestStatus.IN_PROGRESS)
"""The statuses in which a provider has accepted the work or is on site, in that order."""


async def cancel_request(act: Act, tx: Tx, request_id: UUID, reason: str, catalog: Snapshot) -> Row:
    """Cancel the request for the citizen: its offers are withdrawn and its job is cancelled.

    Of the requests merged into it, the oldest that may be dispatched takes its place and is dispatched. If none may be,
    or if it would cost its caller more than they agreed to, the oldest is left to a person. Repeating it changes
    nothing. Raises NotFound, StatusConflict, DangerNotRelayed.
    """
    family = await lock_family(tx, request_id)
    request = await get_locked(tx, request_id)
    if request["status"] == RequestStatus.CANCELLED:
        return request
    check_relayed(request)
    row = await tx.row(statements.CANCEL, **act.parameters(), request_id=request_id, reason=reason)
    if row is None:
        raise await REQUESTS.refusal(tx, "cancel", request_id)
    await _pass_on(act, tx, request, row, family, catalog)
    return row


async def undo_dispatch(act: Act, tx: Tx, request_id: UUID, catalog: Snapshot) -> Row:
    """Cancel a request that was just dispatched by mistake, so that no figure and no provider's record counts it.

    This is possible only within `undo_seconds` of receipt by the centre's clock. Providers that may have seen the
    request are told. Repeating it changes nothing. Raises NotFound, UndoOver, NotUndoable.
    """
    family = await lock_family(tx, request_id)
    request = await get_locked(tx, request_id)
    if request["undone"]:
        return request
    window = timedelta(seconds=act.settings.undo_seconds)
    if act.now - request["received_at"] > window or not window:
        raise UndoOver(seconds=round(window.total_seconds()))
    if not is_undoable(request):
        raise NotUndoable
    providers = await queries.list_asked(tx, request_id)
    await tx.row(statements.UNCOUNT, request_id=request_id, zone=act.zone.key)
    row = await tx.row(statements.UNDO, **act.parameters(), request_id=request_id)
    assert row is not None
    item = catalog.item(request["item_code"])
    for provider_id in providers:
        words = {"zh": _MISTAKE.zh.format(number=row["number"], item=item.zh)}
        words["en"] = _MISTAKE.en.format(number=row["number"], item=item.en)
        await send_notice(act, tx, provider_id, "request_undone", str(request_id), words)
    await _pass_on(act, tx, request, row, family, catalog)
    return row


_UNDOABLE = (RequestStatus.DISPATCHING, RequestStatus.UNMATCHED, RequestStatus.ASSIGNED)
_MISTAKE = Notice(
    zh="{number} 号{item}是中心误派，已撤回，请勿上门；不计入贵单位的任何记录。",
    en="Request {number} ({item}) was sent to you by mistake and has been withdrawn. Please do not go. It does not "
    "count on your record.",
)


def is_undoable(request: Row) -> bool:
    """Return whether the request was only dispatched: not relayed, without a danger, and not started by a provider."""
    out = request["status"] in _UNDOABLE and request["round"] == 1 and request["dispatched_at"] is not None
    return out and request["relay_to"] is None and request["danger"] is None


async def _pass_on(act: Act, tx: Tx, request: Row, row: Row, family: Sequence[Request], catalog: Snapshot) -> None:
    """Tell the providers that had the request, and let one of the requests merged into it take its place."""
    request_id = request["id"]
    _tell_providers(tx, row)
    children = [member for member in family if member.parent_id == request_id]
    if children:
        heir = min(children, key=lambda child: (not _may_go_out(child, catalog), child.received_at, child.id))
        separated = await separate_request(act, tx, heir.id)
        await queries.adopt_children(tx, request_id, heir.id)
        if request["dispatched_at"] and _may_go_out(heir, catalog) and not any(map(_waits_for_relay, children)):
            with suppress(NotEntitled):
                await send_out(act, tx, separated, catalog)
        others = [child for child in children if child is not heir]
        await take_over(act, tx, heir.id, others, catalog)
        await _take_over_danger(act, tx, heir, others, catalog)


def _may_go_out(request: Request, catalog: Snapshot) -> bool:
    try:
        check_dispatchable(catalog.item(request.item_code), relayed=request.relay_to is not None)
        check_callable(request.contact_phone, unannounced=request.unannounced)
        check_may_go_out(_values(request))
    except (NotDispatchable, RelayFirst, NobodyToCall, DangerNotRelayed, AreaNeeded):
        return False
    return True


def _waits_for_relay(request: Request) -> bool:
    return has_unrelayed_danger(_values(request))


async def merge_request(act: Act, tx: Tx, request_id: UUID, parent_id: UUID, catalog: Snapshot) -> Row:
    """Merge the request into another about the same problem. Its caller keeps the number and is called back too.

    The other request takes over the higher urgency, the priority group and the earlier deadlines. It takes over the
    contact if it has none, and it is dispatched if this one was.

    Raises NotFound, MergeIntoItself, MergeOfOtherKind, MergeTargetOver, MergeTheOtherWay, StatusConflict.
    """
    if request_id == parent_id:
        raise MergeIntoItself
    family = await lock_family(tx, request_id, parent_id)
    found = {request.id: request for request in family}
    for key in (request_id, parent_id):
        if key not in found:
            raise NotFound(what="request", key=str(key))
    child, parent = found[request_id], found[parent_id]
    if child.parent_id == parent_id:
        return await get_locked(tx, request_id)
    if parent.status not in OPEN | {RequestStatus.ON_HOLD}:
        raise MergeTargetOver(state=RequestStatus(parent.status))
    if child.kind != parent.kind:
        raise MergeOfOtherKind(kind=Kind(child.kind), parent_kind=Kind(parent.kind))
    if _stage(child) > _stage(parent):
        raise MergeTheOtherWay(number=child.number, parent=parent.number)
    joined = [child, *(member for member in family if member.parent_id == request_id)]
    row = await tx.row(statements.MERGE, **act.parameters(), request_id=request_id, parent_id=parent_id)
    if row is None:
        raise await REQUESTS.refusal(tx, "merge", request_id)
    await queries.adopt_children(tx, request_id, parent_id)
    _tell_providers(tx, row)
    if child.contact_phone and parent.contact_phone is None and not parent.unannounced:
        lent = {"contact_name": child.contact_name, "contact_phone": child.contact_phone}
        await queries.edit_request(tx, parent_id, lent)
        await tx.session.refresh(parent)
    waits = parent.status in (RequestStatus.RECEIVED, RequestStatus.RELAYED)
    if child.dispatched_at and waits and _may_go_out(parent, catalog) and not any(map(_waits_for_relay, joined)):
        with suppress(NotEntitled):
            await send_out(act, tx, await get_locked(tx, parent_id), catalog)
    changed = await take_over(act, tx, parent_id, joined, catalog)
    await _take_over_danger(act, tx, parent, joined, catalog)
    provider = await note_contact(tx, parent_id, act.now)
    if provider:
        tx.publish(provider_topic(provider))
    data = {"joined_id": request_id, "joined_number": child.number, "changed": sorted(changed)}
    await record(act, tx, EventKind.REQUEST_JOINED, request_id=parent_id, provider_id=provider, data=data)
    return row


def _stage(request: Request) -> int:
    """Return how far the work is: 0 not accepted, 1 accepted by a provider, 2 a provider is on site."""
    state = RequestStatus(request.held_from or request.status)
    return STAGES.index(state) + 1 if state in STAGES else 0


async def take_over(
    act: Act, tx: Tx, request_id: UUID, others: Sequence[Request], catalog: Snapshot
) -> Mapping[str, Any]:
    """Give the request the highest urgency, the first priority group and the earliest deadlines of itself and `others`.

    Return the columns that changed.
    """
    request = await get_locked(tx, request_id)
    family: list[Any] = [request, *(_values(other) for other in others)]
    urgency = min((each["urgency"] for each in family), key=lambda code: catalog.urgencies[code].rank)
    groups = {each["priority_group"] for each in family if each["priority_group"]}
    strictest: dict[str, Any] = {
        "urgency": urgency,
        "urgency_rank": catalog.urgencies[urgency].rank,
        "priority_group": min(groups, key=lambda code: catalog.groups[code].position, default=None),
    }
    state = request["held_from"] or request["status"]
    for clock, states in RUNS_WHILE.items():
        dues = [due for each in family if (due := each[f"{clock}_by"])]
        if state in states and dues:
            strictest[f"{clock}_by"] = min(dues)
    changed = {name: value for name, value in strictest.items() if value != request[name]}
    if changed:
        await queries.edit_request(tx, request_id, changed | {"alarm_at": act.now})
    return changed


async def _take_over_danger(act: Act, tx: Tx, request: Request, others: Sequence[Request], catalog: Snapshot) -> None:
    """Raise on the request a danger that one of the others reports, preferably one that has not been relayed yet."""
    told = min((one for one in others if one.danger), key=lambda one: not _waits_for_relay(one), default=None)
    if (
        told is None
        or told.danger is None
        or (request.danger and not _waits_for_relay(told))
        or _waits_for_relay(request)
    ):
        return
    await raise_danger(act, tx, request.id, DangerKind(told.danger), catalog)
    if told.danger_relayed_at:
        await queries.edit_request(tx, request.id, {name: _values(told)[name] for name in NO_DANGER})
        await queries.postpone_matching(tx, request.id, act.now)


def _values(request: Request) -> dict[str, Any]:
    return request.__dict__


def _tell_providers(tx: Tx, row: Row) -> None:
    tx.publish(DISPATCH_TOPIC, *(provider_topic(provider) for provider in row["provider_ids"] or ()))
