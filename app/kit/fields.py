"""The bounded values that callers send: what a calendar, a column or a clock could not hold is refused at the door.

Every moment, day, whole number and text of a request is one of these or has bounds of its own; a test walks the OpenAPI
document. Bounds that follow from the matter (a window within a year, a price below its cap) are checked where it is.
"""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC)
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2099, 12, 31)

Moment = Annotated[
    AwareDatetime,
    Field(
        ge=EARLIEST,
        le=LATEST,
        json_schema_extra={"formatMinimum": EARLIEST.isoformat(), "formatMaximum": LATEST.isoformat()},
    ),
]
"""A moment with its zone, from 2000 to the end of 2099."""

Day = Annotated[
    date,
    Field(
        ge=FIRST_DAY,
        le=LAST_DAY,
        json_schema_extra={"formatMinimum": FIRST_DAY.isoformat(), "formatMaximum": LAST_DAY.isoformat()},
    ),
]
"""A day, from 1900 to the end of 2099."""

MOST_FEN = 100_000_000
Fen = Annotated[int, Field(ge=0, le=MOST_FEN, description="fen")]
"""Money, up to a million yuan."""

RowNumber = Annotated[int, Field(ge=0, lt=2**63)]
"""A number that the database gave a row."""

Code = Annotated[str, StringConstraints(max_length=40)]
"""A code of the catalogue, the gazetteer or a rule; one that does not exist is refused or finds nothing."""

Line = Annotated[str, StringConstraints(max_length=200)]
"""One line of text."""
