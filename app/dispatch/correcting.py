"""Corrects a request that was recorded wrongly.

Records the correction, notifies the provider that works on the request, and matches it again if the provider is
affected.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.auth.errors import NotAllowed
from app.auth.models import Role
from app.auth.queries import add_audit
from app.catalog.calendar import Allowance, Window, add_minutes, deadlines, default_window
from app.catalog.gazetteer import Known
from app.catalog.models import ArriveRule, Kind, Tier
from app.catalog.snapshot import Snapshot
from app.danger.kinds import DangerKind
from app.danger.snapshot import Dangers
from app.dispatch import queries
from app.dispatch.actions import reassign_job, send_out
from app.dispatch.errors import WorkBegun
from app.dispatch.matchmaking import make_offers, note_tier, when_to_ask
from app.dispatch.merging import take_over
from app.dispatch.raising_danger import raise_danger
from app.dispatch.schemas import Correction
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.topics import DISPATCH_TOPIC, provider_topic
from app.events.transition import StatusConflict, record
from app.intake.actions import get_locked
from app.intake.citizens import get_or_add
from app.intake.clocks import Clock, after_pauses, pauses_of
from app.intake.danger import NO_DANGER, danger_of_item, find_new_danger, find_open_danger, has_unrelayed_danger
from app.intake.entitlement import Claimant
from app.intake.models import Citizen, RequestStatus, UnmatchedReason
from app.intake.queries import add_remark, list_memberships
from app.intake.schemas import DangerWithdrawalIn, Person
from app.intake.states import OPEN
from app.intake.taking import UNSEARCHED, check_dispatchable, check_quantity, details_of, settle_tiers, window_of
from app.intake.views import show
from app.jobs.acting import TERMS, measured
from app.jobs.models import ExtensionStatus, Job, JobStatus, OfferedBy
from app.jobs.offer_actions import close_pending_offer
from app.jobs.queries import correct_bill, find_extension_of, lock_job, lock_offer, note_contact
from app.kit.db import Row, Tx
from app.kit.errors import VersionRequired
from app.kit.etags import check_version
from app.kit.personal import hide, mask_name, mask_phone, mask_text
from app.matching.actions import match
from app.matching.wanted import Wanted
from app.registry.notices import send_notice

WORK = {"item_code", "tier", "township_code", "community_code", "wanted_from", "wanted_to", "quantity"}
"""The columns that describe the work. They cannot change once the work is over. If one other than `quantity` changes,
other providers may fit."""
CONTACT = {
    "contact_name", "contact_phone", "citizen_id", "priority_group", "caller_id", "helped_name", "callback_name",
    "callback_phone", "unannounced",
}  # fmt: skip
"""The columns that say whom to reach. A change of these alone does not entitle a provider to return the job free."""
STILL_FITS = {
    UnmatchedReason.FULL, UnmatchedReason.UNREACHABLE, UnmatchedReason.BARRED, UnmatchedReason.TOO_FAR,
    UnmatchedReason.NOT_ON_LADDER,
}  # fmt: skip
"""Matching refuses a provider for these reasons, but one that already has the work keeps it."""
OF_THE_CENTRE = {"helped_name", "callback_name", "callback_phone"}
"""The columns whose changes are not reported to the provider."""
MASKS: dict[str, Callable[[str], str | None]] = {
    "contact_phone": mask_phone, "contact_name": mask_name, "address": mask_text,
    "helped_name": mask_name, "callback_name": mask_name, "callback_phone": mask_phone,
    "description": hide, "details": hide,
}  # fmt: skip
"""How the audit log masks personal data."""
WORDS = {
    "item_code": ("服务项目", "item"), "township_code": ("地点", "place"), "community_code": ("地点", "place"),
    "address": ("地址", "address"), "description": ("求助内容", "description"), "details": ("问答", "answers"),
    "contact_name": ("联系人", "contact"), "contact_phone": ("电话", "phone number"),
    "helped_name": ("求助人", "person helped"), "unannounced": ("直接上门", "coming without a call"),
    "callback_name": ("回访对象", "person to call back"), "callback_phone": ("回访电话", "number to call back"),
    "wanted_from": ("上门时间", "wanted time"), "wanted_to": ("上门时间", "wanted time"),
    "quantity": ("数量", "quantity"), "tier": ("档次", "tier"),
}  # fmt: skip
"""What a changed column is called in the notice to the provider, in Chinese and English."""


async def correct_request(
    act: Act, tx: Tx, request_id: UUID, body: Correction, if_match: str | None, catalog: Snapshot, dangers: Dangers
) -> Row:
    """Correct what the body names. A value that is already stored changes nothing.

    A danger that the new text mentions is raised, even if one in the former text was dismissed or withdrawn. If the
    request already reports a danger, another one is raised only if the former text did not mention it.

    Operators may correct a request until a provider has accepted the work, supervisors also afterwards. Raises
    NotFound, NotAllowed, VersionRequired, VersionStale, StatusConflict (the work is over), WorkBegun, UnknownItem,
    UnknownArea, TierNotAllowed, NotEntitled, NotDispatchable, RelayFirst, WindowInvalid, QuantityNotCounted,
    UnknownAsk.
    """
    request = await get_locked(tx, request_id)
    if request["assigned_at"] and Role.SUPERVISOR not in act.roles:
        raise NotAllowed(roles=[Role.SUPERVISOR])
    if if_match is None:
        raise VersionRequired
    values = await _values(act, tx, request, body, catalog)
    changes = {name: value for name, value in values.items() if value != request[name]}
    if not changes:
        return request
    check_version(if_match, request["version"])
    if changes.keys() & WORK and request["status"] not in OPEN | {RequestStatus.ON_HOLD, RequestStatus.MERGED}:
        raise StatusConflict(subject="request", state=RequestStatus(request["status"]), expected="open")
    due = _clocks(act, request, changes, catalog)
    changes |= due | await _extended(tx, request, changes, due)
    if changes.keys() & (WORK - {"quantity"}):
        changes |= {"corrected_at": act.now}
    await note_tier(act, tx, request, changes.get("tier", request["tier"]))
    await queries.edit_request(tx, request_id, changes | {"version": request["version"] + 1})
    remark_id = await add_remark(act, tx, request["id"], body.reason)
    await _put_on_record(act, tx, request, changes, remark_id)
    if changes.keys() & {"item_code", "citizen_id"}:
        await take_over(act, tx, request_id, await queries.list_children(tx, request_id), catalog)
    await _follow(act, tx, await get_locked(tx, request_id), changes, remark_id, catalog)
    danger = _new_danger(request, changes, catalog, dangers)
    if danger and request["status"] in OPEN | {RequestStatus.ON_HOLD}:
        await raise_danger(act, tx, request_id, danger, catalog, heard=True)
    return await get_locked(tx, request_id)


def _new_danger(request: Row, changes: Mapping[str, Any], catalog: Snapshot, dangers: Dangers) -> DangerKind | None:
    """Return the danger that the new text mentions or that the new item is in itself, or None."""
    if changes.keys() & {"description", "details"}:
        answers = [one["answer"] for one in changes.get("details") or ()]
        heard = [one.kind for one in dangers.recognise("\n".join([changes.get("description", ""), *answers]))]
        before = [one.kind for one in dangers.recognise(request["description"])] if heard and request["danger"] else ()
        danger = find_new_danger(request, [kind for kind in heard if kind not in before], dangers)
        if danger:
            return danger
    if "item_code" in changes and not request["danger"] and not request["danger_dismissed_by"]:
        return danger_of_item(catalog.item(changes["item_code"]), None, catalog, dangers)
    return None


async def withdraw_danger(
    act: Act, tx: Tx, request_id: UUID, body: DangerWithdrawalIn, catalog: Snapshot, dangers: Dangers
) -> Row:
    """Withdraw the request's danger, so that it has its item's urgency and deadlines again and may be offered.

    An earlier danger that was neither withdrawn nor relayed becomes the request's danger again. If `kind` is not the
    present danger, only that kind is recorded as withdrawn. The audit log records who withdrew it and why.

    A repeated call changes nothing. Raises NotFound.
    """
    request = await get_locked(tx, request_id)
    if request["danger"] is None:
        return request
    if body.kind and body.kind != request["danger"]:
        await _note_withdrawn(act, tx, request_id, body.kind, body.reason)
        return request
    item = catalog.item(request["item_code"])
    facts: dict[str, Any] = {**NO_DANGER, "danger_dismissed_by": act.who}
    urgency = {"urgency": item.urgency, "urgency_rank": catalog.urgencies[item.urgency].rank}
    if request["status"] in OPEN | {RequestStatus.ON_HOLD} and item.urgency != request["urgency"]:
        facts |= urgency | _clocks(act, request, urgency, catalog)
    await queries.edit_request(tx, request_id, facts)
    await take_over(act, tx, request_id, await queries.list_children(tx, request_id), catalog)
    await _note_withdrawn(act, tx, request_id, request["danger"], body.reason)
    before = await find_open_danger(tx, request, dangers)
    if before and request["status"] in OPEN | {RequestStatus.ON_HOLD}:
        return await raise_danger(act, tx, request_id, before, catalog, heard=True)
    if has_unrelayed_danger(request):
        await queries.postpone_matching(tx, request_id, act.now)
        tx.publish(DISPATCH_TOPIC)
    return await get_locked(tx, request_id)


async def _note_withdrawn(act: Act, tx: Tx, request_id: UUID, danger: str, reason: str) -> None:
    facts = {"danger": danger, "remark_id": await add_remark(act, tx, request_id, reason)}
    await record(act, tx, EventKind.REQUEST_DANGER_WITHDRAWN, request_id=request_id, data=facts)
    await add_audit(act, tx, "request.danger_withdrawn", f"request:{request_id}", **facts)


async def _values(act: Act, tx: Tx, request: Row, body: Correction, catalog: Snapshot) -> dict[str, Any]:
    """Return the new values of the columns that the body corrects."""
    said = body.model_dump(exclude_unset=True)
    values: dict[str, Any] = {
        name: said[name] for name in ("description", "contact_name", "address", "quantity") if name in said
    }
    item = catalog.item(body.item or request["item_code"])
    if item.code != request["item_code"]:
        values |= {
            "item_code": item.code,
            "category_code": item.category_code,
            "kind": item.kind,
        }
        if request["danger"] is None:
            values |= {"urgency": item.urgency, "urgency_rank": catalog.urgencies[item.urgency].rank}
        if (request["held_from"] or request["status"]) in OPEN - {RequestStatus.RECEIVED, RequestStatus.RELAYED}:
            check_dispatchable(item, relayed=request["relay_to"] is not None)
    if body.details is not None:
        found = details_of(item, body.details)
        if found != [one.model_dump() for one in show(request).details]:
            values["details"] = found or None
    if said.keys() & {"item", "quantity"}:
        check_quantity(item.code, item.unit, body.quantity or request["quantity"])
    before = request["community_code"] or request["township_code"]
    area = body.area or (before if body.address else None)
    location = catalog.locate(area, None, values.get("address", request["address"]))
    if location:
        spot = location.spot
        code = spot.community.code if spot.community else None
        values |= {"community_code": code, "township_code": spot.township.code}
        if area != before or spot.point_of is Known.PLACE:
            values |= {"lat": spot.lat, "lon": spot.lon}
    if said.keys() & {"wanted_from", "wanted_to"}:
        wanted = {name: said.get(name, request[name]) for name in ("wanted_from", "wanted_to")}
        changed = any(request[name] != moment for name, moment in wanted.items())
        window = window_of(wanted["wanted_from"], wanted["wanted_to"], act.now) if changed else None
        values |= {"wanted_from": window.start, "wanted_to": window.end} if window else wanted
    values |= _people(request, body)
    citizen = await _citizen(tx, request, body, act.now)
    if citizen:
        day = request["received_at"].astimezone(act.zone).date()
        groups = {row.group_code for row in await list_memberships(tx, citizen.id, day)}
        first = min(groups, key=lambda code: catalog.groups[code].position, default=None)
        values |= {"citizen_id": citizen.id, "priority_group": first}
        if body.helped and request["caller_id"] is None and request["citizen_id"] != citizen.id:
            values["caller_id"] = request["citizen_id"]
    tiers = {"tier", "tier_fallback"} & said.keys()
    if tiers or "item_code" in values or (citizen and request["assigned_at"] is None):
        who = await Claimant.of(tx, dict(request) | values, act.zone)
        usual = request["tier_asked"] == catalog.item(request["item_code"]).tiers[0]
        kept = None if usual or request["tier_asked"] not in item.tiers else request["tier_asked"]
        asked = catalog.tier(item, body.tier or (Tier(kept) if kept else None))
        fallback = said.get("tier_fallback", request["tier_fallback"])
        if request["status"] in OPEN | {RequestStatus.ON_HOLD, RequestStatus.MERGED}:
            values |= await settle_tiers(tx, item, asked, fallback, who, catalog)
    return values


def _people(request: Row, body: Correction) -> dict[str, Any]:
    """Return whom the provider calls, whom the centre calls back, and the name of the person helped."""
    values: dict[str, Any] = {}
    if body.phone:
        values |= {"contact_phone": body.phone, "unannounced": False}
    if body.unannounced is not None:
        values["unannounced"] = body.unannounced and (body.phone or request["contact_phone"]) is None
    if body.helped and "name" in body.helped.model_fields_set:
        values["helped_name"] = body.helped.name
    if "callback" in body.model_fields_set:
        callback = body.callback or Person()
        values |= {"callback_name": callback.phone and callback.name, "callback_phone": callback.phone}
    return values


async def _citizen(tx: Tx, request: Row, body: Correction, now: datetime) -> Citizen | None:
    """Return the citizen whom the correction names as the person helped, by number, or by a new contact phone;
    otherwise None. If somebody called for them, a new contact phone does not identify them."""
    person = body.helped or Person()
    if not body.helped and body.phone != request["contact_phone"] and request["caller_id"] is None:
        person = Person(phone=body.phone)
    return await get_or_add(tx, person.phone, now, person.name) if person.phone else None


def _clocks(act: Act, request: Row, changes: Mapping[str, Any], catalog: Snapshot) -> dict[str, Any]:
    """Return the deadlines that follow from the corrected urgency and wanted time, counted from the same start and
    leaving out pauses."""
    if not changes.keys() & {"urgency", "kind", "wanted_from", "wanted_to"}:
        return {}
    after = dict(request) | dict(changes)
    allowance, zone = catalog.allowance(after["urgency"]), act.zone
    start = request["dispatched_at"]
    if start is None:
        start = request["received_at"]
        by = add_minutes(allowance.calendar, start, allowance.complete_minutes or 0, zone, allowance.days)
        by = after_pauses(Clock.ANSWER, start, by, after, allowance, zone)
        return {"answer_by": by if after["kind"] == Kind.INFO else None, "alarm_at": start}
    window = Window(after["wanted_from"], after["wanted_to"]) if after["wanted_from"] else None
    if window is None and allowance.arrive_rule is ArriveRule.APPOINTMENT:
        window = default_window(max([start, *(pause.end for pause in pauses_of(after))]), zone)
    due: dict[str, Any] = _dues(after, start, window, allowance, zone)
    if request["round_from"]:
        next_provider = _dues(after, request["round_from"], window, allowance, zone)
        due |= {f"round_{name}": next_provider[name] for name in ("arrive_by", "complete_by")}
    if request["original_complete_by"]:
        due |= {"original_complete_by": due.get("round_complete_by", due["complete_by"])}
    wanted = {"wanted_from": window.start, "wanted_to": window.end} if window else {}
    return due | wanted | {"alarm_at": start}


async def _extended(tx: Tx, request: Row, changes: Mapping[str, Any], due: Mapping[str, Any]) -> dict[str, datetime]:
    """If an extension was granted and the work did not become more urgent, return for each extended deadline the later
    of it and the new one."""
    job = await queries.find_live_job(tx, request["id"]) if "complete_by" in due else None
    extension = await find_extension_of(tx, job.id) if job else None
    more_urgent = changes.get("urgency_rank", request["urgency_rank"]) < request["urgency_rank"]
    if extension is None or extension.status != ExtensionStatus.GRANTED or more_urgent:
        return {}
    names = ["complete_by", "round_complete_by"]
    names += ["arrive_by", "round_arrive_by"] if request["started_at"] is None else []
    return {name: max(due[name], request[name]) for name in names if due.get(name) and request[name]}


def _dues(
    request: Mapping[str, Any], start: datetime, window: Window | None, allowance: Allowance, zone: ZoneInfo
) -> dict[str, datetime]:
    """Return the deadlines of a round that began at `start`. Pauses move them, except for an agreed appointment."""
    dues = deadlines(allowance, start, window, zone)._asdict()
    booked = allowance.arrive_rule is ArriveRule.APPOINTMENT
    return {
        f"{clock}_by": due
        if booked and clock is not Clock.ACCEPT
        else after_pauses(clock, start, due, request, allowance, zone)
        for clock in (Clock.ACCEPT, Clock.ARRIVE, Clock.COMPLETE)
        if (due := dues[f"{clock}_by"])
    }


async def _put_on_record(act: Act, tx: Tx, request: Row, changes: Mapping[str, Any], remark_id: UUID) -> None:
    """Record each old and new value in the audit log, with personal data masked. The event of the correction names only
    the columns."""
    named = [name for name in changes if name in WORDS]
    masked = {
        name: [MASKS[name](value) if name in MASKS and value else value for value in (request[name], changes[name])]
        for name in named
    }
    await add_audit(
        act, tx, EventKind.REQUEST_CORRECTED, f"request:{request['id']}", remark_id=remark_id, changes=masked
    )


async def _follow(
    act: Act, tx: Tx, request: Row, changes: Mapping[str, Any], remark_id: UUID, catalog: Snapshot
) -> None:
    """Log the correction, tell the provider that has the job, and match the request again if the correction affects who
    can do the work."""
    served = request["parent_id"] or request["id"]
    named = sorted(name for name in changes if name in WORDS)
    matters = bool(changes.keys() & (WORK - {"quantity"})) or "citizen_id" in changes
    job = await queries.find_live_job(tx, served)
    provider = job.provider_id if job else None
    await record(
        act,
        tx,
        EventKind.REQUEST_CORRECTED,
        request_id=served,
        provider_id=provider,
        data={"fields": named, "about_number": request["number"], "remark_id": remark_id},
    )
    if job:
        await note_contact(tx, served, act.now)
        if changes.keys() - CONTACT and served == request["id"]:
            await queries.note_corrected(tx, job.id, act.now)
        if told := [name for name in named if name not in OF_THE_CENTRE]:
            await _notify_provider(act, tx, job, request, told)
        if "quantity" in changes and served == request["id"]:
            await _measure(act, tx, job, request)
    if served != request["id"]:
        return
    if job and matters:
        await _keep_or_send_on(act, tx, job, request, changes, catalog)
    elif request["status"] == RequestStatus.DISPATCHING:
        await _ask_anew(act, tx, request, matters=matters)
    elif request["status"] == RequestStatus.UNMATCHED and matters and not _stays(request):
        await send_out(act, tx, request, catalog)
        tx.publish(DISPATCH_TOPIC)


async def _measure(act: Act, tx: Tx, job: Job, request: Row) -> None:
    """Give the job the request's quantity, and adjust its cap and agreed sum."""
    locked = await lock_job(tx, job.id)
    assert locked is not None, "it is the request's live job"
    terms = measured(locked, request["quantity"])
    await correct_bill(tx, job.id, {name: terms[name] for name in TERMS})


