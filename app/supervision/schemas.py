"""What a supervisor sees and decides."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from app.danger.kinds import DangerKind
from app.intake.models import RequestStatus, UnmatchedReason
from app.jobs.models import Fault
from app.jobs.schemas import Note
from app.kit.fields import Body
from app.kit.pages import Paging
from app.kit.terms import Term


class Concern(Term):
    """Why a request stands in the supervisor's queue."""

    DANGER = "danger", "险情", "danger", "It tells of a danger and is not over yet, relayed or not."
    TO_ARBITRATE = "to_arbitrate", "待裁定", "to arbitrate", "Work was given back after it had begun, or again."
    UNMATCHED = "unmatched", "无人接单", "unmatched", "Nobody was found; a person decides."
    SEPARATED = (
        "separated",
        "已撤销合并",
        "separated",
        "It stands for itself again after a merge, and nobody has dealt with it yet.",
    )
    RED = "red", "超过时限", "overdue", "A deadline is over."
    EXTENSION_ASKED = "extension_asked", "申请延期", "more time asked for", "A provider asks for more time."
    COMPLAINT = "complaint", "投诉", "complaint", "It is to be decided; the request itself may be over."
    YELLOW = "yellow", "将到时限", "due soon", "Three quarters of a clock's time are over."
    FIRM_GONE = (
        "firm_gone",
        "单位已退出",
        "provider gone",
        "Its provider was expelled or has left, and had begun the work: somebody ends it for them.",
    )


class QueueFilter(Paging):
    """Which part of the queue; without a kind all of it."""

    kind: Annotated[Concern | None, Query()] = None
    category: Annotated[str | None, Query(max_length=20)] = None
    township: Annotated[str | None, Query(max_length=20)] = None


class QueueItem(BaseModel):
    """A request that a supervisor should look at."""

    request_id: UUID
    number: int
    status: RequestStatus
    kinds: list[Concern]
    category: str
    item: str
    township: str | None
    urgency: str
    danger_kind: DangerKind | None
    danger_relayed_at: datetime | None = Field(description="null: no emergency line has the danger yet")
    due: datetime = Field(description="the first of its running clocks' deadlines")
    unmatched_reason: UnmatchedReason | None
    zh: str | None = Field(description="the reason in words")
    en: str | None
    job_id: UUID | None = Field(description="the job to arbitrate, to extend, or to end for its firm")
    extension_id: UUID | None
    complaint_id: UUID | None = Field(description="the first that is to be decided")


class Counts(BaseModel):
    """How many requests stand in the queue for each reason; one may stand there for several."""

    danger: int
    to_arbitrate: int
    unmatched: int
    separated: int
    red: int
    extension_asked: int
    complaint: int
    yellow: int
    firm_gone: int
    silent_providers: int


class SilentProvider(BaseModel):
    """A firm to which no more offers go, because it let one after the other expire."""

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
    """A step of the worker: when a worker last ran and last finished it, and since when it fails."""

    model_config = ConfigDict(from_attributes=True)

    step: str
    beat_at: datetime
    done_at: datetime | None
    failing_since: datetime | None
    failures: int = Field(description="in a row")
    error: str | None


class TroubleOut(BaseModel):
    """A subject that a step could not deal with after all its tries: it waits until somebody releases it."""

    step: str
    subject_id: UUID = Field(description="of a step that reads the log: the event's id, written as a UUID")
    tries: int
    since: datetime
    last_at: datetime
    error: str


class WorkerOut(BaseModel):
    """How the worker does: every step, and what was set aside, the longest ago first (300 at most)."""

    steps: list[StepOut]
    set_aside: list[TroubleOut]


class Finding(Body):
    """Whose fault it was that the work was given back, and what that rests on."""

    fault: Fault
    note: Note
