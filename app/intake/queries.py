"""SQL for citizens, contacts and requests."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

import orjson
from sqlalchemy import (
    ARRAY,
    Boolean,
    Date,
    DateTime,
    FromClause,
    LargeBinary,
    Table,
    Text,
    Uuid,
    bindparam,
    case,
    delete,
    exists,
    func,
    null,
    or_,
    select,
    true,
    tuple_,
    union_all,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy import false as sql_false
from sqlalchemy.dialects.postgresql import JSONB, distinct_on, insert

from app.auth.models import AuditEntry, Staff
from app.auth.queries import on_shift
from app.auth.reveals import REVEALED
from app.catalog.models import Group
from app.events.act import Act
from app.events.facts import FACTS, facts_of
from app.events.models import Event
from app.events.transition import AT, EVENTS
from app.intake.filters import CLOSED
from app.intake.models import (
    REQUEST_NUMBER,
    Citizen,
    CitizenBar,
    CitizenGroup,
    CloseReason,
    Consent,
    Contact,
    Purpose,
    Remark,
    Request,
    RequestStatus,
    is_member,
    same_person,
)
from app.kit.db import Prepared, Row, Tx
from app.kit.idempotency import IdempotencyKey, store_answer
from app.kit.ids import new_id
from app.kit.orm import word
from app.kit.phones import without_extension
from app.registry.models import Provider

_REQUESTS = cast(Table, Request.__table__)
COMING = (RequestStatus.DISPATCHING, RequestStatus.ASSIGNED, RequestStatus.IN_PROGRESS, RequestStatus.COMPLETED)
DONE = (CloseReason.SOLVED, CloseReason.UNREACHED)
"""A request in one of the states `COMING`, or closed for one of the reasons `DONE`, uses a place under a quota, because
a provider may come or came. So does a received one, whose place is kept for it."""
_PHONE = bindparam("phone", type_=Text)
_DAY = bindparam("day", type_=Date)


def _claim_and_find_caller() -> Prepared:
    key = bindparam("key", type_=Text)
    claimed = (
        insert(IdempotencyKey)
        .from_select(
            ["principal_id", "key", "body_hash", "created_at"],
            select(bindparam("principal_id", type_=Uuid), key, bindparam("body_hash", type_=LargeBinary), AT).where(
                key.is_not(None)
            ),
        )
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
        .cte("claimed")
    )
    groups = (
        select(func.array_agg(CitizenGroup.group_code))
        .where(CitizenGroup.citizen_id == same_person(Citizen.id), is_member(CitizenGroup, _DAY))
        .scalar_subquery()
    )
    return Prepared(
        select(
            exists().select_from(claimed).label("claimed"),
            REQUEST_NUMBER.next_value().label("number"),
            Citizen.id,
            groups.label("groups"),
        )
        .select_from(select(true().label("one")).subquery("one"))
        .join(Citizen, Citizen.phone == _PHONE, isouter=True)
    )


_CLAIM_AND_FIND_CALLER = _claim_and_find_caller()


async def claim_and_find_caller(tx: Tx, **params: Any) -> Row:
    """Claim the idempotency key, if there is one, and draw a request number.

    Return whether the key was claimed, the number, and the id and groups of the citizen with the phone, if known.
    """
    [row] = await tx.rows(_CLAIM_AND_FIND_CALLER, **params)
    return row


_NEW_REQUEST = (
    "id", "number", "status", "channel", "kind", "category_code", "item_code", "urgency", "urgency_rank", "description",
    "details",
    "contact_name", "contact_phone", "helped_name", "callback_name", "callback_phone", "caller_id", "unannounced",
    "community_code", "township_code", "address", "lat", "lon", "priority_group",
    "tier_asked", "tier_entitled", "tier", "tier_fallback", "quantity", "wanted_from", "wanted_to",
    "chosen_provider_id", "answer", "articles", "answered_in_call", "relay_to", "outside_number", "close_reason",
    "received_at", "answered_at", "relayed_at", "dispatched_at", "match_at", "closed_at", "answer_by", "accept_by",
    "arrive_by", "complete_by", "alarm_at", "created_by",
)  # fmt: skip


def _add_request() -> Prepared:
    """Insert the citizen if new, the request, its first contact and its events, and store the answer under its key."""
    known = bindparam("known_citizen_id", type_=Uuid)
    citizen = (
        insert(Citizen)
        .from_select(
            ["id", "phone", "name", "community_code", "address", "created_at"],
            select(
                bindparam("new_citizen_id", type_=Uuid),
                bindparam("citizen_phone", type_=Text),
                bindparam("citizen_name", type_=Text),
                bindparam("community_code", type_=Text),
                bindparam("address", type_=Text),
                bindparam("received_at", type_=DateTime(timezone=True)),
            ).where(known.is_(None), bindparam("citizen_phone", type_=Text).is_not(None)),
        )
        .on_conflict_do_update(index_elements=[Citizen.phone], set_={"phone": bindparam("citizen_phone", type_=Text)})
        .returning(Citizen.id)
        .cte("citizen")
    )
    values: dict[str, Any] = {name: bindparam(name, type_=_REQUESTS.c[name].type) for name in _NEW_REQUEST}
    values["citizen_id"] = func.coalesce(known, select(citizen.c.id).scalar_subquery())
    facts = (_REQUESTS.c[name] for name in FACTS.values())
    request = insert(Request).values(values).returning(Request.id, Request.citizen_id, *facts).cte("request")
    contact = (
        insert(Contact)
        .from_select(
            ["request_id", "at", "channel", "purpose", "phone", "staff_id"],
            select(
                request.c.id,
                bindparam("received_at", type_=DateTime(timezone=True)),
                bindparam("channel", type_=Text),
                word("request"),
                bindparam("rang", type_=Text),
                bindparam("created_by", type_=Uuid),
            ),
        )
        .cte("contact")
    )
    kept = store_answer().cte("kept")
    return Prepared(select(request.c.citizen_id).add_cte(contact, _birth_events(request), kept))


def _birth_events(request: FromClause) -> Any:
    arrays = (bindparam(name, type_=ARRAY(Text)) for name in ("event_kinds", "event_data"))
    births = func.unnest(*arrays).table_valued("kind", "data", with_ordinality="nth").render_derived(name="births")
    return (
        insert(EVENTS)
        .from_select(
            ["at", "kind", "request_id", "actor_kind", "actor_id", "on_behalf", "trace_id", "data", *FACTS],
            select(
                AT,
                births.c.kind,
                request.c.id,
                bindparam("actor_kind", type_=Text),
                bindparam("actor_id", type_=Uuid),
                bindparam("on_behalf", type_=Boolean),
                bindparam("trace_id", type_=Uuid),
                sql_cast(births.c.data, JSONB),
                *facts_of(request),
            )
            .select_from(request, births)
            .order_by(births.c.nth),
        )
        .cte("born")
    )


_ADD_REQUEST = _add_request()


async def add_request(tx: Tx, **values: Any) -> UUID | None:
    """Insert a request with its citizen, first contact, events and stored answer. Return the id of the citizen who is
    helped.

    `new_answer` is stored under `used_key` of `principal`, unless it is None.
    """
    details = values.pop("details")
    kept = orjson.dumps(details).decode() if details else None
    [row] = await tx.rows(_ADD_REQUEST, **values, details=kept)
    return cast(UUID | None, row["citizen_id"])


async def add_remark(act: Act, tx: Tx, request_id: UUID, said: str) -> UUID:
    """Keep what a person typed with a step of the request. Return the key by which the step's event names it."""
    remark = Remark(id=new_id(act.now), request_id=request_id, text=said)
    tx.session.add(remark)
    await tx.flush()
    return remark.id


