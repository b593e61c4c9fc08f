"""Admit providers to the registry, change their facts and standing, and set their availability."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.auth.tokens import void_tokens
from app.catalog.errors import UnknownArea
from app.catalog.snapshot import Snapshot
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.topics import DISPATCH_TOPIC
from app.events.transition import record
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.kit.etags import check_version
from app.kit.idempotency import Once
from app.kit.ids import new_id
from app.kit.names import is_same
from app.kit.orm import Model
from app.registry import hours_queries, month_queries, paper_queries, queries
from app.registry.card import check_papers, paper_row, price_row
from app.registry.edit import audit_provider, begin_edit, finish_edit
from app.registry.errors import (
    FormerCode,
    GivenTwice,
    InvalidUscc,
    PapersExpired,
    ProviderExists,
    StandingNotAllowed,
    UsccMissing,
)
from app.registry.hours import hours_rows, show_exceptions
from app.registry.models import (
    DEFAULT_RUNGS,
    FORMER_STANDINGS,
    Provider,
    ProviderCoverage,
    ProviderHours,
    ProviderItem,
    ProviderKind,
    ProviderPaper,
    Standing,
    Unreachable,
)
from app.registry.schemas import (
    NOTICES,
    Availability,
    PriceLineOut,
    ProviderEdit,
    ProviderFilter,
    ProviderIn,
    ProviderOut,
    StandingIn,
)
from app.registry.states import ADMITTED, PROVIDERS, steps_from
from app.registry.uscc import former_kind, is_possible, is_same_organisation, is_valid


async def get_document(tx: Tx, provider_id: UUID, day: date) -> ProviderOut:
    """Return the provider with everything that belongs to it, and its price card as of `day`. Raises NotFound."""
    provider = await queries.find_provider(tx, provider_id)
    if provider is None:
        raise NotFound(what="provider", key=str(provider_id))
    lacking = await paper_queries.list_lacking(tx, provider_id, day)
    parts = {
        "items": [_line(line, lacking) for line in await queries.list_lines(tx, provider_id, day)],
        "papers": await queries.list_parts(tx, ProviderPaper, provider_id),
        "coverage": [row.township_code for row in await queries.list_parts(tx, ProviderCoverage, provider_id)],
        "hours": await queries.list_parts(tx, ProviderHours, provider_id),
        "exceptions": show_exceptions(await hours_queries.list_exceptions(tx, provider_id, day)),
        "baseline": await month_queries.find_baseline(tx, provider_id),
        "notice": NOTICES[Unreachable(provider.unreachable_why)] if provider.unreachable_why else None,
    }
    facts = {name: getattr(provider, name) for name in ProviderOut.model_fields if name not in parts}
    return ProviderOut.model_validate(facts | parts)


def _line(line: ProviderItem, lacking: Mapping[str, list[str]]) -> PriceLineOut:
    facts = {name: getattr(line, name) for name in PriceLineOut.model_fields if name != "lacks"}
    return PriceLineOut.model_validate(facts | {"lacks": lacking.get(line.item_code, [])})


async def list_providers(tx: Tx, wanted: ProviderFilter, catalog: Snapshot, day: date) -> Sequence[Provider]:
    """Return the providers that match the filter, one more than the page holds.

    Raises UnknownItem, UnknownArea or CursorInvalid.
    """
    if wanted.item:
        catalog.item(wanted.item)
    if wanted.township:
        _check_townships([wanted.township], catalog)
    return await queries.list_providers(tx, wanted, day)


async def add_provider(act: Act, tx: Tx, body: ProviderIn, catalog: Snapshot, once: Once) -> ProviderOut:
    """Enter an application with its prices approved. A repeated idempotency key returns the first answer.

    Raises KeyReused, the errors of `enter_provider`, and ItemWithoutPapers; then nothing is stored.
    """
    if replay := await once.replay(tx, act.now):
        return ProviderOut.model_validate_json(replay)
    provider = await enter_provider(act, tx, body, catalog, approved=True)
    await check_papers(act, tx, provider.id, [catalog.item(line.item_code) for line in body.items])
    document = await get_document(tx, provider.id, act.today)
    await once.keep(tx, document.model_dump_json().encode())
    return document


async def enter_provider(
    act: Act, tx: Tx, body: ProviderIn, catalog: Snapshot, *, approved: bool, **about: Any
) -> Provider:
    """Add the provider to the registry as an applicant. Its prices are proposals unless `approved`.

    `about` goes into the event. Raises FormerCode, InvalidUscc, UsccMissing, ProviderExists, and the errors of
    `part_rows`.
    """
    await _check_identity(tx, body.model_dump(include={"uscc"} if body.distinct else {"uscc", "name", "phone"}))
    check_code(body.kind, body.uscc)
    facts = body.model_dump(include={"name", "kind", "uscc", "contact_name", "phone", "reached_by", "capacity"})
    seat = _seat(body.area, catalog)
    if body.own_community_only:
        if body.area not in catalog.communities:
            raise UnknownArea(area=body.area)
        seat["community_code"] = body.area
    rung = body.rung or DEFAULT_RUNGS[body.kind]
    provider = Provider(id=new_id(act.now), standing=Standing.APPLIED, rung=rung, **facts, **seat)
    tx.session.add(provider)
    await tx.flush()
    tx.session.add_all(part_rows(act, provider.id, body, catalog, approved=approved))
    await tx.flush()
    await record(act, tx, EventKind.PROVIDER_APPLIED, provider_id=provider.id, data=about)
    await audit_provider(act, tx, provider.id, "provider.added", **body.model_dump(exclude_none=True))
    return provider


def check_code(kind: ProviderKind, uscc: str | None) -> None:
    """Check the credit code. Raises UsccMissing, FormerCode or InvalidUscc."""
    if kind is ProviderKind.COMPANY and uscc is None:
        raise UsccMissing
    if uscc is not None and (former := former_kind(uscc)):
        raise FormerCode(uscc=uscc, kind=former)
    if uscc is not None and not (is_valid(uscc) and is_possible(uscc)):
        raise InvalidUscc(uscc=uscc)


def is_same_fact(name: str, one: str | None, other: str | None) -> bool:
    """Return whether two providers share the fact `name` (uscc, name or phone), however it is written."""
    return is_same_organisation(one, other) if name == "uscc" else is_same(one, other)


async def _check_identity(tx: Tx, identity: Mapping[str, str | None], other_than: UUID | None = None) -> None:
    """Raise ProviderExists when another provider has the same credit code, name or phone.

    A credit code belongs to one provider. Whether two may share a name or phone is for a person to decide (`distinct`).
    """
    if found := await queries.find_same(tx, **identity, other_than=other_than):
        known = found[0]
        same = [fact for fact, value in identity.items() if is_same_fact(fact, getattr(known, fact), value)]
        raise ProviderExists(
            id=known.id, number=known.number, name=known.name, standing=Standing(known.standing), same=same
        )


def part_rows(act: Act, provider_id: UUID, body: ProviderIn, catalog: Snapshot, *, approved: bool) -> list[Model]:
    """Build the rows of everything that belongs to the provider.

    Raises GivenTwice, UnknownArea, HoursInvalid, and the errors of app.registry.card.
    """
    _check_once(
        [*(paper.paper_code for paper in body.papers), *(f"{line.item_code}/{line.tier}" for line in body.items)]
    )
    rows: list[Model] = [*_coverage(provider_id, body.coverage, catalog), *hours_rows(provider_id, body.hours)]
    rows += [paper_row(act, provider_id, paper.paper_code, paper, catalog) for paper in body.papers]
    for line in body.items:
        item = catalog.item(line.item_code)
        row = price_row(act, provider_id, item, line.tier, line)
        row.approved_at = act.now if approved else None
        rows.append(row)
    return rows


def _check_once(given: Sequence[str]) -> None:
    for what, count in Counter(given).items():
        if count > 1:
            raise GivenTwice(what=what)


def _seat(area: str, catalog: Snapshot) -> dict[str, Any]:
    place = catalog.spot(area)
    return {"township_code": place.township.code, "lat": place.lat, "lon": place.lon}


def _coverage(provider_id: UUID, codes: Sequence[str], catalog: Snapshot) -> list[ProviderCoverage]:
    _check_townships(codes, catalog)
    return [ProviderCoverage(provider_id=provider_id, township_code=code) for code in dict.fromkeys(codes)]


def _check_townships(codes: Sequence[str], catalog: Snapshot) -> None:
    for code in codes:
        if code not in catalog.townships:
            raise UnknownArea(area=code)


async def edit_provider(
    act: Act, tx: Tx, provider_id: UUID, body: ProviderEdit, if_match: str | None, catalog: Snapshot
) -> None:
    """Change the facts named in the body.

    Raises NotFound, VersionRequired, VersionStale, UnknownArea, HoursInvalid or ProviderExists.
    """
    provider = await begin_edit(tx, provider_id)
    check_version(if_match, provider.version)
    changes = body.model_dump(exclude_none=True, exclude={"distinct"})
    if not body.distinct:
        identity = {fact: changes[fact] for fact in changes.keys() & {"name", "phone"}}
        fresh = {fact: value for fact, value in identity.items() if value != getattr(provider, fact)}
        await _check_identity(tx, fresh, other_than=provider_id)
    facts = {name: value for name, value in changes.items() if name not in ("area", "coverage", "hours")}
    if body.area:
        facts |= _seat(body.area, catalog)
    for name, value in facts.items():
        setattr(provider, name, value)
    if body.coverage:
        coverage = _coverage(provider_id, body.coverage, catalog)
        await queries.replace_parts(tx, ProviderCoverage, provider_id, coverage)
    if body.hours:
        await queries.replace_parts(tx, ProviderHours, provider_id, hours_rows(provider_id, body.hours))
    await finish_edit(act, tx, provider, "provider.edited", **changes)


async def change_standing(
    act: Act, tx: Tx, provider_id: UUID, body: StandingIn, if_match: str | None, catalog: Snapshot
) -> None:
    """Move the provider to another standing. If it has that standing already, nothing happens.

    Raises NotFound, VersionRequired, VersionStale or StandingNotAllowed; ItemWithoutPapers when an applicant's licences
    don't cover its price card; PapersExpired while one of the provider's own licences has expired.
    """
    provider = await begin_edit(tx, provider_id)
    if provider.standing == body.standing:
        return
    check_version(if_match, provider.version)
    steps = steps_from(provider.standing, provider.former_standing)
    if body.standing not in steps:
        raise StandingNotAllowed(standing=Standing(provider.standing), wanted=body.standing, possible=sorted(steps))
    if provider.standing == Standing.APPLIED:
        card = await queries.list_lines(tx, provider_id, act.today)
        await check_papers(act, tx, provider_id, [catalog.item(line.item_code) for line in card if line.approved_at])
        await paper_queries.schedule_review(tx, provider_id, act.today)
    if body.standing in ADMITTED and (lapsed := await paper_queries.list_lapsed(tx, provider_id, act.today)):
        raise PapersExpired(papers=lapsed)
    change = {"former": provider.standing, "standing": body.standing, "reason": body.reason}
    await PROVIDERS.transition(
        act,
        tx,
        steps[body.standing],
        provider_id,
        data=change,
        former_standing=provider.standing if body.standing is Standing.SUSPENDED else None,
        papers_lapsed=False,
        joined_on=provider.joined_on or act.today,
    )
    await finish_edit(act, tx, provider, "provider.standing_changed", **change)
    tx.publish(DISPATCH_TOPIC)
    if {change["former"], body.standing} & set(FORMER_STANDINGS):
        await void_tokens(tx)


async def set_availability(act: Act, tx: Tx, provider_id: UUID, body: Availability) -> None:
    """Set whether the provider takes offers and how many unfinished jobs it takes at a time. Raises NotFound.

    The worker then withdraws its offers, or dispatches requests that were waiting.
    """
    provider = await begin_edit(tx, provider_id)
    changes = body.model_dump(exclude_none=True)
    for name, value in changes.items():
        setattr(provider, name, value)
    provider.silent_offers = 0
    provider.unreachable_why = None if body.reachable else Unreachable.OWN_WISH
    provider.unreachable_at = None if body.reachable else act.now
    await finish_edit(act, tx, provider, "provider.availability_set", **changes)
    tx.publish(DISPATCH_TOPIC)
