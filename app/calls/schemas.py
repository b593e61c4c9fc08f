"""Calls in the API."""

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


class ToldOutcome(StrEnum):
    """What an operator may say; that a request was taken or a complaint made follows from what was recorded."""

    ANSWERED = CallOutcome.ANSWERED
    PROGRESS = CallOutcome.PROGRESS
    PROVIDER = CallOutcome.PROVIDER
    WRONG_NUMBER = CallOutcome.WRONG_NUMBER
    SILENT = CallOutcome.SILENT
    HUNG_UP = CallOutcome.HUNG_UP
    PRANK = CallOutcome.PRANK


class CallIn(Body):
    """A call as it stands at the desk. What is said of one that has ended changes nothing."""

    phone: Phone | None = Field(default=None, description="the number that rang; null: withheld, or not shown")
    external_id: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None, description="what the telephone system calls it"
    )
    began_at: Moment
    status: CallStatus = CallStatus.ONGOING
    ended_at: Moment | None = Field(default=None, description="of an ended one; now without it")
    outcome: ToldOutcome | None = Field(
        default=None, description="of an ended one; without it, it follows from the requests"
    )
    request_ids: list[UUID] = Field(
        default=[], max_length=MOST_REQUESTS, description="taken down or opened so far; they add up"
    )


class CallOut(BaseModel):
    """A call, its number masked."""

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
    """The number that rang, in full."""

    phone: str | None


class CallFilter(Paging):
    """All of them together; each left out narrows nothing."""

    operator_id: UUID | None = None
    outcome: CallOutcome | None = None
    open: Annotated[bool | None, Query(description="those that have not ended, or those that have")] = None
    began_from: Moment | None = None
    began_to: Moment | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        check_span("began", self.began_from, self.began_to)
        return self
