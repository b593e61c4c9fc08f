"""What signing in and the audit log look like in the API."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.auth.models import Role
from app.events.models import ActorKind
from app.kit.pages import Paging

Username = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{1,31}$")]


class SignIn(BaseModel):
    username: str = Field(max_length=32)
    password: str = Field(max_length=200)


class StaffOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    username: str
    name: str
    roles: list[Role]
    active: bool


class SessionOut(BaseModel):
    """`token` goes into `Authorization: Bearer …` until it expires or is signed out."""

    token: str
    expires_at: datetime
    staff: StaffOut


class StaffIn(BaseModel):
    username: Username
    name: str = Field(min_length=1, max_length=50)
    password: str = Field(min_length=10, max_length=200)
    roles: list[Role] = Field(min_length=1, max_length=len(Role))


class ProviderSignIn(BaseModel):
    """With the key that the registrar made."""

    key: str = Field(max_length=200)


class BrowserSession(BaseModel):
    """The session is in the cookie; it lasts until then, or until signed out."""

    expires_at: datetime


class ClockOut(BaseModel):
    """The centre's time and zone; `factor` of its seconds pass per real one (1 in service)."""

    now: datetime
    factor: float
    zone: str


class Whoami(BaseModel):
    kind: ActorKind
    id: UUID
    name: str | None = Field(description="of a member of staff; a provider's own data are at GET /provider")
    roles: list[Role]
    clock: ClockOut


class AuditFilter(Paging):
    """Of one subject, as `request:ID`, `provider:ID` or `user:NAME`, or of all."""

    subject: str | None = Field(default=None, max_length=100)


class AuditOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    action: str
    subject: str
    data: dict[str, Any]
