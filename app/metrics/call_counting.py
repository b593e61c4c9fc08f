"""How ended calls become counts: the one definition behind the kept and the live figures."""

from typing import Any

from sqlalchemy import Date, FromClause, Select, SmallInteger, extract, func, select
from sqlalchemy import cast as sql_cast

from app.events.facts import happened_at
from app.events.kinds import EventKind
from app.kit.orm import word
from app.metrics.models import CallHour
from app.metrics.rollup import ZONE, Rollup


def _count(event: FromClause) -> Select[Any]:
    """Return the counts of these events, by the hour in which each call began."""
    data = event.c.data
    began = func.timezone(ZONE, happened_at(event))
    keys = [
        sql_cast(began, Date).label("day"),
        sql_cast(extract("hour", began), SmallInteger).label("hour"),
        data["outcome"].as_string().label("outcome"),
    ]
    return (
        select(
            *keys,
            func.count().label("calls"),
            func.count().filter(data["withheld"].as_boolean()).label("withheld"),
            func.sum(data["seconds"].as_integer()).label("seconds"),
        )
        .where(event.c.kind == word(EventKind.CALL_ENDED))
        .group_by(*keys)
    )


CALLS = Rollup("roll_up_calls", "calls", CallHour, _count)