async def set_danger(tx: Tx, request_id: UUID, facts: Mapping[str, Any]) -> None:
    """Set the columns that describe the danger and what follows from it, but never the status."""
    await tx.session.execute(update(Request).where(Request.id == request_id).values(**facts))


async def lock_citizen(tx: Tx, citizen_id: UUID) -> None:
    """Lock all citizens that are the same person as this one, so that only one of their requests at a time takes a
    place under a quota. If citizens were joined while this waited, those are locked too."""
    query = select(Citizen.id, Citizen.joined_into).where(Citizen.id == same_person(citizen_id)).order_by(Citizen.id)
    rows = (await tx.session.execute(query.with_for_update(key_share=True))).all()
    if {row.joined_into for row in rows} - {None} - {row.id for row in rows}:
        await tx.session.execute(query.with_for_update(key_share=True))


_STANDS = case((Request.status == word(RequestStatus.ON_HOLD), Request.held_from), else_=Request.status)
_RECEIVED = word(RequestStatus.RECEIVED) == _STANDS
_HOLDS_A_PLACE = or_(
    _STANDS.in_([word(status) for status in COMING]),
    Request.close_reason.in_([word(reason) for reason in DONE]),
)


async def count_places(
    tx: Tx,
    citizen_id: UUID,
    tier: str,
    items: Sequence[str],
    month: tuple[datetime, datetime],
    *,
    of_received: bool,
    other_than: UUID | None,
) -> int:
    """Count the places that the citizen's other requests of the month use at this tier of the items.

    `month` is its start and the start of the next one. With `of_received` the received requests count too.
    """
    query = select(func.count()).where(
        Request.citizen_id == same_person(citizen_id),
        Request.received_at >= month[0],
        Request.received_at < month[1],
        Request.tier == tier,
        Request.item_code.in_(items),
        or_(_HOLDS_A_PLACE, _RECEIVED) if of_received else _HOLDS_A_PLACE,
    )
    if other_than:
        query = query.where(Request.id != other_than)
    return (await tx.session.execute(query)).scalar_one()


