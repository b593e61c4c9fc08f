"""What the centre knows about a caller, and what it keeps about citizens."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy.dialects.postgresql import insert

from app.auth.models import RevealReason
from app.auth.queries import add_audit
from app.auth.reveals import note_reveal
from app.catalog.models import Item
from app.catalog.snapshot import Snapshot
from app.events.act import Act
from app.intake import queries
from app.intake.entitlement import Claimant, claimant, list_openings, needs_entitlement
from app.intake.errors import ConsentWithdrawn, MembershipOver
from app.intake.filters import CLOSED
from app.intake.models import Citizen, CitizenBar, CitizenGroup, Purpose, Request, same_person
from app.intake.schemas import (
    BarOut,
    CallerOut,
    CitizenEdit,
    CitizenIn,
    CitizenOut,
    ClaimOut,
    MembershipIn,
    MembershipOut,
    OpeningOut,
)
from app.intake.views import running_clocks, show
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.kit.personal import mask_phone
from app.kit.phones import without_extension
from app.registry.queries import find_provider

RECENT = 20
"""How many open and how many past requests a caller's card shows."""


async def show_found(act: Act, tx: Tx, citizen_id: UUID, catalog: Snapshot) -> CallerOut:
    """Return the card of a citizen who was found by something other than their number. Raises NotFound."""
    citizen = await get_citizen(tx, citizen_id)
    return await look_up_caller(act, tx, citizen.phone, catalog)


async def look_up_caller(act: Act, tx: Tx, phone: str, catalog: Snapshot) -> CallerOut:
    """Return the card of a caller: who they are, their open and past requests. An unknown number has an empty card.

    The reading is recorded in the audit log.
    """
    found = await queries.find_citizen(tx, phone)
    citizen = await queries.find_main(tx, found) if found else None
    await note_citizen(act, tx, phone, citizen, RevealReason.CALLER)
    if citizen is None:
        return CallerOut.model_validate(
            dict.fromkeys(CallerOut.model_fields)
            | {"phone": without_extension(phone), "clocks": {}}
            | {name: [] for name in _LISTS}
        )
    theirs = or_(Request.citizen_id == same_person(citizen.id), Request.caller_id == same_person(citizen.id))
    open_requests = await queries.list_requests(tx, [theirs, Request.status.not_in(CLOSED)], None, RECENT)
    past = await queries.list_requests(tx, [theirs, Request.status.in_(CLOSED)], None, RECENT)
    memberships = await queries.list_memberships(tx, citizen.id, act.today)
    bars = await queries.list_bars(tx, citizen.id)
    return CallerOut(
        phone=citizen.phone,
        other_numbers=list(await queries.list_other_numbers(tx, citizen)),
        citizen_id=citizen.id,
        name=citizen.name,
        community_code=citizen.community_code,
        address=citizen.address,
        note=citizen.note,
        groups=[
            MembershipOut(group_code=row.group_code, source=row.source, expires_on=row.expires_on)
            for row in memberships
        ],
        barred_provider_ids=[bar.provider_id for bar in bars],
        bars=[BarOut.model_validate(bar) for bar in bars],
        open_requests=[show(row) for row in open_requests],
        clocks={row.id: running_clocks(row, catalog, act.zone) for row in open_requests},
        past_requests=[show(row) for row in past],
        likely_duplicates=list(await queries.list_duplicates(tx, citizen.id, open_requests)),
    )


async def note_citizen(act: Act, tx: Tx, phone: str, citizen: Citizen | None, why: RevealReason) -> None:
    """Record in the audit log that whoever acts saw what is known about the number, under the citizen's id if there is
    one."""
    if citizen:
        await note_reveal(act, tx, f"citizen:{citizen.id}", why)
    else:
        await note_reveal(act, tx, "citizen:?", why, phone=mask_phone(phone))


async def list_reveals(tx: Tx, citizen_id: UUID, before: int | None, limit: int) -> Sequence[Any]:
    """Return who saw the citizen's personal data and why, latest first. Raises NotFound."""
    await get_citizen(tx, citizen_id)
    return await queries.list_reveals(tx, citizen_id, before, limit)


async def list_tiers(
    act: Act, tx: Tx, item: Item, catalog: Snapshot, *, phone: str | None = None, citizen_id: UUID | None = None
) -> list[OpeningOut]:
    """Return the item's tiers, cheapest first, and whether each is open to the citizen with this number or id. The
    reading is recorded in the audit log. Raises NotFound for an unknown id."""
    citizen = await get_citizen(tx, citizen_id) if citizen_id else await queries.find_citizen(tx, phone or "")
    await note_citizen(act, tx, phone or "", citizen, RevealReason.TIERS)
    return await show_openings(act, tx, item, await claimant(tx, citizen, act.now, act.zone), catalog)


async def show_openings(act: Act, tx: Tx, item: Item, who: Claimant, catalog: Snapshot) -> list[OpeningOut]:
    """Return the item's tiers for a claimant, cheapest first."""
    return [
        OpeningOut(
            tier=opening.tier,
            open=opening.open,
            group_code=opening.rule and opening.rule.group_code,
            quota_per_month=opening.rule and opening.rule.quota_per_month,
            used=opening.used,
            proof=opening.rule and opening.rule.proof,
            claims=[
                ClaimOut(group_code=rule.group_code, quota_per_month=rule.quota_per_month, proof=rule.proof)
                for rule in catalog.entitlements_to(item, opening.tier, catalog.groups.keys())
                if needs_entitlement(item, opening.tier)
            ],
        )
        for opening in await list_openings(tx, item, who, catalog)
    ]


_LISTS = (
    "other_numbers",
    "groups",
    "barred_provider_ids",
    "bars",
    "open_requests",
    "past_requests",
    "likely_duplicates",
)


