"""Finds the provider of each row, and the faults between rows."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from app.catalog.models import Item
from app.catalog.snapshot import Snapshot
from app.exchange.cells import yuan
from app.exchange.faults import Fault
from app.exchange.plan import Known, Plan, Row, Subject, part_row, price_key
from app.exchange.sheets import Sheet
from app.kit.geo import distance_km
from app.kit.names import same_form
from app.registry.card import PriceFault, price_faults
from app.registry.hours import DAYS_AHEAD, MIDNIGHT, spans_fit
from app.registry.models import DEFAULT_RUNGS, ProviderKind, Standing
from app.registry.uscc import LENGTH, bare, is_possible, organisation_code

KEPT = {"standing": "standing_kept", "kind": "kind_kept", "joined_on": "joined_kept"}
"""Facts of an existing provider that no import changes, with the fault for trying."""

REVIEWED = {PriceFault.NOT_DISPATCHED, PriceFault.TIER_NOT_ALLOWED, PriceFault.ABOVE_CAP}
"""Faults of lines that the catalogue no longer allows. An existing line gets a warning, a new one is refused."""

IDENTITY = ("uscc", "name", "phone")
"""Facts that no two providers share."""


FAR_KM = 30
"""A seat more than this many kilometres from every township's centre is hardly in the district."""


class Finder:
    """Finds the provider that a cell or row names, in the registry and among the file's new providers."""

    def __init__(self, known: Sequence[Known]) -> None:
        self.by: dict[str, dict[Any, list[Subject]]] = {name: defaultdict(list) for name in ("number", *IDENTITY)}
        self.subjects: dict[UUID, Subject] = {}
        for provider in known:
            self.add(Subject(provider.id, provider, None, provider.facts))

    def add(self, subject: Subject) -> None:
        """Make the provider findable by its facts."""
        self.subjects[subject.id] = subject
        for name, index in self.by.items():
            if (value := subject.facts.get(name)) is not None:
                index[_form(name, value)].append(subject)

    def of_code(self, code: str) -> list[Subject]:
        """Return the providers with this credit code, or whose credit code contains this former code."""
        found = self.by["uscc"].get(_form("uscc", code), [])
        return [subject for subject in found if subject.facts["uscc"] == code or len(code) < LENGTH]

    def named(self, text: str) -> list[Subject]:
        """Return the providers with this credit code, former code, number or name."""
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 13 else None
        return self.of_code(bare(text)) or self.by["number"].get(number) or self.by["name"].get(same_form(text), [])


def find_subjects(
    rows: Sequence[Row],
    known: Sequence[Known],
    catalog: Snapshot,
    today: date,
    plan: Plan,
    sheets: Mapping[str, Sheet],
    fresh_id: Callable[[], UUID],
) -> list[Subject]:
    """Return the providers named by the rows, each with its rows. Faults and warnings are added to `plan`."""
    finder = Finder(known)
    touched: dict[UUID, Subject] = {}
    for row in rows:
        if row.sheet == "providers" and (subject := _of_own_row(row, finder, catalog, today, plan, fresh_id)):
            touched[subject.id] = subject
    for row in rows:
        if row.sheet != "providers":
            found = finder.named(row.values["provider"])
            if len(found) == 1:
                touched[found[0].id] = found[0]
                found[0].rows.setdefault(row.sheet, []).append(row)
            elif found or row.values["provider"] not in plan.unread:
                code = "provider_ambiguous" if found else "provider_unknown"
                plan.faults.append(Fault(row.sheet, row.number, "provider", row.values["provider"], code, {}))
    for subject in touched.values():
        plan.faults += _check_parts(subject, catalog, today, plan)
        if subject.known is None and subject.row:
            plan.faults += _check_new(subject, subject.row, sheets, plan)
    plan.faults += _shared(finder, touched.values())
    return list(touched.values())


