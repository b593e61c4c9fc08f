"""Complaints in the API."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.complaints.models import Cause, ComplaintStatus
from app.jobs.models import Fault
from app.jobs.schemas import Note
from app.kit.errors import Unfit
from app.kit.fields import Body
from app.kit.pages import Paging


class ComplaintFilter(Paging):
    """Which complaints; without any of these all of them."""

    is_open: Annotated[bool | None, Query(alias="open")] = None
    owner: Annotated[Literal["me"] | None, Query()] = None
    status: Annotated[ComplaintStatus | None, Query()] = None
    request_id: Annotated[UUID | None, Query()] = None


class OwnComplaint(BaseModel):
    """A complaint as the firm sees it that it is about; `words` is what the citizen said."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: int
    job_id: UUID | None
    status: ComplaintStatus
    cause: Cause
    words: str | None
    opened_at: datetime
    reply_by: datetime | None = Field(description="the decision may come after this moment without a reply")
    reply: str | None
    replied_at: datetime | None
    decided_at: datetime | None
    upheld: bool | None
    fault: Fault | None
    decision: str | None


class ComplaintOut(OwnComplaint):
    """A citizen's case. `request_id` and `number` are the caller's own request's, maybe merged into what was served.

    `due_at`: by when it is to be decided, `owner_id`: by whose care.
    """

    request_id: UUID
    provider_id: UUID | None
    provider_name: str | None
    owner_id: UUID | None
    due_at: datetime
    decided_by: UUID | None
    answer_at: datetime | None = Field(description="from when on the citizen is to be phoned about the decision")
    answer_attempts: int
    answered_at: datetime | None
    answered_by: UUID | None
    answer_note: str | None


class Owner(Body):
    """The supervisor who looks after the case."""

    staff_id: UUID


class Reply(Body):
    """What the firm says to the complaint."""

    text: Note


class Decision(Body):
    """Whether the citizen is right, and what follows. `fault`: left out, the firm's whose work it is about.

    Only an upheld complaint has a fault, and only the provider's costs credit.
    """

    upheld: bool
    decision: Note
    fault: Fault | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.fault and not self.upheld:
            raise Unfit("a complaint that is not upheld is nobody's fault", "不成立的投诉没有过错方")
        return self


class ToAnswer(BaseModel):
    """Whom to phone about a decision, in full; the reading is on the audit log."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    request_id: UUID
    number: int
    contact_name: str | None
    contact_phone: str
    words: str | None
    upheld: bool
    decision: str
    answer_attempts: int
    answer_taken_until: datetime


class Answer(Body):
    """How the call went; `note`: what the citizen said to it."""

    reached: bool
    note: Note | None = None
