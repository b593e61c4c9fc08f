"""What the desk shows in addition to the features' own answers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.events.models import ActorKind
from app.intake.models import Channel, RequestStatus
from app.intake.schemas import RequestOut, RunningClock
from app.kit.fields import Body
from app.kit.free_text import FreeText, cleaned
from app.kit.personal_words import Words
from app.kit.terms import Term
from app.registry.models import Standing


class OpenRequest(BaseModel):
    """An open request and its running clocks, soonest due first. A held or relayed one has none."""

    request: RequestOut
    clocks: list[RunningClock]
    handed_over: bool = Field(description="its follower is off shift, and nobody has taken it over yet")


class Subject(Term):
    """What a step applies to."""

    REQUEST = "request", "请求", "request", "A citizen's request."
    OFFER = "offer", "派单", "offer", "A request offered to one provider."
    JOB = "job", "工单", "job", "The work that a provider accepted."


class Step(Term):
    """A step that can be taken with a request, an offer or a job."""

    ANSWER = "answer", "答复并办结", "answer", "Answer it and close it."
    RELAY = "relay", "转接", "relay", "Relay it to an outside line or body."
    DISPATCH = "dispatch", "派单", "dispatch", "Look for a provider."
    OFFER = "offer", "直接派单", "offer", "Offer it to a provider of your choice."
    CONSENT_TO_TIER = "consent_to_tier", "同意档次", "consent to the tier", "The citizen agrees to a dearer tier."
    CLOSE = "close", "办结", "close", "Close it."
    REOPEN = "reopen", "重新打开", "reopen", "Work on a closed request again."
    HOLD = "hold", "暂缓", "hold", "Let it wait until a given time."
    RESUME = "resume", "恢复办理", "resume", "End the hold."
    CANCEL = "cancel", "取消", "cancel", "The citizen no longer wants it."
    MERGE = "merge", "合并", "merge", "Merge it into another request about the same problem."
    SEPARATE = "separate", "撤销合并", "undo the merge", "Make it independent again."
    CORRECT = "correct", "更正", "correct", "Correct what was taken down."
    CONTACT = "contact", "记录来电", "record a contact", "Record a later call or message about it."
    RAISE_DANGER = "raise_danger", "标记险情", "mark a danger", "It reports a danger."
    RELAY_DANGER = "relay_danger", "险情已转", "relay the danger", "An emergency line took the danger."
    WITHDRAW_DANGER = "withdraw_danger", "撤销险情", "withdraw the danger", "There is no danger after all."
    ACCEPT = "accept", "接单", "accept", "The provider accepts it."
    DECLINE = "decline", "拒单", "decline", "The provider declines it."
    NO_ANSWER = "no_answer", "没人接", "no answer", "The provider did not answer the phone."
    WITHDRAW = "withdraw", "撤回派单", "withdraw the offer", "Withdraw the offer before an answer."
    START = "start", "到场开工", "start", "The provider is on site."
    APPOINTMENT = "appointment", "改约", "move the appointment", "Agree on another appointment."
    QUOTE = "quote", "报价", "quote", "The provider quotes a price."
    CONSENT = "consent", "同意报价", "agree to the price", "The citizen agrees to the price."
    EXTENSION = "extension", "申请延期", "ask for more time", "The provider needs more time."
    COMPLETE = "complete", "完工", "complete", "The work is done."
    RETURN = "return", "退单", "return", "The provider returns the work."
    FAIL = "fail", "未能完成", "fail", "The provider could not complete it."
    REASSIGN = "reassign", "收回改派", "reassign", "Take the work away from the provider."
    AMOUNT = "amount", "更正收费", "correct the bill", "Correct what was billed."


class PossibleStep(BaseModel):
    """A step that the caller may take now.

    It can still be refused for what is sent with it, such as a past time or a line that does not handle the danger.
    """

    subject: Subject
    id: UUID = Field(description="the id of the request, offer or job")
    step: Step


class WorkRequest(BaseModel):
    """A request that somebody looks after, without personal data."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: int
    status: RequestStatus
    item_code: str
    received_at: datetime


class OpenComplaint(BaseModel):
    """A complaint that somebody looks after."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    request_id: UUID
    due_at: datetime


class OpenWork(BaseModel):
    """A person's open work: their oldest 200 open requests, all their complaints, and the calls that they just took."""

    requests: list[WorkRequest]
    complaints: list[OpenComplaint]
    providers_being_phoned: int
    citizens_being_called: int


class Handover(Body):
    """Who takes the work over.

    Without `request_ids` all open requests and complaints are handed over, and calls just taken return to their queues.
    Only supervisors get complaints: if `to` is an operator, those of a deactivated account or of somebody who is no
    longer a supervisor go to the supervisor with the fewest.
    """

    to: UUID
    request_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)] | None = None


class Happening(BaseModel):
    """One entry of a request's timeline: what happened, who did it, and what was said."""

    id: int
    at: datetime
    kind: str = Field(description="a kind of event, as listed in docs/events.md")
    actor_kind: ActorKind
    actor_name: str | None = Field(description="the colleague or the provider; null if it was the system")
    on_behalf: bool = Field(description="a colleague did it for the provider on the phone")
    provider_id: UUID | None
    provider_name: str | None = Field(description="the provider that it is about")
    channel: Channel | None = Field(description="the channel of a call or message")
    phone: str | None = Field(description="the number that it came from, masked")
    words: Words | None = Field(description="what was said or written at the time")
    data: dict[str, Any] = Field(description="the event's data, as listed in docs/events.md")


MOST_SEARCHED = 50
"""The most characters of a search at the desk."""


class DeskSearch(Body):
    """What to look for: a request's number, words of an open request, a citizen's or provider's name or phone."""

    words: Annotated[
        str,
        cleaned(MOST_SEARCHED),
        StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_SEARCHED),
    ]


class TypedText(Body):
    """A text that is being typed."""

    text: FreeText


class CitizenFound(BaseModel):
    """A citizen, masked. POST /citizens/searches with the id shows their card."""

    id: UUID
    name: str | None
    phone: str
    community_code: str | None


class ProviderFound(BaseModel):
    """A provider in the registry."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    phone: str
    standing: Standing


class DeskFound(BaseModel):
    """The first few matches of each sort, best first."""

    requests: list[RequestOut]
    citizens: list[CitizenFound]
    providers: list[ProviderFound]