def _of_own_row(
    row: Row, finder: Finder, catalog: Snapshot, today: date, plan: Plan, fresh_id: Callable[[], UUID]
) -> Subject | None:
    """Return the existing or new provider whose facts the row gives, or None after adding a fault."""
    values = row.values
    if values["kind"] is ProviderKind.COMPANY and values["uscc"] is None:
        _refuse(plan, row, "uscc", "uscc_missing", {})
        return None
    if values["number"] is not None:
        found = finder.by["number"].get(values["number"], [])
        if not found:
            _refuse(plan, row, "number", "number_unknown", {})
            return None
    elif values["uscc"] is not None:
        found = finder.of_code(values["uscc"])
    else:
        named = finder.by["name"].get(same_form(values["name"]), [])
        found = [subject for subject in named if subject.facts["uscc"] is None]
    if found and (first := found[0].row):
        _refuse(plan, row, "name", "taken_in_file", {"row": first.number})
        return None
    if values["uscc"] and len(values["uscc"]) < LENGTH:
        if not found or found[0].facts.get("uscc") is None:
            _refuse(plan, row, "uscc", "former_code", {})
            return None
        values["uscc"] = found[0].facts["uscc"]
    subject = found[0] if found else Subject(fresh_id(), None, row, {})
    subject.row = row
    subject.facts = _facts(row, subject.known, catalog, today)
    _check_facts(row, subject.known, catalog, plan)
    if subject.known is None:
        finder.add(subject)
    return subject


def _refuse(plan: Plan, row: Row, column: str, code: str, facts: dict[str, Any]) -> None:
    """Add a fault that leaves the row without a provider, and note its names so that rows naming it raise no further
    faults."""
    plan.faults.append(Fault("providers", row.number, column, str(row.values[column] or ""), code, facts))
    plan.unread |= {str(row.values[name]) for name in ("uscc", "number", "name")}


def _facts(row: Row, known: Known | None, catalog: Snapshot, today: date) -> dict[str, Any]:
    """Return the provider's facts from its row. An empty cell keeps the existing value, or gives a new provider the
    default."""
    given = row.values
    place = catalog.spot(given["area"])
    facts = {name: given[name] for name in ("number", "name", "kind", "uscc", "contact_name", "phone", "reached_by")}
    facts |= {"capacity": given["capacity"], "township": place.township.code, "community": given["community"]}
    old = known.facts if known else {}
    if given["lat"] is not None:
        facts |= {"lat": given["lat"], "lon": given["lon"]}
    elif old.get("township") == place.township.code:
        facts |= {"lat": old["lat"], "lon": old["lon"]}
    else:
        facts |= {"lat": place.lat, "lon": place.lon}
    facts["rung"] = given["rung"] or old.get("rung") or DEFAULT_RUNGS[given["kind"]]
    if known:
        return facts | {name: old[name] for name in ("number", *KEPT)}
    standing = given["standing"] or Standing.APPLIED
    joined_on = None if standing is Standing.APPLIED else given["joined_on"] or today
    return facts | {"standing": standing, "joined_on": joined_on}


def _check_facts(row: Row, known: Known | None, catalog: Snapshot, plan: Plan) -> None:
    """Add a fault for each impossible fact, or a warning if the registry already has it."""
    given = row.values
    old = known.facts if known else {}

    def wrong(column: str, code: str, facts: dict[str, Any] | None = None, *, stands: bool = False) -> None:
        value = "" if given[column] is None else str(given[column])
        (plan.warnings if stands else plan.faults).append(
            Fault("providers", row.number, column, value, code, facts or {})
        )

    if given["uscc"] and not is_possible(given["uscc"]):
        wrong("uscc", "uscc_impossible", stands=given["uscc"] == old.get("uscc"))
    if (given["lat"] is None) != (given["lon"] is None):
        wrong("lat", "coordinate")
    elif given["lat"] is not None:
        _check_point(given["lat"], given["lon"], catalog, wrong)
    community = given["community"]
    township = catalog.spot(given["area"]).township.code
    if community and catalog.communities[community].township_code != township:
        stands = (community, township) == (old.get("community"), old.get("township"))
        wrong("community", "outside_township", stands=stands)
    for name, code in KEPT.items():
        if known and given[name] is not None and given[name] != old[name]:
            now = Standing(old[name]).zh if name == "standing" else old[name]
            wrong(name, code, {"now": str(now)})


