"""Requests and responses for callbacks."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.aftercare.models import CallbackStatus, Satisfaction
from app.catalog.models import Tier
from app.intake.models import RequestStatus
from app.jobs.schemas import Note
from app.kit.errors import InvalidField
from app.kit.fields import Body, Fen
from app.kit.personal_words import Words
from app.kit.quantity import Quantity


class CallbackOut(BaseModel):
    """A callback, made or still to be made. The phone number and the name are masked.

    `number` and `request_status` belong to the caller's own request. It may have been merged into the one that was
    served (`served_request_id`); only the served request's caller was billed.
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    request_id: UUID
    served_request_id: UUID
    number: int
    other_numbers: list[int] = Field(description="merged requests from the same phone number; one call covers them all")
    request_status: RequestStatus
    item_code: str
    contact_name: str | None
    contact_phone: str
    job_id: UUID
    provider_id: UUID
    provider_name: str
    status: CallbackStatus
    due_at: datetime
    attempts: int = Field(description="unanswered calls; the third ends the callback as unreached")
    taken_by: UUID | None
    taken_until: datetime | None
    quantity: Quantity | None = Field(description="the billed quantity, in the item's unit")
    unit: str | None
    billed_fen: int | None
    solved: bool | None
    satisfaction: Satisfaction | None
    paid_fen: int | None = Field(description="what the citizen says was paid")
    difference_fen: int | None = Field(description="paid minus billed")
    remark: Words | None
    ended_at: datetime | None


class CallbackTaken(CallbackOut):
    """The callback to make now, with the citizen's name and phone number in full. The audit log records this."""

    description: Words
    tier: Tier
    result: Words | None = Field(description="what the provider reported")
    completed_at: datetime


class Outcome(Body):
    """How the call went. If the citizen was reached, `solved` is required; if not, leave out everything else."""

    reached: bool
    solved: bool | None = None
    satisfaction: Satisfaction | None = None
    paid_fen: Fen | None = None
    remark: Note | None = None
    redo_refused: bool = Field(
        default=False, description="the problem is unsolved and the citizen wants another provider"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.reached and self.solved is None:
            raise InvalidField("say whether the problem is solved", "请填写是否已解决")
        if not self.reached and self.model_dump(exclude={"reached"}, exclude_defaults=True):
            raise InvalidField("leave out everything else when nobody was reached", "未接通时不能填写其他内容")
        if self.redo_refused and self.solved:
            raise InvalidField("solved work is not done again", "已解决的不再返工")
        return self
