"""Counts of calls in the API. No personal data."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from app.calls.models import CallOutcome
from app.kit.fields import Day
from app.kit.terms import Term


class CallDimension(Term):
    """By what calls are told apart."""

    DAY = "day", "日期", "day", "The day of the call."
    HOUR = "hour", "时段", "hour", "The hour of the call."
    OUTCOME = "outcome", "结果", "outcome", "How the call ended."


class CallsAsked(BaseModel):
    """Days of the centre's zone, both included, and which calls."""

    model_config = ConfigDict(extra="forbid")

    from_: Day = Field(alias="from")
    to: Day
    outcome: CallOutcome | None = None
    by: list[CallDimension] = Field(
        default=[CallDimension.DAY, CallDimension.OUTCOME], max_length=3, description="one to three dimensions"
    )


class CallCounts(BaseModel):
    """Calls that have ended."""

    calls: int
    withheld: int = Field(description="of them, those that showed no number")
    seconds: int = Field(description="how long they lasted, together")


class CallRow(CallCounts):
    """Counts of one value of each dimension asked for; the other dimensions are left out."""

    day: date | None = None
    hour: int | None = Field(default=None, description="0 to 23, in the centre's zone")
    outcome: CallOutcome | None = None


class Calls(BaseModel):
    """A call counts in the hour in which it began."""

    rows: list[CallRow]
    total: CallCounts