async def provider_exists(tx: Tx, provider_id: UUID) -> bool:
    """Return whether the registry has this provider."""
    return await tx.session.get(Provider, provider_id) is not None


async def find_request(tx: Tx, request_id: UUID) -> Request | None:
    """Return the request as it is in the database now, or None."""
    return await tx.session.get(Request, request_id, populate_existing=True)


_LOCK = Prepared(select(_REQUESTS).where(_REQUESTS.c.id == bindparam("id", type_=Uuid)).with_for_update())


async def lock_request(tx: Tx, request_id: UUID) -> Row | None:
    """Return the request's row, locked until the transaction ends, or None."""
    return await tx.row(_LOCK, id=request_id)


_WAITS_IN_VAIN = _REQUESTS.c.match_at.is_not(None) & func.coalesce(_REQUESTS.c.deferred_until <= AT, true())
_SET_FALLBACK = Prepared(
    update(_REQUESTS)
    .where(_REQUESTS.c.id == bindparam("id", type_=Uuid))
    .values(
        tier_fallback=bindparam("tier", type_=Text),
        match_at=case((_WAITS_IN_VAIN, AT), else_=_REQUESTS.c.match_at),
    )
    .returning(*_REQUESTS.c)
)


async def set_tier_fallback(tx: Tx, request_id: UUID, tier: str, now: datetime) -> Row:
    """Set the dearest tier at which a locked request may be served.

    If the request waits for matching and is not deferred by a surge, it becomes due for matching at `now`.
    """
    [row] = await tx.rows(_SET_FALLBACK, id=request_id, tier=tier, at=now)
    return row


