"""The bounded values that callers send: what a calendar, a column or a clock could not hold is refused at the door.

Every moment, day, whole number and text of a request is one of these or has bounds of its own; a test walks the OpenAPI
document. Bounds that follow from the matter (a window within a year, a price below its cap) are checked where it is.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema

from app.kit.errors import Unfit

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC)
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2099, 12, 31)

Moment = Annotated[
    AwareDatetime,
    Field(
        ge=EARLIEST,
        le=LATEST,
        json_schema_extra={"x-minimum": EARLIEST.isoformat(), "x-maximum": LATEST.isoformat()},
    ),
]
"""A moment with its zone, from 2000 to the end of 2099."""

Day = Annotated[
    date,
    Field(
        ge=FIRST_DAY,
        le=LAST_DAY,
        json_schema_extra={"x-minimum": FIRST_DAY.isoformat(), "x-maximum": LAST_DAY.isoformat()},
    ),
]
"""A day, from 1900 to the end of 2099."""

_MONTH = r"^20[0-9][0-9]-(0[1-9]|1[0-2])$"


def _first_day(month: Any) -> date:
    if isinstance(month, date) and month.day == 1:
        return month
    if isinstance(month, str) and re.fullmatch(_MONTH, month):
        return date.fromisoformat(f"{month}-01")
    raise Unfit("is no month: write 2026-11", "不是月份，请写成 2026-11")


Month = Annotated[
    date,
    BeforeValidator(_first_day),
    PlainSerializer(lambda month: f"{month:%Y-%m}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": _MONTH, "description": "YYYY-MM"}),
]
"""A calendar month from 2000 to 2099, written YYYY-MM: its first day."""

MOST_FEN = 100_000_000
Fen = Annotated[int, Field(ge=0, le=MOST_FEN, description="fen")]
"""Money, up to a million yuan."""

RowNumber = Annotated[int, Field(ge=0, lt=2**63)]
"""A number that the database gave a row."""

Code = Annotated[str, StringConstraints(max_length=40)]
"""A code of the catalogue, the gazetteer or a rule; one that does not exist is refused or finds nothing."""

Line = Annotated[str, StringConstraints(max_length=200)]
"""One line of text."""
