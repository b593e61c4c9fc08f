"""The working-day calendar and the admin's checks in the API."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from app.kit.fields import Body
from app.kit.terms import Term

Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Year = Annotated[int, Field(ge=2000, le=2099)]


class Source(Term):
    """Where a day of the calendar comes from."""

    LIBRARY = "library", "国家公布", "published", "Published by the state, taken from the holiday library."
    CENTRE = "centre", "本中心", "centre", "Entered by the centre."


class DayIn(Body):
    """Whether the day is a working day, and on what authority, such as a notice of the State Council."""

    working: bool
    note: Note


class SpecialDay(BaseModel):
    """A public holiday, a make-up working day, or a day entered by the centre."""

    day: date
    working: bool
    source: Source
    note: str


class CalendarYear(BaseModel):
    """The year's days that differ from a Monday-to-Friday week. `known` says whether its make-up days are known."""

    year: int
    known: bool
    days: list[SpecialDay]


class DayChanged(BaseModel):
    """The day as it applies now, and how many requests and periods it moved.

    Each move is on the request's timeline or in a notice to the provider.
    """

    day: date
    working: bool
    source: Source
    requests_moved: int
    periods_moved: int


class Check(BaseModel):
    """Something that needs an admin's attention."""

    code: str
    year: int | None
    zh: str
    en: str
