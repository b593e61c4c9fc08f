"""The schedule of personal data: for each table, what it holds, how long in clear, what happens then, and why.

Everything follows it: the worker's step, `hotline retention`, erasure, and docs/personal-data.md. A test walks all
tables and columns and fails on one that is missing here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from app.auth.throttle_queries import DEVICE_LIVES
from app.webhooks.actions import KEPT as DELIVERIES_KEPT

DAY, MONTH = timedelta(days=1), timedelta(days=30)
HALF_A_YEAR, TWO_YEARS, THREE_YEARS = timedelta(days=180), timedelta(days=731), timedelta(days=1_096)
TWENTY_FIVE_MONTHS = timedelta(days=761)

NOTHING, EMPTY = "NULL", "''"
"""The value of a blanked column: EMPTY where the column or a CHECK requires a text."""


class Then(StrEnum):
    """What happens to the rows when their time is over."""

    KEPT = "kept"
    BLANKED = "blanked"
    DELETED = "deleted"


@dataclass(frozen=True, kw_only=True, eq=False)
class Line:
    """One table's line of the schedule.

    `blanks` maps the columns with personal data to the SQL that replaces them; `plain` are its other text columns,
    which describe no citizen. A row's time is over when `keeps` has passed since `age` (SQL) and the row satisfies
    `once` (SQL). `ordered` is a key that sorts the rows by age, for logs too long to scan. `through` is the column with
    the id of the row's request, if the row is blanked together with it. `before` is a statement to run on the keys
    (`$1`) of rows before they are deleted.
    """

    table: str
    what: str
    why: str
    seen_by: str = "nobody"
    then: Then = Then.KEPT
    keeps: timedelta | None = None
    setting: str | None = None
    """The setting with the number of days, instead of `keeps`."""
    age: str | None = None
    once: str = "true"
    ordered: str | None = None
    through: str | None = None
    blanks: Mapping[str, str] = field(default_factory=dict)
    plain: Sequence[str] = ()
    before: str | None = None


def _with_request(table: str, what: str, seen_by: str, *plain: str, **blanks: str) -> Line:
    """Return the line of a table whose rows are blanked in the same transaction as their request."""
    why = "Counts, amounts, times and codes stay for figures, statements and credit."
    return Line(
        table=table,
        what=what,
        why=why,
        seen_by=seen_by,
        then=Then.BLANKED,
        through="request_id",
        blanks=blanks,
        plain=plain,
    )


def _deleted(
    table: str,
    what: str,
    why: str,
    keeps: timedelta,
    age: str,
    *,
    once: str = "true",
    ordered: str | None = None,
    setting: str | None = None,
    seen_by: str = "nobody",
    plain: Sequence[str] = (),
    before: str | None = None,
    **blanks: str,
) -> Line:
    return Line(
        table=table,
        what=what,
        why=why,
        keeps=keeps,
        setting=setting,
        age=age,
        once=once,
        ordered=ordered,
        seen_by=seen_by,
        plain=plain,
        blanks=blanks,
        then=Then.DELETED,
        before=before,
    )


def _kept(table: str, what: str, why: str, seen_by: str, *plain: str, **blanks: str) -> Line:
    return Line(table=table, what=what, why=why, seen_by=seen_by, plain=plain, blanks=blanks)


def _no_person(table: str, what: str, *plain: str) -> Line:
    return Line(table=table, what=what, why="It describes no citizen.", seen_by="staff", plain=plain)


ENDED = "coalesce(closed_at, cancelled_at, merged_at)"
"""When a finished request ended."""
FINISHED = "status IN ('closed', 'cancelled', 'merged')"
_DESK, _DESK_FIRM = "operators, supervisors", "operators, supervisors, the provider that has the work"
_POINT = (
    "(SELECT coalesce(c.{0}, t.{0}) FROM townships t LEFT JOIN communities c ON c.code = community_code"
    " WHERE t.code = township_code)"
)

REQUESTS = Line(
    table="requests",
    what="who asked, who is helped, whom to call, where, what was said and answered",
    why="A citizen may come back to it, complain and settle accounts within two years of its end.",
    seen_by=_DESK_FIRM,
    then=Then.BLANKED,
    keeps=TWO_YEARS,
    age=ENDED,
    once=f"blanked_at IS NULL AND {FINISHED}",
    blanks={
        "description": EMPTY,
        "details": NOTHING,
        "citizen_id": NOTHING,
        "caller_id": NOTHING,
        "contact_name": NOTHING,
        "contact_phone": NOTHING,
        "helped_name": NOTHING,
        "callback_name": NOTHING,
        "callback_phone": NOTHING,
        "address": NOTHING,
        "lat": _POINT.format("lat"),
        "lon": _POINT.format("lon"),
        "answer": NOTHING,
        "outside_number": NOTHING,
        "cancel_reason": NOTHING,
        "hold_reason": NOTHING,
    },
    plain=("danger_lines", "articles", "relay_to", "held_from", "paused"),
)
_SERVED = "NOT EXISTS (SELECT FROM requests r WHERE r.{0} = citizens.id)"
CITIZENS = _deleted(
    "citizens",
    "number, name, address, what operators noted",
    "They are recognised while a request of theirs is in clear, and for two years after a change.",
    TWO_YEARS,
    "coalesce(changed_at, created_at)",
    once=f"{_SERVED.format('citizen_id')} AND {_SERVED.format('caller_id')}"
    " AND NOT EXISTS (SELECT FROM citizens j WHERE j.joined_into = citizens.id)",
    seen_by=_DESK,
    phone=EMPTY,
    name=NOTHING,
    address=NOTHING,
    note=NOTHING,
)
_READ = (
    "seq <= (SELECT min(c.seq) FROM event_cursors c)"
    " AND NOT EXISTS (SELECT FROM step_troubles t WHERE t.subject_id = lpad(to_hex(events.id), 32, '0')::uuid)"
)
"""All readers have passed the event, and no step has set it aside."""

SCHEDULE: Sequence[Line] = (
    REQUESTS,
    _with_request("contacts", "who called or wrote, and what they said", _DESK, phone=NOTHING, note=NOTHING),
    _with_request(
        "complaints",
        "what the citizen complained of, the reply and the decision",
        "supervisors, operators, the provider concerned",
        words=NOTHING,
        phone=NOTHING,
        reply="CASE WHEN reply IS NOT NULL THEN '' END",
        decision="CASE WHEN decision IS NOT NULL THEN '' END",
        answer_note=NOTHING,
    ),
    _with_request("callbacks", "what the citizen said when called back", _DESK_FIRM, "tried", remark=NOTHING),
    _with_request(
        "jobs",
        "what the provider wrote about the work",
        _DESK_FIRM,
        quote_note=NOTHING,
        result=NOTHING,
        return_note=NOTHING,
        fault_note=NOTHING,
    ),
    _with_request(
        "offers", "why a provider declined, in its words", _DESK_FIRM, "scores", "withdraw_reason", decline_note=NOTHING
    ),
    _with_request("extensions", "why more time was asked for", _DESK_FIRM, reason=EMPTY, decision_note=NOTHING),
    _with_request(
        "credit_entries",
        "reply, decision and appeal, which may mention the citizen",
        "supervisors, the provider concerned",
        "rule_code",
        "cause",
        reply="CASE WHEN reply IS NOT NULL THEN '' END",
        decision_note=NOTHING,
        appeal="CASE WHEN appeal IS NOT NULL THEN '' END",
        appeal_note=NOTHING,
    ),
    _with_request("remarks", "what was typed with a step: why, and who agreed", _DESK, text=EMPTY),
    CITIZENS,
    _kept(
        "citizen_groups",
        "membership of a priority group, which may tell of health or hardship, and who confirmed it",
        "It opens cheaper tiers. It goes with the citizen.",
        _DESK,
        source=EMPTY,
    ),
    _kept(
        "consents",
        "what a citizen agreed to or withdrew, when and how they said so",
        "It proves what may be kept. It goes with the citizen.",
        _DESK,
    ),
    _kept(
        "citizen_bars",
        "the provider that a citizen does not want, and why",
        "Matching obeys it. It goes with the citizen.",
        _DESK,
        reason=NOTHING,
    ),
    _deleted(
        "calls",
        "the caller's number and the time",
        "To find a call again that a citizen asks about. The counts by hour stay.",
        TWO_YEARS,
        "began_at",
        once="status = 'ended'",
        seen_by="operators, supervisors, the manager without numbers",
        plain=("external_id",),
        before="DELETE FROM call_requests WHERE call_id = ANY($1)",
        phone=NOTHING,
    ),
    _kept("call_requests", "which call was about which request", "It goes with the call.", _DESK),
    _deleted(
        "idempotency_keys",
        "the answer to a call that may be repeated, which may show a request",
        "A repeated call gets the same answer for a day, as the API promises.",
        DAY,
        "created_at",
        plain=("key", "body_hash"),
        answer=NOTHING,
    ),
    _deleted(
        "webhook_deliveries",
        "what a receiver answered to a message",
        "Deliveries can be sent again for a week.",
        DELIVERIES_KEPT,
        "at",
        ordered="id",
        seen_by="the endpoint's owner, admins",
        plain=("type",),
        answer=NOTHING,
    ),
    _deleted(
        "failed_searches",
        "what an operator searched for in vain, with numbers, names and addresses masked",
        "It shows which articles are missing.",
        HALF_A_YEAR,
        "at",
        ordered="id",
        seen_by="the manager",
        text=EMPTY,
    ),
    _deleted(
        "item_choices",
        "callers' words, with numbers, names and addresses masked, and the item chosen for them",
        "Suggestions learn from them.",
        HALF_A_YEAR,
        "at",
        ordered="id",
        setting="choices_days",
        plain=("suggested",),
        words=EMPTY,
    ),
    _deleted(
        "applications",
        "a person to reach at a company that was refused or withdrew, and what it filed",
        "It may ask why for half a year.",
        HALF_A_YEAR,
        "decided_at",
        once="status IN ('refused', 'withdrawn')",
        seen_by="registrars, the company itself",
        plain=("code_hash", "uscc"),
        name=EMPTY,
        phone=EMPTY,
        form="'{}'",
        reason=NOTHING,
    ),
    _deleted(
        "provider_notices",
        "what a provider was told, with reasons in staff's words",
        "A provider may look up two years of notices.",
        TWO_YEARS,
        "at",
        seen_by="the provider, registrars",
        plain=("kind", "subject"),
        data='\'{"zh": "内容已清除。", "en": "The text was removed."}\'',
    ),
    _deleted(
        "decisions",
        "who was ranked for a request, and who was left out and why; providers only",
        "A provider may ask for two years why it was passed over (decision 0017).",
        TWENTY_FIVE_MONTHS,
        "at",
        ordered="id",
        seen_by="operators, supervisors, the provider about itself",
        plain=("reasons", "ranked", "totals", "rejected"),
    ),
    _deleted(
        "events",
        "what happened to which request, by whom; keys, codes and figures, no citizen's data",
        "Figures can be recounted for any month of two years. Kept figures stay (decisions 0017, 0026).",
        TWENTY_FIVE_MONTHS,
        "at",
        once=_READ,
        ordered="id",
        seen_by="staff; providers and webhooks about their own work",
        plain=(
            "kind",
            "data",
            "request_kind",
            "category_code",
            "item_code",
            "township_code",
            "community_code",
            "tier",
            "channel",
            "urgency",
            "priority_group",
        ),
    ),
    _deleted(
        "audit_entries",
        "who saw or changed what, with addresses of sign-ins; citizens by key or masked number",
        "Misuse can come to light late. Three years is the limitation period (Civil Code, article 188).",
        THREE_YEARS,
        "at",
        ordered="id",
        seen_by="admins",
        plain=("actor_kind", "action", "subject", "data"),
    ),
    _deleted(
        "call_counts",
        "calls of a network or key in a span",
        "To limit floods.",
        DAY,
        "begins",
        plain=("key",),
    ),
    _deleted(
        "sign_in_tries",
        "failed sign-ins by a hash of name and network",
        "To slow guessing.",
        DAY,
        "last_at",
        plain=("key",),
    ),
    _deleted(
        "staff_sessions",
        "when a member of staff was signed in",
        "To look into misuse for a month.",
        MONTH,
        "least(ended_at, expires_at)",
        plain=("token_hash",),
    ),
    _deleted(
        "provider_sessions",
        "when a provider was signed in",
        "To look into misuse for a month.",
        MONTH,
        "least(ended_at, expires_at)",
        plain=("token_hash",),
    ),
    _deleted(
        "staff_devices",
        "browsers from which a member of staff has signed in",
        "Known browsers don't wait behind strangers.",
        DEVICE_LIVES,
        "last_used_at",
        plain=("token_hash",),
    ),
    _kept(
        "staff",
        "a member of staff: user name, name, hash of the password",
        "Their acts stay attributable after they have left.",
        "admins; colleagues see the name",
        "roles",
        username=EMPTY,
        name=EMPTY,
        password_hash=EMPTY,
        totp_seed=NOTHING,
        recovery_hashes="'{}'",
    ),
    _kept(
        "providers",
        "a provider's contact person and number",
        "It is a business contact, kept in the registry with the provider's history.",
        "staff",
        "name",
        "uscc",
        contact_name=EMPTY,
        phone=EMPTY,
    ),
    _kept(
        "provider_months",
        "turnover and profit-and-tax",
        "Statements stay.",
        "registrars, managers, the provider",
        "reopened_why",
    ),
    _kept("provider_papers", "licences", "The registry's history.", "registrars, the provider", "number"),
    _kept(
        "provider_keys",
        "hashes of providers' keys",
        "A revoked key stays refused.",
        "registrars",
        "token_hash",
        "label",
    ),
    _kept(
        "statement_links",
        "who made a link to a statement, and how often it was read",
        "To answer who opened it.",
        "registrars",
        "token_hash",
    ),
    _kept(
        "webhook_endpoints",
        "where events are sent",
        "Until the owner deletes it.",
        "the owner, admins",
        "url",
        "label",
        "types",
        "seed",
        "former_seed",
    ),
    _kept(
        "step_troubles",
        "what the worker could not process, with the database's message",
        "Until it is processed or released; a day after that.",
        "admins",
        "step",
        error=NOTHING,
    ),
    _kept(
        "worker_steps", "how the worker's steps are doing", "The present state only.", "admins", "step", error=NOTHING
    ),
    _kept("erasures", "when a citizen was erased; the key names nobody any more", "To answer for it.", "nobody"),
    _no_person("article_entries", "which articles answer what", "items", "areas"),
    _no_person("article_versions", "the wording of articles", "items", "areas", "content", "change", "note"),
    _no_person("article_words", "words of articles", "word"),
    _no_person("articles", "the knowledge base", "slug"),
    _no_person("auth_generation", "when rights last changed"),
    _no_person("calendar_days", "working days", "note"),
    _no_person("call_hours", "counts of calls by hour", "outcome"),
    _no_person("canned_texts", "texts to send", "name", "zh", "en"),
    _no_person("categories", "the catalogue", "code", "zh", "en"),
    _no_person("communities", "the gazetteer", "code", "zh", "kind", "pinyin", "initials"),
    _no_person("credit_rules", "what costs and earns credit", "version", "rules"),
    _no_person("daily_volumes", "counts by day", "kind", "category_code", "township_code", "tier", "channel"),
    _no_person("danger_guides", "what is said in a danger", "content", "change", "note"),
    _no_person("districts", "the gazetteer", "code", "zh", "en", "bounds"),
    _no_person("entitlements", "who may have which tier", "proof"),
    _no_person("event_cursors", "how far readers of the log have come", "reader"),
    _no_person("groups", "priority groups", "code", "zh", "en"),
    _no_person(
        "items",
        "the catalogue",
        "code",
        "zh",
        "en",
        "keywords",
        "tiers",
        "unit",
        "papers",
        "rule",
        "rule_en",
        "asks",
        "lines",
    ),
    _no_person("outages", "when the worker stood still"),
    _no_person("paper_kinds", "kinds of licences", "code", "zh", "en"),
    _no_person("places", "names of places", "zh", "en", "aliases", "pinyin"),
    _no_person("policies", "dispatch policies", "weights", "offer_timeouts", "ladder", "surge", "note"),
    _no_person("provider_coverage", "where providers work"),
    _no_person("provider_days", "counts by provider and day"),
    _no_person("provider_exceptions", "special opening hours"),
    _no_person("provider_hours", "opening hours"),
    _no_person("provider_item_months", "counts by provider, item and month"),
    _no_person("provider_items", "price cards"),
    _no_person("provider_reach", "who serves what where", "township_code", "item_code", "tier"),
    _no_person("provider_windows", "counts of the last weeks"),
    _no_person("rounds", "times and deadlines of past rounds"),
    _no_person("suggestion_models", "learned weights of word parts", "content", "figures"),
    _no_person("surges", "when a surge began and why", "reason"),
    _no_person("townships", "the gazetteer", "code", "zh", "en", "type"),
    _no_person("urgencies", "deadlines by urgency", "code", "zh"),
)

BY_TABLE: Mapping[str, Line] = {line.table: line for line in SCHEDULE}
WITH_REQUEST: Sequence[Line] = [line for line in SCHEDULE if line.through]
DUE: Sequence[Line] = [line for line in SCHEDULE if line.age]
"""Tables whose rows fall due by their age. Rows that belong to a request are blanked with it."""


def as_table() -> str:
    """Return the schedule as docs/personal-data.md shows it, tables with personal data first."""
    rows = ["| table | what | how long | then | why | who sees it |", "|---|---|---|---|---|---|"]
    for line in SCHEDULE:
        if not (line.blanks or line.age):
            continue
        rows.append(f"| `{line.table}` | {line.what} | {_how_long(line)} | {line.then} | {line.why} | {line.seen_by} |")
    others = ", ".join(f"`{line.table}`" for line in SCHEDULE if not (line.blanks or line.age))
    return "\n".join(rows) + f"\n\nWithout personal data of citizens and kept: {others}.\n"


def _how_long(line: Line) -> str:
    if line.through:
        return "with its request"
    if line.setting:
        return f"`HOTLINE_{line.setting.upper()}` days"
    return f"{line.keeps.days} days" if line.keeps else "while it is needed"
