"""Requests and responses for complaints."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.complaints.models import Cause, ComplaintStatus
from app.jobs.models import Fault
from app.jobs.schemas import Note
from app.kit.errors import InvalidField
from app.kit.fields import Body
from app.kit.pages import Paging
from app.kit.personal_words import Words


class ComplaintFilter(Paging):
    """Filters; without any, all complaints are listed."""

    is_open: Annotated[bool | None, Query(alias="open")] = None
    owner: Annotated[Literal["me"] | None, Query()] = None
    status: Annotated[ComplaintStatus | None, Query()] = None
    request_id: Annotated[UUID | None, Query()] = None


class OwnComplaint(BaseModel):
    """A complaint as the provider it is about sees it. `words` is what the citizen said."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: int
    job_id: UUID | None
    status: ComplaintStatus
    cause: Cause
    words: Words | None
    opened_at: datetime
    reply_by: datetime | None = Field(description="after this moment the complaint may be decided without a reply")
    reply: Words | None
    replied_at: datetime | None
    decided_at: datetime | None
    upheld: bool | None
    fault: Fault | None
    decision: Words | None


class ComplaintOut(OwnComplaint):
    """A citizen's case. `request_id` and `number` belong to the caller's own request, which may be merged into another.

    `due_at` is the deadline for the decision, and `owner_id` the supervisor responsible for it.
    """

    request_id: UUID
    provider_id: UUID | None
    provider_name: str | None
    owner_id: UUID | None
    due_at: datetime
    decided_by: UUID | None
    answer_at: datetime | None = Field(description="when the citizen may next be phoned about the decision")
    answer_attempts: int
    answered_at: datetime | None
    answered_by: UUID | None
    answer_note: Words | None


class Owner(Body):
    """The supervisor who owns the case."""

    staff_id: UUID


class Reply(Body):
    """The provider's reply to the complaint."""

    text: Note


class Decision(Body):
    """The decision on a complaint. If it is upheld and `fault` is left out, the provider it is about is at fault.

    Only an upheld complaint has a fault, and only the provider's fault costs credit.
    """

    upheld: bool
    decision: Note
    fault: Fault | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.fault and not self.upheld:
            raise InvalidField("a complaint that is not upheld has no fault", "不成立的投诉没有过错方")
        return self


class ToAnswer(BaseModel):
    """The citizen to phone about a decision, with name and number in full. The audit log records this."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    request_id: UUID
    number: int
    contact_name: str | None
    contact_phone: str
    words: Words | None
    upheld: bool
    decision: Words
    answer_attempts: int
    answer_taken_until: datetime


class Answer(Body):
    """How the call went. `note` is what the citizen said about the decision."""

    reached: bool
    note: Note | None = None
