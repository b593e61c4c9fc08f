"""What a supervisor sees and decides, in the API."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from app.catalog.models import Urgency
from app.danger.kinds import DangerKind
from app.intake.models import RequestStatus, UnmatchedReason
from app.jobs.models import Fault
from app.jobs.schemas import Note
from app.kit.fields import Body
from app.kit.pages import Paging
from app.kit.terms import Term


class Concern(Term):
    """Why a request is in the supervisor's queue."""

    DANGER = "danger", "险情", "danger", "It reports a danger and is still open, relayed or not."
    TO_ARBITRATE = "to_arbitrate", "待裁定", "to arbitrate", "Work was given back after its start, or a second time."
    UNMATCHED = "unmatched", "无人接单", "unmatched", "No provider was found; a person decides."
    SEPARATED = (
        "separated",
        "已撤销合并",
        "separated",
        "Its merge was undone, and nobody has handled it yet.",
    )
    RED = "red", "超过时限", "overdue", "A deadline has passed."
    EXTENSION_ASKED = "extension_asked", "申请延期", "more time requested", "A provider asks for more time."
    COMPLAINT = "complaint", "投诉", "complaint", "A complaint needs a decision; the request itself may be closed."
    YELLOW = "yellow", "将到时限", "due soon", "Three quarters of a clock's time have passed."
    PROVIDER_GONE = (
        "provider_gone",
        "单位已退出",
        "provider gone",
        "Its provider left or was expelled after starting the work; somebody must end the job for it.",
    )


class QueueFilter(Paging):
    """Which part of the queue to list. Without `kind`, all of it."""

    kind: Annotated[Concern | None, Query()] = None
    category: Annotated[str | None, Query(max_length=20)] = None
    township: Annotated[str | None, Query(max_length=20)] = None


class QueueItem(BaseModel):
    """A request that needs a supervisor."""

    request_id: UUID
    number: int
    status: RequestStatus
    kinds: list[Concern]
    category: str
    item: str
    township: str | None
    urgency: Urgency
    danger_kind: DangerKind | None
    danger_relayed_at: datetime | None = Field(description="null: no emergency line has been told of the danger yet")
    due: datetime = Field(
        description="the earliest deadline of its running clocks and undecided complaints; if none, when it came in"
    )
    unmatched_reason: UnmatchedReason | None
    zh: str | None = Field(description="`unmatched_reason` in words")
    en: str | None
    job_id: UUID | None = Field(description="the job to arbitrate, extend, or end for its provider")
    extension_id: UUID | None
    complaint_id: UUID | None = Field(description="the undecided complaint with the earliest deadline")


class Counts(BaseModel):
    """How many requests are in the queue for each reason (one may have several), and how many providers fell
    silent."""

    danger: int
    to_arbitrate: int
    unmatched: int
    separated: int
    red: int
    extension_asked: int
    complaint: int
    yellow: int
    provider_gone: int
    silent_providers: int


class SilentProvider(BaseModel):
    """A provider that gets no more offers, because it let several in a row expire."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    contact_name: str
    phone: str
    unreachable_at: datetime
    silent_offers: int
    open_jobs: int


class ExtensionDecision(Body):
    granted: bool
    note: Note | None = None


class StepOut(BaseModel):
    """A step of the worker: when it last ran, when it last succeeded, and since when it has been failing."""

    model_config = ConfigDict(from_attributes=True)

    step: str
    beat_at: datetime
    done_at: datetime | None
    failing_since: datetime | None
    failures: int = Field(description="failures in a row")
    error: str | None


class TroubleOut(BaseModel):
    """A subject that a step set aside after failing too often. It waits until somebody releases it."""

    step: str
    subject_id: UUID = Field(description="for a step that reads the log, the event's id written as a UUID")
    tries: int
    since: datetime
    last_at: datetime
    error: str


class WorkerOut(BaseModel):
    """The health of the worker: every step, and up to 300 subjects set aside, oldest first."""

    steps: list[StepOut]
    set_aside: list[TroubleOut]


class Finding(Body):
    """Who was at fault for the job's return or failure, and the grounds for the finding."""

    fault: Fault
    note: Note
