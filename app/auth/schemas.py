"""What signing in and the audit log look like in the API."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.auth.models import Role
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
    roles: list[Role] = Field(min_length=1)


class Whoami(BaseModel):
    kind: str
    id: UUID
    roles: list[Role]


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