def _check_point(lat: float, lon: float, catalog: Snapshot, wrong: Callable[..., None]) -> None:
    places = [(town.lat, town.lon) for town in catalog.townships.values()]
    away, swapped = (min(distance_km(*point, *place) for place in places) for point in ((lat, lon), (lon, lat)))
    if swapped < FAR_KM < away:
        wrong("lat", "swapped")
    elif abs(lat) > 90:
        wrong("lat", "coordinate")
    elif away > FAR_KM:
        wrong("lat", "far_away", {"km": round(away)}, stands=True)


def _check_new(subject: Subject, row: Row, sheets: Mapping[str, Sheet], plan: Plan) -> Iterator[Fault]:
    for part in ("coverage", "hours"):
        if part not in subject.rows and part not in plan.unread:
            yield Fault("providers", row.number, "name", row.values["name"], "no_rows", {"sheet": sheets[part].zh})


def _shared(finder: Finder, touched: Any) -> Iterator[Fault]:
    """Yield faults for new or changed names, phones and codes that another provider has."""
    holders: dict[str, dict[Any, list[Subject]]] = {name: defaultdict(list) for name in IDENTITY}
    for subject in finder.subjects.values():
        for name, index in holders.items():
            if subject.facts.get(name) is not None:
                index[_form(name, subject.facts[name])].append(subject)
    for subject in touched:
        old = subject.known.facts if subject.known else {}
        for name, index in holders.items():
            value = subject.facts.get(name)
            others = [other for other in index.get(_form(name, value), []) if other is not subject]
            if subject.row and others and _form(name, old.get(name)) != _form(name, value):
                yield _taken(subject.row, name, value, others[0])


def _form(name: str, value: Any) -> Any:
    """Return the value by which providers are compared: a name's common form, a credit code's organisation code."""
    if value is None or name not in ("name", "uscc"):
        return value
    return same_form(value) if name == "name" else organisation_code(value) or value


def _taken(row: Row, name: str, value: str, other: Subject) -> Fault:
    if other.known is None and other.row:
        return Fault("providers", row.number, name, value, "taken_in_file", {"row": other.row.number})
    facts = {"name": other.facts["name"], "number": other.facts["number"]}
    return Fault("providers", row.number, name, value, "taken", facts)


def _check_parts(subject: Subject, catalog: Snapshot, today: date, plan: Plan) -> Iterator[Fault]:
    """Yield the faults of the provider's rows on the other sheets."""
    yield from _check_prices(subject, catalog, plan)
    yield from _repeated(subject)
    for row in subject.rows.get("papers", ()):
        if row.values["expires_on"] and row.values["expires_on"] < row.values["issued_on"]:
            yield Fault("papers", row.number, "expires_on", str(row.values["expires_on"]), "validity", {})
    for row in subject.rows.get("exceptions", ()):
        if (row.values["opens"] is None) != (row.values["closes"] is None):
            yield Fault("exceptions", row.number, "opens", "", "closed_or_open", {})
        if row.values["day"] > today + timedelta(days=DAYS_AHEAD):
            yield Fault("exceptions", row.number, "day", str(row.values["day"]), "too_far_ahead", {"days": DAYS_AHEAD})
    yield from _check_hours(subject, "hours", "weekday")
    yield from _check_hours(subject, "exceptions", "day")


def _check_hours(subject: Subject, sheet: str, key: str) -> Iterator[Fault]:
    days: dict[Any, list[Row]] = defaultdict(list)
    for row in subject.rows.get(sheet, ()):
        days[row.values[key]].append(row)
    for day, rows in days.items():
        spans = [(row.values["opens"] or MIDNIGHT, row.values["closes"] or MIDNIGHT) for row in rows]
        if not spans_fit(spans):
            yield Fault(sheet, rows[-1].number, "opens", str(day), "hours", {})