async def record_citizen(act: Act, tx: Tx, body: CitizenIn, catalog: Snapshot) -> CitizenOut:
    """Record what the centre knows about the citizen with this number.

    Raises UnknownArea, MembershipOver, ConsentWithdrawn, and NotFound for an unknown group or provider.
    """
    citizen = await queries.find_main(tx, await get_or_add(tx, body.phone, act.now))
    edit = CitizenEdit(**body.model_dump(exclude_unset=True, include=set(CitizenEdit.model_fields)))
    known = await edit_citizen(act, tx, citizen, edit, catalog)
    for membership in body.memberships:
        await add_membership(act, tx, citizen, membership.group_code, membership, catalog)
    for bar in body.bars:
        await bar_provider(act, tx, citizen, bar.provider_id, bar.reason)
    return CitizenOut(citizen_id=citizen.id, **known.model_dump())


async def edit_citizen(act: Act, tx: Tx, citizen: Citizen, body: CitizenEdit, catalog: Snapshot) -> CitizenEdit:
    """Change the fields of the main citizen that `body` names, and return them all. Raises UnknownArea,
    ConsentWithdrawn."""
    citizen = await queries.find_main(tx, citizen)
    changes = body.model_dump(exclude_unset=True)
    if any(changes.values()):
        await check_consent(tx, citizen, Purpose.PROFILE)
    if (area := changes.pop("area", None)) is not None:
        community = catalog.spot(area).community
        citizen.community_code = community.code if community else None
    for name, value in changes.items():
        setattr(citizen, name, value)
    citizen.changed_at = act.now
    if body.model_fields_set:
        await _audit(act, tx, "citizen.edited", citizen, fields=sorted(body.model_fields_set))
    return CitizenEdit(name=citizen.name, area=citizen.community_code, address=citizen.address, note=citizen.note)


async def check_consent(tx: Tx, citizen: Citizen, purpose: Purpose) -> None:
    """Raise ConsentWithdrawn if the citizen does not want anything kept for this purpose.

    The citizen is locked, so that the answer holds until the transaction ends."""
    await queries.lock_citizen(tx, citizen.id)
    if await queries.has_withdrawn(tx, citizen.id, purpose):
        raise ConsentWithdrawn(purpose=purpose)


async def add_membership(act: Act, tx: Tx, citizen: Citizen, group: str, body: MembershipIn, catalog: Snapshot) -> None:
    """Add the citizen to the group, or replace their membership. Raises NotFound for an unknown group,
    MembershipOver, ConsentWithdrawn."""
    if group not in catalog.groups:
        raise NotFound(what="group", key=group)
    if body.expires_on and body.expires_on < act.today:
        raise MembershipOver(expires_on=str(body.expires_on), today=str(act.today))
    await check_consent(tx, citizen, Purpose.GROUPS)
    citizen.changed_at = act.now
    await tx.flush()
    values = {"source": body.source, "checked_by": act.who, "expires_on": body.expires_on}
    statement = insert(CitizenGroup).values(citizen_id=citizen.id, group_code=group, **values)
    await tx.session.execute(statement.on_conflict_do_update(index_elements=["citizen_id", "group_code"], set_=values))
    await _audit(act, tx, "citizen.group_added", citizen, group=group)


async def end_membership(act: Act, tx: Tx, citizen: Citizen, group: str) -> None:
    """End the citizen's membership, if there is one."""
    if await queries.end_membership(tx, citizen.id, group):
        await _audit(act, tx, "citizen.group_ended", citizen, group=group)


async def bar_provider(act: Act, tx: Tx, citizen: Citizen, provider_id: UUID, reason: str | None) -> None:
    """Stop offering this citizen's requests to the provider. Raises NotFound for an unknown provider."""
    if await find_provider(tx, provider_id) is None:
        raise NotFound(what="provider", key=str(provider_id))
    citizen.changed_at = act.now
    await tx.flush()
    statement = insert(CitizenBar).values(
        citizen_id=citizen.id, provider_id=provider_id, reason=reason, created_at=act.now
    )
    await tx.session.execute(statement.on_conflict_do_nothing())
    await _audit(act, tx, "citizen.bar_added", citizen, provider_id=provider_id)


async def unbar_provider(act: Act, tx: Tx, citizen: Citizen, provider_id: UUID) -> None:
    """Lift the bar, if there is one."""
    if await queries.lift_bar(tx, citizen.id, provider_id):
        await _audit(act, tx, "citizen.bar_lifted", citizen, provider_id=provider_id)


async def get_citizen(tx: Tx, citizen_id: UUID) -> Citizen:
    """Return the citizen. Raises NotFound."""
    citizen = await tx.session.get(Citizen, citizen_id)
    if citizen is None:
        raise NotFound(what="citizen", key=str(citizen_id))
    return citizen


async def get_by_phone(tx: Tx, phone: str) -> Citizen:
    """Return the citizen with this number. Raises NotFound."""
    citizen = await queries.find_citizen(tx, phone)
    if citizen is None:
        raise NotFound(what="citizen", key=mask_phone(phone))
    return citizen


async def get_or_add(tx: Tx, phone: str, now: datetime, name: str | None = None) -> Citizen:
    """Return the citizen with this number, creating one with `name` if the number is new."""
    known = {"id": new_id(now), "phone": without_extension(phone), "name": name, "created_at": now}
    await tx.session.execute(insert(Citizen).values(known).on_conflict_do_nothing())
    return await get_by_phone(tx, phone)


async def _audit(act: Act, tx: Tx, action: str, citizen: Citizen, **data: object) -> None:
    await add_audit(act, tx, action, f"citizen:{citizen.id}", **data)
