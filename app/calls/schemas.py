"""Requests and responses for calls."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from app.calls.models import CallOutcome, CallStatus
from app.kit.fields import Body, Moment, check_span
from app.kit.pages import Paging
from app.kit.personal import mask_phone
from app.kit.phones import Phone

MOST_REQUESTS = 50


class ChosenOutcome(StrEnum):
    """The outcomes that an operator can choose. The others follow from what was recorded during the call."""

    ANSWERED = CallOutcome.ANSWERED
    PROGRESS = CallOutcome.PROGRESS
    PROVIDER = CallOutcome.PROVIDER
    WRONG_NUMBER = CallOutcome.WRONG_NUMBER
    SILENT = CallOutcome.SILENT
    HUNG_UP = CallOutcome.HUNG_UP
    PRANK = CallOutcome.PRANK


class CallIn(Body):
    """A call as the desk reports it. A report about an ended call changes nothing."""

    phone: Phone | None = Field(default=None, description="the caller's number; null if it was withheld or not shown")
    external_id: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None, description="the telephone system's id for the call"
    )
    began_at: Moment
    status: CallStatus = CallStatus.ONGOING
    ended_at: Moment | None = Field(default=None, description="when the call ended; now if left out")
    outcome: ChosenOutcome | None = Field(
        default=None, description="how the call ended; derived from its requests if left out"
    )
    request_ids: list[UUID] = Field(
        default=[], max_length=MOST_REQUESTS, description="requests created or opened so far; each report adds to them"
    )


class CallOut(BaseModel):
    """A call, with its number masked."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    external_id: str | None
    phone: str | None
    operator_id: UUID
    status: CallStatus
    began_at: datetime
    ended_at: datetime | None
    outcome: CallOutcome | None
    request_ids: list[UUID]

    _masked = field_validator("phone")(mask_phone)


class CallNumber(BaseModel):
    """The caller's number in full."""

    phone: str | None


class CallFilter(Paging):
    """Filters; only calls that match all of them are listed."""

    operator_id: UUID | None = None
    outcome: CallOutcome | None = None
    open: Annotated[bool | None, Query(description="true: calls that have not ended; false: calls that have")] = None
    began_from: Moment | None = None
    began_to: Moment | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        check_span("began", self.began_from, self.began_to)
        return self