def _stays(request: Row) -> bool:
    """Return whether the request has to be arbitrated, or reports a danger that has not been relayed."""
    return has_unrelayed_danger(request) or request["unmatched_reason"] in (
        UnmatchedReason.RETURNED,
        UnmatchedReason.FAILED,
    )


async def _notify_provider(act: Act, tx: Tx, job: Job, request: Row, named: list[str]) -> None:
    zh = "、".join(dict.fromkeys(WORDS[name][0] for name in named))
    en = ", ".join(dict.fromkeys(WORDS[name][1] for name in named))
    words = {
        "zh": f"请求 {request['number']} 的登记信息已更正：{zh}。请重新查看；如因此不能承接，可以退回，不计退单。",
        "en": f"Request {request['number']} was corrected: {en}. Please read it again. If you can no longer do it, you "
        "may return it, and the return does not count.",
    }
    await send_notice(act, tx, job.provider_id, "request_corrected", f"{request['id']} {request['version']}", words)
    tx.publish(provider_topic(job.provider_id))


async def _ask_anew(act: Act, tx: Tx, request: Row, *, matters: bool) -> None:
    """Update the providers' queues. If other providers may fit now, withdraw the offers and match the request from the
    start."""
    offers = await queries.list_pending(tx, request["id"])
    for offer_id, provider_id in offers:
        offer = await lock_offer(tx, offer_id)
        if matters and offer:
            await close_pending_offer(act.of_itself, tx, offer, "withdraw", reason="corrected", remark_id=None)
        tx.publish(provider_topic(provider_id))
    if matters:
        waits = {} if request["deferred_until"] else {**UNSEARCHED, "match_at": act.now}
        await queries.edit_request(tx, request["id"], waits or {"match_at": request["match_at"]})
        tx.publish(DISPATCH_TOPIC)


