"""Callbacks in the API."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.aftercare.models import CallbackStatus, Satisfaction
from app.catalog.models import Tier
from app.intake.models import RequestStatus
from app.jobs.schemas import Note
from app.kit.errors import Unfit
from app.kit.fields import Body, Fen
from app.kit.quantity import Quantity


class CallbackOut(BaseModel):
    """A citizen to be called, or who was; phone and name are masked.

    `number` and `request_status` are those of the caller's own request, which may have been merged into the one
    that was served (`served_request_id`); only the latter's caller was billed.
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    request_id: UUID
    served_request_id: UUID
    number: int
    other_numbers: list[int] = Field(description="merged with it, of the same phone number: one call for all of them")
    request_status: RequestStatus
    item_code: str
    contact_name: str | None
    contact_phone: str
    job_id: UUID
    provider_id: UUID
    provider_name: str
    status: CallbackStatus
    due_at: datetime
    attempts: int = Field(description="calls that nobody answered; the third ends it as unreached")
    taken_by: UUID | None
    taken_until: datetime | None
    quantity: Quantity | None = Field(description="of the work that was billed, in the item's unit")
    unit: str | None
    billed_fen: int | None
    solved: bool | None
    satisfaction: Satisfaction | None
    paid_fen: int | None = Field(description="what the citizen says was paid")
    difference_fen: int | None = Field(description="paid less billed")
    remark: str | None
    ended_at: datetime | None


class CallbackTaken(CallbackOut):
    """The callback to make now, with the citizen's name and phone in full; the reading is on the audit log."""

    description: str
    tier: Tier
    result: str | None = Field(description="what the provider reported")
    completed_at: datetime


class Outcome(Body):
    """How the call went. Reached: whether it is `solved`, and what else was said. Not reached: nothing else."""

    reached: bool
    solved: bool | None = None
    satisfaction: Satisfaction | None = None
    paid_fen: Fen | None = None
    remark: Note | None = None
    redo_refused: bool = Field(default=False, description="unsolved, and the citizen wants another firm")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.reached and self.solved is None:
            raise Unfit("say whether it is solved", "请填写是否已解决")
        if not self.reached and self.model_dump(exclude={"reached"}, exclude_defaults=True):
            raise Unfit("nobody was reached, so nothing else is known", "未接通时不能填写其他内容")
        if self.redo_refused and self.solved:
            raise Unfit("what is solved is not done again", "已解决的不再返工")
        return self
