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

    LIBRARY = "library", "国家公布", "published", "As the state publishes it, from the library."
    CENTRE = "centre", "本中心", "centre", "Entered by the centre."


class DayIn(Body):
    """Whether the day is a working day, and who says so: the State Council's notice, an order of the district."""

    working: bool
    note: Note


class SpecialDay(BaseModel):
    """A public holiday, a make-up working day, or a day that the centre has entered."""

    day: date
    working: bool
    source: Source
    note: str


class CalendarYear(BaseModel):
    """The year's days that are not simply working from Monday to Friday; `known`: its make-up days are."""

    year: int
    known: bool
    days: list[SpecialDay]


class DayChanged(BaseModel):
    """The day as it holds now, and what it moved: each is on the request's timeline, or told to the firm."""

    day: date
    working: bool
    source: Source
    requests_moved: int
    periods_moved: int


class Check(BaseModel):
    """Something that an admin has to see to."""

    code: str
    year: int | None
    zh: str
    en: str