async def _keep_or_send_on(
    act: Act, tx: Tx, job: Job, request: Row, changes: Mapping[str, Any], catalog: Snapshot
) -> None:
    """Leave the job to its provider if it can still do it at the agreed price. Otherwise reassign an unstarted job and
    ask the same provider first. Raises WorkBegun."""
    other_work = bool(changes.keys() & {"item_code", "tier"})
    if other_work and job.status == JobStatus.STARTED:
        raise WorkBegun
    wanted = Wanted.by(request, catalog.item(request["item_code"]), Tier(request["tier"]))
    wanted = replace(wanted, picked_provider_id=job.provider_id)
    matching = await match(act, tx, wanted)
    able = [ranked for ranked in matching.survivors if ranked.candidate.provider_id == job.provider_id]
    fits = able or any(
        candidate.provider_id == job.provider_id and reason in STILL_FITS for candidate, reason in matching.rejected
    )
    if job.status == JobStatus.STARTED or (fits and not other_work):
        if changes.keys() & {"wanted_from", "wanted_to"} and job.status == JobStatus.ACCEPTED:
            await queries.move_appointment(tx, job.id, request["wanted_from"], request["wanted_to"])
        return
    await reassign_job(act, tx, job.id)
    if able and not has_unrelayed_danger(request):
        out = await get_locked(tx, request["id"])
        asked = when_to_ask(act, matching, able, out)
        await make_offers(act, tx, out, asked, matching, catalog, by=OfferedBy.OPERATOR)