def _repeated(subject: Subject) -> Iterator[Fault]:
    """Yield faults for rows that repeat or contradict another row."""
    for sheet, rows in subject.rows.items():
        seen: dict[Any, int] = {}
        for row in rows:
            key: Any = price_key(row.values) if sheet == "prices" else part_row(sheet, row)
            key = (key[0], key[2]) if sheet == "papers" else key  # there may be a second paper of a kind, valid later
            if key in seen:
                yield Fault(sheet, row.number, "provider", row.values["provider"], "same_row", {"row": seen[key]})
            seen.setdefault(key, row.number)


def _check_prices(subject: Subject, catalog: Snapshot, plan: Plan) -> Iterator[Fault]:
    rows = subject.rows.get("prices", ())
    known = {price_key(line): line for line in subject.known.prices} if subject.known else {}
    papers = {row.values["paper"] for row in subject.rows.get("papers", ())} if "papers" in subject.rows else None
    if papers is None:
        papers = {part[0] for part in subject.known.parts.get("papers", set())} if subject.known else set()
    for row in rows:
        line = row.values
        line["approved"] = line["approved"] is not False
        line["price"] = line["price"] or 0
        item = catalog.items[line["item"]]
        old = known.get(price_key(line))
        stands = old is not None and (old["price_kind"], old["price"]) == (line["price_kind"], line["price"])
        for column, code, facts in _wrong_line(line, item):
            fault = Fault("prices", row.number, column, _shown(column, line[column]), code, facts)
            if stands and code in REVIEWED:
                plan.warnings.append(fault)
            else:
                yield fault
        missing = sorted(set(item.papers) - papers)
        if line["approved"] and missing and price_key(line) not in known and "papers" not in plan.unread:
            names = "、".join(catalog.paper_kinds[code].zh for code in missing)
            yield Fault("prices", row.number, "item", item.code, "lacks_paper", {"papers": names})
    yield from _overlaps(rows)


def _shown(column: str, value: Any) -> str:
    return str(yuan(value)) if column == "price" else str(value or "")


def _wrong_line(line: Mapping[str, Any], item: Item) -> Iterator[tuple[str, PriceFault, dict[str, Any]]]:
    price = (line["tier"], line["price_kind"], line["price"], line["valid_from"], line["valid_to"])
    for fault in price_faults(item, *price):
        facts: dict[str, Any] = {}
        if fault is PriceFault.TIER_NOT_ALLOWED:
            facts = {"known": ", ".join(item.tiers)}
        elif fault is PriceFault.ABOVE_CAP:
            facts = {"cap": str(yuan(item.cap_fen or 0))}
        yield _WHERE[fault], fault, facts


_WHERE = {
    PriceFault.NOT_DISPATCHED: "item",
    PriceFault.TIER_NOT_ALLOWED: "tier",
    PriceFault.PRICE_NOT_ALLOWED: "price_kind",
    PriceFault.ABOVE_CAP: "price",
    PriceFault.VALIDITY: "valid_to",
}
"""The column in which each fault of a price line is shown."""


def _overlaps(rows: Sequence[Row]) -> Iterator[Fault]:
    """Yield faults for approved lines of an item and tier that overlap. A proposed line may overlap them."""
    cards: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        if row.values["approved"]:
            cards[row.values["item"], row.values["tier"]].append(row)
    for lines in cards.values():
        lines.sort(key=lambda row: row.values["valid_from"])
        for row, following in pairwise(lines):
            ends, begins = row.values["valid_to"], following.values["valid_from"]
            if begins != row.values["valid_from"] and (ends is None or ends >= begins):
                yield Fault("prices", following.number, "valid_from", str(begins), "overlap", {"row": row.number})