async def lock_family(tx: Tx, *request_ids: UUID) -> Sequence[Request]:
    """Lock these requests and those merged into them, in the order of their ids, and return them."""
    query = (
        select(Request)
        .where(Request.id.in_(request_ids) | Request.parent_id.in_(request_ids))
        .order_by(Request.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await tx.session.execute(query)).scalars().all()


_NEWEST_FIRST = (Request.received_at.desc(), Request.id.desc())
_PLACE = tuple_(Request.received_at, Request.id)


async def find_place_behind(
    tx: Tx, after: tuple[datetime, UUID] | None, rows: int, since: datetime | None, until: datetime | None
) -> tuple[datetime, UUID] | None:
    """Return the position `rows` requests further on in the list of all requests, newest first; None if the list ends
    sooner."""
    query = select(Request.received_at, Request.id).order_by(*_NEWEST_FIRST).offset(rows - 1).limit(1)
    if after:
        query = query.where(after > _PLACE)
    if since:
        query = query.where(Request.received_at >= since)
    if until:
        query = query.where(Request.received_at < until)
    row = (await tx.session.execute(query)).first()
    return (row.received_at, row.id) if row else None


async def list_requests(
    tx: Tx,
    filters: Sequence[Any],
    after: tuple[datetime, UUID] | None,
    limit: int,
    to: tuple[datetime, UUID] | None = None,
) -> Sequence[Request]:
    """Return matching requests, newest first: those after the position `after`, up to and including `to`."""
    query = select(Request).where(*filters)
    if after:
        query = query.where(after > _PLACE)
    if to:
        query = query.where(to <= _PLACE)
    return (await tx.session.execute(query.order_by(*_NEWEST_FIRST).limit(limit))).scalars().all()


FOLLOWER: Any = func.coalesce(Request.followed_by, Request.created_by)
"""The member of staff who follows a request: the one who took it over, or else the one who took it down."""
_OPEN = Request.status.not_in([word(status) for status in CLOSED])
_DUE_FIRST = func.coalesce(
    func.least(Request.answer_by, Request.accept_by, Request.arrive_by, Request.complete_by), Request.received_at
)


async def list_followed(tx: Tx, staff_id: UUID, limit: int) -> Sequence[Request]:
    """Return the open requests that the member of staff follows, newest first."""
    query = select(Request).where(staff_id == FOLLOWER, _OPEN)
    query = query.order_by(Request.received_at.desc(), Request.id.desc()).limit(limit)
    return (await tx.session.execute(query)).scalars().all()


async def list_left(tx: Tx, at: datetime, limit: int) -> Sequence[Request]:
    """Return open requests followed by staff who are off shift at `at`, soonest due first."""
    gone = select(Staff.id).where(~on_shift(Staff.id)).cte("gone").prefix_with("MATERIALIZED")
    theirs = select(Request.id).where(gone.c.id == FOLLOWER, _OPEN).lateral("theirs")
    left = select(theirs.c.id).select_from(gone.join(theirs, true())).scalar_subquery()
    query = select(Request).where(Request.id == func.any(func.array(left)))
    query = query.order_by(_DUE_FIRST, Request.id).limit(limit)
    return (await tx.session.execute(query, {"at": at})).scalars().all()


async def set_follower(tx: Tx, request_id: UUID, staff_id: UUID) -> None:
    """Make the member of staff follow the request from now on."""
    await tx.session.execute(update(Request).where(Request.id == request_id).values(followed_by=staff_id))


async def list_events(tx: Tx, request_id: UUID) -> Sequence[Event]:
    """Return the request's events, oldest first."""
    query = select(Event).where(Event.request_id == request_id).order_by(Event.id)
    return (await tx.session.execute(query)).scalars().all()


async def list_contacts(tx: Tx, request_id: UUID) -> Sequence[Any]:
    """Return the contacts of the request and of those merged into it, each with its request's number, oldest first."""
    query = (
        select(*Contact.__table__.c, Request.number)
        .join(Request, Request.id == Contact.request_id)
        .where((Request.id == request_id) | (Request.parent_id == request_id))
        .order_by(Contact.id)
    )
    return (await tx.session.execute(query)).all()


async def find_contact(tx: Tx, contact_id: int) -> Any:
    """Return a contact with its request's number."""
    query = select(*Contact.__table__.c, Request.number).join(Request, Request.id == Contact.request_id)
    return (await tx.session.execute(query.where(Contact.id == contact_id))).one()


async def find_citizen(tx: Tx, phone: str) -> Citizen | None:
    """Return the citizen with this number, or None. An extension is ignored."""
    return (
        await tx.session.execute(select(Citizen).where(Citizen.phone == without_extension(phone)))
    ).scalar_one_or_none()


async def list_reveals(tx: Tx, citizen_id: UUID, before: int | None, limit: int) -> Sequence[Any]:
    """Return the audit entries of reveals of the citizen's personal data, of their card and of their requests, latest
    first."""
    own = select(
        func.concat("citizen:", Citizen.id).label("subject"), null().label("request_id"), null().label("number")
    ).where(Citizen.id == same_person(citizen_id))
    theirs = select(func.concat("request:", Request.id), Request.id, Request.number).where(
        or_(Request.citizen_id == same_person(citizen_id), Request.caller_id == same_person(citizen_id))
    )
    about = union_all(own, theirs).subquery("about")
    query = (
        select(
            AuditEntry.id,
            AuditEntry.at,
            AuditEntry.actor_kind,
            AuditEntry.actor_id,
            func.coalesce(Staff.name, Provider.name).label("actor_name"),
            AuditEntry.data["why"].astext.label("why"),
            about.c.request_id,
            about.c.number,
        )
        .join(about, about.c.subject == AuditEntry.subject)
        .outerjoin(Staff, Staff.id == AuditEntry.actor_id)
        .outerjoin(Provider, Provider.id == AuditEntry.actor_id)
        .where(AuditEntry.action == REVEALED)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return (await tx.session.execute(query.where(AuditEntry.id < before) if before else query)).all()


async def list_memberships(tx: Tx, citizen_id: UUID, day: date) -> Sequence[CitizenGroup]:
    """Return the citizen's memberships that are valid on the day, the highest priority first. Of several in the same
    group, the one that lasts longest counts."""
    query = (
        select(CitizenGroup)
        .join(Group, Group.code == CitizenGroup.group_code)
        .where(CitizenGroup.citizen_id == same_person(citizen_id))
        .where(is_member(CitizenGroup, day))
        .order_by(Group.position, Group.code, CitizenGroup.expires_on.desc().nulls_first())
        .ext(distinct_on(Group.position, Group.code))
    )
    return (await tx.session.execute(query)).scalars().all()


async def has_withdrawn(tx: Tx, citizen_id: UUID, purpose: Purpose) -> bool:
    """Return whether the citizen's latest word on the purpose was to withdraw their consent."""
    query = select(Consent.given).where(Consent.citizen_id == same_person(citizen_id), Consent.purpose == purpose)
    given = (await tx.session.execute(query.order_by(Consent.id.desc()).limit(1))).scalar_one_or_none()
    return given is False


async def list_bars(tx: Tx, citizen_id: UUID) -> Sequence[Any]:
    """Return the providers that the citizen does not want, each with its name and the reason, the latest first."""
    query = (
        select(CitizenBar.provider_id, Provider.name, CitizenBar.reason)
        .join(Provider, Provider.id == CitizenBar.provider_id)
        .where(CitizenBar.citizen_id == same_person(citizen_id))
        .order_by(CitizenBar.created_at.desc(), CitizenBar.provider_id)
    )
    bars = (await tx.session.execute(query)).all()
    return list({bar.provider_id: bar for bar in reversed(bars)}.values())[::-1]


async def find_main(tx: Tx, citizen: Citizen) -> Citizen:
    """Return the main citizen of the same person: this one, unless it was joined into another."""
    if citizen.joined_into is None:
        return citizen
    return await tx.session.get_one(Citizen, citizen.joined_into)


async def list_other_numbers(tx: Tx, main: Citizen) -> Sequence[str]:
    """Return the numbers of the citizens that were joined into this one."""
    query = select(Citizen.phone).where(Citizen.joined_into == main.id).order_by(Citizen.phone)
    return (await tx.session.execute(query)).scalars().all()


async def end_membership(tx: Tx, citizen_id: UUID, group: str) -> bool:
    """Delete the person's memberships of the group. Return whether there was one."""
    query = delete(CitizenGroup).where(
        CitizenGroup.citizen_id == same_person(citizen_id), CitizenGroup.group_code == group
    )
    return bool((await tx.session.execute(query.returning(CitizenGroup.group_code))).all())


async def lift_bar(tx: Tx, citizen_id: UUID, provider_id: UUID) -> bool:
    """Delete the person's bars of the provider. Return whether there was one."""
    query = delete(CitizenBar).where(
        CitizenBar.citizen_id == same_person(citizen_id), CitizenBar.provider_id == provider_id
    )
    return bool((await tx.session.execute(query.returning(CitizenBar.provider_id))).all())


async def list_duplicates(tx: Tx, citizen_id: UUID | None, open_requests: Sequence[Request]) -> Sequence[UUID]:
    """Return open requests of other citizens for the same community and item as one of `open_requests`, newest
    first."""
    places = [(r.community_code, r.item_code) for r in open_requests if r.community_code]
    if not places:
        return []
    query = (
        select(Request.id)
        .where(tuple_(Request.community_code, Request.item_code).in_(places), Request.status.not_in(CLOSED))
        .where(
            *(
                ~func.coalesce(of == same_person(citizen_id), sql_false())
                for of in (Request.citizen_id, Request.caller_id)
            )
        )
        .order_by(Request.received_at.desc())
        .limit(20)
    )
    return (await tx.session.execute(query)).scalars().all()
