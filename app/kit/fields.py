"""Types of what callers send: bodies that refuse unknown fields, and values that fit a calendar, a column or a clock.

Every moment, day, whole number and text of a request has one of these types or bounds of its own; a test checks this in
the OpenAPI document. Bounds of the domain (a window within a year, a price below its cap) are checked in the
features that have them.
"""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError

from app.kit.errors import InvalidField


def _strict(part: Any) -> None:
    if isinstance(part, dict):
        if part.get("type") in ("bool", "int", "float"):
            part["strict"] = True
        for inner in part.values():
            _strict(inner)
    elif isinstance(part, list):
        for inner in part:
            _strict(inner)


class Body(BaseModel):
    """A JSON body that a caller sends. Unknown fields are refused, and each value must have the declared type.

    `true` is not a number, `1` is not a boolean, and `"1"` and `1.0` are not whole numbers. Query parameters are text,
    and are parsed as such.
    """

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema with strict booleans and numbers. A wholly strict schema would demand Python objects for
        enums, ids and moments, because a body is parsed before it is validated."""
        schema = handler(source)
        _strict(handler.resolve_ref_schema(schema))
        return schema


EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC)
_DATED = re.compile("[0-9]{4}-")
"""The beginning of a written day or moment. Without this check, a number, even as text, would be read as seconds."""
_CLOCK_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2099, 12, 31)


def _moment(value: Any) -> Any:
    if isinstance(value, datetime) or (isinstance(value, str) and _DATED.match(value)):
        return value
    raise PydanticCustomError(
        "datetime_type", "Write a date and time with its offset, such as 2026-11-24T08:00:00+08:00"
    )


def _day(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and len(value) == 10 and _DATED.match(value)):
        return value
    raise PydanticCustomError("date_type", "Write a date, such as 2026-11-24")


def _clock_time(value: Any) -> Any:
    if isinstance(value, time) or (isinstance(value, str) and re.fullmatch(_CLOCK_TIME, value)):
        return value
    raise PydanticCustomError("time_type", "Write a time of day without an offset, such as 08:00")


Moment = Annotated[
    AwareDatetime,
    Field(
        ge=EARLIEST,
        le=LATEST,
        json_schema_extra={"x-minimum": EARLIEST.isoformat(), "x-maximum": LATEST.isoformat()},
    ),
    BeforeValidator(_moment),
]
"""A moment with its UTC offset, from 2000 to the end of 2099."""

Day = Annotated[
    date,
    Field(
        ge=FIRST_DAY,
        le=LAST_DAY,
        json_schema_extra={"x-minimum": FIRST_DAY.isoformat(), "x-maximum": LAST_DAY.isoformat()},
    ),
    BeforeValidator(_day),
]
"""A day, from 1900 to the end of 2099."""


def check_span(named: str, start: Any, end: Any) -> None:
    """Raise InvalidField if the span from `named`_from to `named`_to ends before it begins. Either end may be None."""
    if start and end and end < start:
        raise InvalidField(f"{named}_to is before {named}_from", f"{named}_to 早于 {named}_from")


ClockTime = Annotated[
    time,
    BeforeValidator(_clock_time),
    WithJsonSchema(
        {"type": "string", "pattern": _CLOCK_TIME, "description": "HH:MM or HH:MM:SS, in the centre's zone"}
    ),
]
"""A time of day in the centre's zone. It has no offset, so it is not RFC 3339's `time`."""

_MONTH = r"^20[0-9][0-9]-(0[1-9]|1[0-2])$"


def _first_day(month: Any) -> date:
    if isinstance(month, date) and month.day == 1:
        return month
    if isinstance(month, str) and re.fullmatch(_MONTH, month):
        return date.fromisoformat(f"{month}-01")
    raise InvalidField("is not a month; write it as 2026-11", "不是月份，请写成 2026-11")


Month = Annotated[
    date,
    BeforeValidator(_first_day),
    PlainSerializer(lambda month: f"{month:%Y-%m}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": _MONTH, "description": "YYYY-MM"}),
]
"""A calendar month from 2000 to 2099, written YYYY-MM. Its value is the month's first day."""

MOST_FEN = 100_000_000
Fen = Annotated[int, Field(ge=0, le=MOST_FEN, description="fen")]
"""An amount of money, from 0 to a million yuan."""

RowNumber = Annotated[int, Field(ge=0, lt=2**63)]
"""A number that the database gave to a row."""

Code = Annotated[str, StringConstraints(max_length=40)]
"""A code of the catalogue, the gazetteer or a rule. Routes refuse an unknown code or find nothing for it."""

Line = Annotated[str, StringConstraints(max_length=200)]
"""One line of text."""
