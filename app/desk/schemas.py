"""What the desk shows beside the features' own answers."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.events.models import ActorKind
from app.intake.models import Channel, RequestStatus
from app.intake.schemas import RequestOut, RunningClock
from app.kit.fields import Body
from app.kit.told import Told
from app.registry.models import Standing


class OpenRequest(BaseModel):
    """An open request and its running clocks, the first due first; a held or relayed one has none."""

    request: RequestOut
    clocks: list[RunningClock]
    handed_over: bool = Field(description="whoever followed it has gone home, and nobody has taken it over yet")


class Subject(StrEnum):
    """With what a step is taken."""

    REQUEST = "request"
    OFFER = "offer"
    JOB = "job"


class Step(StrEnum):
    """What can be done with a request, an offer or a job."""

    ANSWER = "answer"
    RELAY = "relay"
    DISPATCH = "dispatch"
    OFFER = "offer"
    CONSENT_TO_TIER = "consent_to_tier"
    CLOSE = "close"
    REOPEN = "reopen"
    HOLD = "hold"
    RESUME = "resume"
    CANCEL = "cancel"
    MERGE = "merge"
    SEPARATE = "separate"
    CORRECT = "correct"
    CONTACT = "contact"
    RAISE_DANGER = "raise_danger"
    RELAY_DANGER = "relay_danger"
    WITHDRAW_DANGER = "withdraw_danger"
    ACCEPT = "accept"
    DECLINE = "decline"
    NO_ANSWER = "no_answer"
    WITHDRAW = "withdraw"
    START = "start"
    APPOINTMENT = "appointment"
    QUOTE = "quote"
    CONSENT = "consent"
    EXTENSION = "extension"
    COMPLETE = "complete"
    RETURN = "return"
    FAIL = "fail"
    REASSIGN = "reassign"
    AMOUNT = "amount"


class PossibleStep(BaseModel):
    """A step that the caller may take now; what is said with it may still be refused (a time that is over, a line that
    is for something else)."""

    subject: Subject
    id: UUID = Field(description="of the request, the offer or the job")
    step: Step


class WorkRequest(BaseModel):
    """A request to be looked after, without personal data."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: int
    status: RequestStatus
    item_code: str
    received_at: datetime


class OpenComplaint(BaseModel):
    """A complaint in somebody's care."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    request_id: UUID
    due_at: datetime


class OpenWork(BaseModel):
    """What somebody looks after: the oldest 200 open requests, all complaints, and what was taken just now."""

    requests: list[WorkRequest]
    complaints: list[OpenComplaint]
    firms_being_phoned: int
    citizens_being_called: int


class Handover(Body):
    """To whom; without `request_ids` all open requests and complaints, and what was taken just now goes to its queue.

    Complaints go to a supervisor only: with `to` an operator, those of somebody whose account is deactivated, or who is
    no supervisor any more, go to the supervisor with the fewest open ones.
    """

    to: UUID
    request_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)] | None = None


class Happening(BaseModel):
    """One entry of a request's timeline: what happened, who did it, and what was said then."""

    id: int
    at: datetime
    kind: str = Field(description="of docs/events.md")
    actor_kind: ActorKind
    actor_name: str | None = Field(description="the colleague or the firm; null: the service itself")
    on_behalf: bool = Field(description="a colleague did it for the firm, on the phone")
    provider_id: UUID | None
    provider_name: str | None = Field(description="the firm that it is about")
    channel: Channel | None = Field(description="of a call or message")
    phone: str | None = Field(description="the number that it came from, masked")
    words: str | None = Field(description="what was said or written down then")
    data: dict[str, Any] = Field(description="what was true then")


class DeskSearch(Body):
    """What is looked for: a request's number, words of an open one, a citizen's name or number, a firm's name."""

    words: Annotated[Told, Field(min_length=1, max_length=50)]


class CitizenFound(BaseModel):
    """A citizen, masked; POST /citizens/searches with the id brings them up."""

    id: UUID
    name: str | None
    phone: str
    community_code: str | None


class FirmFound(BaseModel):
    """A firm of the registry."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    phone: str
    standing: Standing


class DeskFound(BaseModel):
    """The first few of each kind that fit, the best first."""

    requests: list[RequestOut]
    citizens: list[CitizenFound]
    firms: list[FirmFound]
