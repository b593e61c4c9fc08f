"""Requests and responses of sign-in, staff accounts and the audit log."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.auth.models import Due, Role
from app.events.models import ActorKind
from app.kit.fields import Body
from app.kit.pages import Paging
from app.kit.personal_words import DataWithWords

Username = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{1,31}$")]


Password = Annotated[str, Field(min_length=10, max_length=200)]
AnyPassword = Annotated[str, Field(max_length=200)]


class SignIn(Body):
    username: str = Field(max_length=32)
    password: AnyPassword
    code: str | None = Field(
        default=None, max_length=20, description="second-factor or recovery code; send it after a `code_needed` problem"
    )


class StaffOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    username: str
    name: str
    roles: list[Role]
    active: bool
    last_signed_in_at: datetime | None
    password_temporary: bool = Field(description="the password must be changed at the next sign-in")
    second_factor: bool
    delayed_until: datetime | None = Field(
        default=None, description="after failed sign-ins: when further ones are allowed again from every place"
    )


class SessionOut(BaseModel):
    """Send `token` as `Authorization: Bearer …` until it expires or is signed out.

    If `due` names a step, take it first.
    """

    token: str
    expires_at: datetime
    staff: StaffOut
    due: Due | None


Roles = Annotated[list[Role], Field(min_length=1, max_length=10)]


class StaffIn(Body):
    """`password` is temporary: the account's owner changes it at the first sign-in. If left out, one is generated."""

    username: Username
    name: str = Field(min_length=1, max_length=50)
    password: Password | None = None
    roles: Roles


class StaffAdded(StaffOut):
    temporary_password: str | None = Field(description="the generated password, shown only this once")


class RolesIn(Body):
    roles: Roles


class TemporaryPassword(BaseModel):
    """A temporary password, shown only this once. The account's owner changes it at the next sign-in."""

    temporary_password: str


class PasswordChange(Body):
    password: AnyPassword
    new_password: Password


class Confirmation(Body):
    """The caller's own password, to confirm that it is really them."""

    password: AnyPassword


class SecondFactor(BaseModel):
    """The secret for an authenticator app, shown only while it is set up.

    `qr` is an image of `uri`, as a data URI. `secret` is for typing in when the image cannot be scanned.
    """

    secret: str
    uri: str
    qr: str


class FirstCode(Body):
    code: str = Field(max_length=20)


class RecoveryCodes(BaseModel):
    """Recovery codes, shown only this once. Each replaces the app's code for one sign-in."""

    recovery_codes: list[str]


class ProviderSignIn(Body):
    """The key that the registrar issued to the provider."""

    key: str = Field(max_length=200)


class BrowserSession(BaseModel):
    """The session is in the cookie. It lasts until `expires_at` or until it is signed out."""

    expires_at: datetime


class ClockOut(BaseModel):
    """The centre's time and time zone. `factor` is how many of its seconds pass per real second (1 in production)."""

    now: datetime
    factor: float
    zone: str


class Whoami(BaseModel):
    kind: ActorKind
    id: UUID
    name: str | None = Field(description="for staff only; a provider reads its own data at GET /provider")
    roles: list[Role]
    due: Due | None = Field(description="what the caller has to do before anything else")
    second_factor: bool
    idle_minutes: float = Field(description="minutes without input after which the session ends; 0: never")
    clock: ClockOut


class AuditFilter(Paging):
    """Filter by one subject, written as `citizen:ID`, `request:ID`, `provider:ID` or `user:NAME`."""

    subject: str | None = Field(default=None, max_length=100)


class AuditOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    action: str
    subject: str
    data: DataWithWords
