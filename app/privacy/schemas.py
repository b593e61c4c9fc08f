"""API schemas for citizens' rights to their own data."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from app.intake.models import AskedHow, JoinReason, Purpose, RequestStatus
from app.kit.fields import Body


class ErasureIn(Body):
    """How the citizen asked for the erasure. Make sure first that it is the citizen who asks."""

    asked: AskedHow


class ErasureOut(BaseModel):
    """What was erased. It cannot be undone."""

    id: UUID
    at: datetime
    requests: int = Field(description="how many requests were blanked")


class JoiningIn(Body):
    """The main citizen to join into, and why both are the same person."""

    into: UUID
    why: JoinReason


class KnownJoining(BaseModel):
    """Another citizen found to be the same person, or found not to be after all."""

    at: datetime
    joined: bool = Field(description="false when it was undone")
    other_id: UUID
    why: JoinReason | None


class ConsentIn(Body):
    """Whether the citizen agrees to the purpose from now on, and how they said so."""

    given: bool
    asked: AskedHow


class ConsentOut(BaseModel):
    """A consent or its withdrawal: when it was recorded, and how the citizen told the centre."""

    purpose: Purpose
    given: bool
    at: datetime
    asked: AskedHow


class KnownGroup(BaseModel):
    """A membership of a priority group."""

    group_code: str
    source: str
    expires_on: date | None


class KnownBar(BaseModel):
    """A provider that the citizen does not want."""

    provider: str
    reason: str | None
    created_at: datetime


class Said(BaseModel):
    """A text that is kept about the request, and when it was said or written, if that is known."""

    what: str = Field(description="the table and column that keep it")
    at: datetime | None
    text: str


class KnownRequest(BaseModel):
    """All that is kept about one request."""

    number: int
    status: RequestStatus
    received_at: datetime
    item_code: str
    role: Annotated[str, Field(description="`citizen`: helped; `caller`: called for somebody else")]
    description: str
    details: list[dict[str, str]] | None
    contact_name: str | None
    contact_phone: str | None
    helped_name: str | None
    callback_name: str | None
    callback_phone: str | None
    community_code: str | None
    address: str | None
    providers: list[str] = Field(description="the providers that were given the request")
    amount_fen: int = Field(description="what was billed")
    said: list[Said]


class KnownCall(BaseModel):
    """A call from the citizen's number."""

    began_at: datetime
    ended_at: datetime | None


class CitizenCopy(BaseModel):
    """A copy of all that is kept about a citizen, in full. Each reading is recorded in the audit log."""

    made_at: datetime
    citizen_id: UUID
    phone: str
    name: str | None
    community_code: str | None
    address: str | None
    note: str | None
    created_at: datetime
    groups: list[KnownGroup]
    bars: list[KnownBar]
    other_numbers: list[str] = Field(
        description="other numbers of the same person; the copy has the data of all of them"
    )
    joinings: list[KnownJoining] = Field(description="other citizens found to be the same person, oldest first")
    consents: list[ConsentOut] = Field(description="consents and withdrawals; for each purpose the latest counts")
    requests: list[KnownRequest]
    calls: list[KnownCall]
