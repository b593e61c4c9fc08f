"""Every event carries the facts of its request as they were at the time. Figures count by these facts, by provider and
by actor.

A request's facts change when its tier changes or its item is corrected. Its events keep what was true when they
happened, so a figure never changes afterwards and can be counted again from the log alone (docs/decisions/0022).
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
"""The columns of events that hold the facts, and the columns of requests that they are copied from."""
_REQUESTS = table("requests", column("id", Uuid), *(column(name, Text) for name in FACTS.values()))
"""Declared by name, because its model is on a higher level."""


def facts_of(request: FromClause) -> list[ColumnElement[Any]]:
    """Return the facts from rows that have the columns of requests."""
    return [request.c[source].label(name) for name, source in FACTS.items()]


def look_up(request_id: ColumnElement[Any]) -> LateralFromClause:
    """Return the facts of the request with this id as they were before the statement; no row if there is none."""
    found = select(*facts_of(_REQUESTS)).where(_REQUESTS.c.id == request_id)
    return found.offset(literal_column("0")).lateral(
        "facts"
    )  # forces a lookup per row, because the planner can't know how few there are


def happened_at(event: FromClause) -> ColumnElement[Any]:
    """Return the SQL expression for when a step that was reported later happened; NULL for other events."""
    return sql_cast(event.c.data["happened_at"].as_string(), DateTime(timezone=True))


def has_facts(rows: FromClause) -> bool:
    """Return whether these rows have the columns of requests."""
    return all(source in rows.c for source in FACTS.values())
