"""What the desk shows beside the features' own answers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.events.models import ActorKind
from app.intake.models import Channel, RequestStatus
from app.intake.schemas import RequestOut, RunningClock
from app.kit.fields import Body
from app.kit.free_text import FreeText
from app.kit.terms import Term
from app.registry.models import Standing


class OpenRequest(BaseModel):
    """An open request and its running clocks, the first due first; a held or relayed one has none."""

    request: RequestOut
    clocks: list[RunningClock]
    handed_over: bool = Field(description="whoever followed it has gone home, and nobody has taken it over yet")


class Subject(Term):
    """With what a step is taken."""

    REQUEST = "request", "请求", "request", "A citizen's request."
    OFFER = "offer", "派单", "offer", "A request offered to one provider."
    JOB = "job", "工单", "job", "The work that a provider has accepted."


class Step(Term):
    """What can be done with a request, an offer or a job."""

    ANSWER = "answer", "答复并办结", "answer", "Answer it from what the centre knows, and close it."
    RELAY = "relay", "转接", "relay", "Hand it to a line or body outside."
    DISPATCH = "dispatch", "派单", "dispatch", "Look for a provider."
    OFFER = "offer", "直接派单", "offer", "Offer it to a chosen provider."
    CONSENT_TO_TIER = "consent_to_tier", "同意档次", "consent to the tier", "The citizen agrees to a dearer tier."
    CLOSE = "close", "办结", "close", "Close it."
    REOPEN = "reopen", "重新打开", "reopen", "Work on it again."
    HOLD = "hold", "暂缓", "hold", "Have it wait."
    RESUME = "resume", "恢复办理", "resume", "End the wait."
    CANCEL = "cancel", "取消", "cancel", "The citizen does not want it any more."
    MERGE = "merge", "合并", "merge", "It is the same as another."
    SEPARATE = "separate", "撤销合并", "undo the merge", "It stands for itself again."
    CORRECT = "correct", "更正", "correct", "Put right what was taken down."
    CONTACT = "contact", "记录来电", "record a contact", "Somebody called or wrote about it."
    RAISE_DANGER = "raise_danger", "标记险情", "mark a danger", "It tells of a danger."
    RELAY_DANGER = "relay_danger", "险情已转", "relay the danger", "An emergency line has the danger."
    WITHDRAW_DANGER = "withdraw_danger", "撤销险情", "withdraw the danger", "It is no danger after all."
    ACCEPT = "accept", "接单", "accept", "The provider takes it."
    DECLINE = "decline", "拒单", "decline", "The provider does not take it."
    NO_ANSWER = "no_answer", "没人接", "no answer", "The provider did not pick up the phone."
    WITHDRAW = "withdraw", "撤回派单", "withdraw the offer", "Take the offer back before an answer."
    START = "start", "到场开工", "start", "The provider is on site."
    APPOINTMENT = "appointment", "改约", "move the appointment", "Agree on another time."
    QUOTE = "quote", "报价", "quote", "The provider names a price."
    CONSENT = "consent", "同意报价", "agree to the price", "The citizen agrees to the price."
    EXTENSION = "extension", "申请延期", "ask for more time", "The provider needs more time."
    COMPLETE = "complete", "完工", "complete", "The work is done."
    RETURN = "return", "退单", "return", "The provider gives the work back."
    FAIL = "fail", "未能完成", "fail", "The provider could not do it."
    REASSIGN = "reassign", "收回改派", "reassign", "Take the work from the provider."
    AMOUNT = "amount", "更正收费", "correct the bill", "Correct what was billed."


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

    words: Annotated[FreeText, Field(min_length=1, max_length=50)]


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
