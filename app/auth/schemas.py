"""What signing in and the audit log look like in the API."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.auth.models import Due, Role
from app.events.models import ActorKind
from app.kit.fields import Body
from app.kit.pages import Paging

Username = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{1,31}$")]


Password = Annotated[str, Field(min_length=10, max_length=200)]
AnyPassword = Annotated[str, Field(max_length=200)]


class SignIn(Body):
    username: str = Field(max_length=32)
    password: AnyPassword
    code: str | None = Field(
        default=None, max_length=20, description="of the second factor, or a recovery code: once `code_needed` asks"
    )


class StaffOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    username: str
    name: str
    roles: list[Role]
    active: bool
    last_signed_in_at: datetime | None
    password_temporary: bool = Field(description="it must be changed at the next sign-in")
    second_factor: bool
    delayed_until: datetime | None = Field(
        default=None, description="tries to sign in that failed are not repeated before, from somewhere at least"
    )


class SessionOut(BaseModel):
    """`token` goes into `Authorization: Bearer …` until it expires or is signed out; `due` is to be done first."""

    token: str
    expires_at: datetime
    staff: StaffOut
    due: Due | None


Roles = Annotated[list[Role], Field(min_length=1, max_length=10)]


class StaffIn(Body):
    """`password` is temporary: its owner changes it at the first sign-in. Without it one is made."""

    username: Username
    name: str = Field(min_length=1, max_length=50)
    password: Password | None = None
    roles: Roles


class StaffAdded(StaffOut):
    temporary_password: str | None = Field(description="that was made, shown this once")


class RolesIn(Body):
    roles: Roles


class TemporaryPassword(BaseModel):
    """To be changed at the next sign-in; shown this once."""

    temporary_password: str


class PasswordChange(Body):
    password: AnyPassword
    new_password: Password


class Confirmation(Body):
    """That it is really oneself."""

    password: AnyPassword


class SecondFactor(BaseModel):
    """For the app on the phone: `qr` (an image as a data URI) shows `uri`, `secret` is typed where nothing is scanned.
    Shown while it is set up, never after."""

    secret: str
    uri: str
    qr: str


class FirstCode(Body):
    code: str = Field(max_length=20)


class RecoveryCodes(BaseModel):
    """Each opens the door once in place of a code; shown this once."""

    recovery_codes: list[str]


class ProviderSignIn(Body):
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
    due: Due | None = Field(description="what has to be done before anything else")
    second_factor: bool
    idle_minutes: float = Field(description="after so many without a touch the session ends; 0: it does not")
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
