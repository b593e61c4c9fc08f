"""API schemas for the counts of calls. They hold no personal data."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from app.calls.models import CallOutcome
from app.kit.fields import Day
from app.kit.terms import Term


class CallDimension(Term):
    """A dimension by which calls are counted."""

    DAY = "day", "日期", "day", "The day of the call."
    HOUR = "hour", "时段", "hour", "The hour of the call."
    OUTCOME = "outcome", "结果", "outcome", "How the call ended."


class CallsAsked(BaseModel):
    """The first and the last day, in the centre's zone, and which calls to count."""

    model_config = ConfigDict(extra="forbid")

    from_: Day = Field(alias="from")
    to: Day
    outcome: CallOutcome | None = None
    by: list[CallDimension] = Field(
        default=[CallDimension.DAY, CallDimension.OUTCOME], max_length=3, description="one to three dimensions"
    )


class CallCounts(BaseModel):
    """Counts of ended calls."""

    calls: int
    withheld: int = Field(description="calls that withheld their number")
    seconds: int = Field(description="total duration in seconds")


class CallRow(CallCounts):
    """Counts for one value of each requested dimension. The other dimensions are left out."""

    day: date | None = None
    hour: int | None = Field(default=None, description="0 to 23, in the centre's zone")
    outcome: CallOutcome | None = None


class Calls(BaseModel):
    """Counts of calls. A call counts in the hour in which it began."""

    rows: list[CallRow]
    total: CallCounts
