"""What every event about a request carries of it as it was then: by these, and by provider and actor, figures count.

A request's facts change: its tier falls, its item is corrected. Its events keep what was true when they happened, so a
figure never changes afterwards, and can be counted again from the log alone (docs/decisions/0022).
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    FromClause,
    Text,
    Uuid,
    column,
    literal_column,
    select,
    table,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.sql.selectable import LateralFromClause

FACTS = {
    "request_kind": "kind",
    "category_code": "category_code",
    "item_code": "item_code",
    "township_code": "township_code",
    "community_code": "community_code",
    "tier": "tier",
    "channel": "channel",
    "urgency": "urgency",
    "priority_group": "priority_group",
}
"""The columns of events that say it, with those of requests that they are taken from."""
_REQUESTS = table("requests", column("id", Uuid), *(column(name, Text) for name in FACTS.values()))
"""By name: its model is on a higher level."""


def facts_of(request: FromClause) -> list[ColumnElement[Any]]:
    """The facts in rows that have the columns of requests."""
    return [request.c[source].label(name) for name, source in FACTS.items()]


def look_up(request_id: ColumnElement[Any]) -> LateralFromClause:
    """The facts of the request with this id, as they were before the statement; no row where there is none."""
    found = select(*facts_of(_REQUESTS)).where(_REQUESTS.c.id == request_id)
    return found.offset(literal_column("0")).lateral("facts")  # one by one: the planner can't know how few they are


def happened_at(event: FromClause) -> ColumnElement[Any]:
    """When what the event reports happened, where that was before it was written down; else NULL."""
    return sql_cast(event.c.data["happened_at"].as_string(), DateTime(timezone=True))


def has_facts(rows: FromClause) -> bool:
    """Whether these rows have the columns of requests."""
    return all(source in rows.c for source in FACTS.values())
