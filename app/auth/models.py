"""Staff, sessions, provider keys and the audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.orm import Id, Model
from app.kit.terms import Term


class Role(Term):
    """What a signed-in person may do. Providers have a role of their own and sign in with a key.

    A provider that has left or was expelled becomes a former provider: it may only read its own records and respond to
    them.
    """

    OPERATOR = "operator", "话务员", "operator", "Takes calls, creates and dispatches requests, calls citizens back."
    SUPERVISOR = "supervisor", "值班长", "supervisor", "Decides what operators cannot: unmatched, overdue, disputed."
    REGISTRAR = "registrar", "加盟管理员", "registrar", "Admits providers; keeps their licences, prices and standing."
    MANAGER = "manager", "管理者", "manager", "Reads figures and exports, without personal data."
    ADMIN = "admin", "系统管理员", "administrator", "Manages staff accounts, keys and the audit log."
    PROVIDER = "provider", "服务单位", "provider", "A company, public body, welfare organisation or volunteer team."
    FORMER_PROVIDER = (
        "former_provider",
        "已退出的单位",
        "former provider",
        "Left or was expelled; can read its own past.",
    )


READ_IN_FULL = frozenset({Role.OPERATOR, Role.SUPERVISOR})
"""The roles that read in full what people said. A provider does so while it works for them (app.jobs.acting)."""
PROVIDER_ROLES = (Role.PROVIDER, Role.FORMER_PROVIDER)
STAFF_ROLES = tuple(role for role in Role if role not in PROVIDER_ROLES)


class RevealReason(Term):
    """What a citizen's personal data was shown for."""

    CALLER = "caller", "查看求助人资料", "opened the citizen's card", "The card of a citizen who calls or was found."
    TIERS = "tiers", "查询可享档次", "looked up entitlements", "Which tiers are open to the citizen."
    SEARCH = "search", "按电话查找", "searched by number", "A list of the requests of this number."
    REQUEST = "request", "查看求助的联系方式", "opened a request's contact", "Whom to reach about a request, and where."
    JOB = (
        "job",
        "服务单位上门服务",
        "a provider at work",
        "The provider that has the work reads whom to reach, and where.",
    )
    CALL = "call", "查看来电号码", "read a caller's number", "The number of a recorded call."
    CALLBACK = "callback", "回访", "callback", "The citizen is phoned after the work."
    COMPLAINT = "complaint", "答复投诉", "answer to a complaint", "The citizen is phoned about a decided complaint."
    NO_SHOWS = "no_shows", "查看爽约记录", "read missed visits", "The jobs that found the citizen absent."
    COPY = "copy", "出具个人信息副本", "made a copy for the citizen", "The citizen asked what is kept about them."


class Due(Term):
    """What a member of staff has to do before anything else."""

    PASSWORD = "password", "更改密码", "a new password", "Somebody else set the password, so it must be changed."
    SECOND_FACTOR = (
        "second_factor",
        "设置两步验证",
        "two-step verification",
        "The role requires it, and it is not set up yet.",
    )


class Staff(Model):
    __tablename__ = "staff"

    id: Mapped[Id]
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime]
    password_temporary: Mapped[bool] = mapped_column(server_default=text("false"))
    """Somebody else knows the password: its owner must change it before doing anything else."""
    password_until: Mapped[datetime | None]
    """When the temporary password expires."""
    last_signed_in_at: Mapped[datetime | None]
    totp_seed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The random seed that the second factor's secret is derived from (app.auth.second_factor)."""
    totp_since: Mapped[datetime | None]
    """When a first code confirmed the second factor. Every sign-in since then asks for a code."""
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    """The time step of the last code used, so that no code is accepted twice."""
    recovery_hashes: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary), server_default=text("'{}'"))
    """Hashes of the unused recovery codes."""

    @property
    def second_factor(self) -> bool:
        """Return whether sign-ins ask for a second factor."""
        return self.totp_since is not None

    def forget_second_factor(self) -> None:
        """Remove the second factor and its recovery codes."""
        self.totp_seed = self.totp_since = self.totp_step = None
        self.recovery_hashes = []

    __table_args__ = (
        CheckConstraint("password_until IS NULL OR password_temporary", name="password_until"),
        CheckConstraint("totp_since IS NULL OR totp_seed IS NOT NULL", name="totp"),
        CheckConstraint(
            f"roles <@ ARRAY[{', '.join(repr(str(r)) for r in STAFF_ROLES)}] AND cardinality(roles) > 0",
            name="roles",
        ),
    )


class StaffSession(Model):
    """A session of a member of staff. Only the hash of its token is stored."""

    __tablename__ = "staff_sessions"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    """When it was last used, to the minute. NULL until it is used after its first minute."""


class StaffDevice(Model):
    """A browser from which this person has signed in before. Other people's failed sign-ins do not delay it."""

    __tablename__ = "staff_devices"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True, index=True)
    last_used_at: Mapped[datetime]


class SignInTries(Model):
    """Sign-in attempts that failed or are under way, counted per name and network, per browser, or per network.

    `key` is a hash. `staff_id` names the account, if there is one, so that it can be unlocked.
    """

    __tablename__ = "sign_in_tries"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    tries: Mapped[int]
    last_at: Mapped[datetime]
    free_at: Mapped[datetime]
    """When the next attempt is allowed."""


class AuthGeneration(Model):
    """A single row. Every transaction that takes access away raises its number, which invalidates all cached tokens."""

    __tablename__ = "auth_generation"

    one: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    generation: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (CheckConstraint("one", name="one"),)


class ProviderKey(Model):
    """The secret with which a provider's software signs in. Only its hash is stored."""

    __tablename__ = "provider_keys"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"), index=True)
    label: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    """When the key expires. NULL: it is valid until it is revoked."""
    last_used_at: Mapped[datetime | None]
    """When it was last used, to within five minutes."""


class ProviderSession(Model):
    """A session that a provider opened in a browser with its key. It ends at the latest with the key."""

    __tablename__ = "provider_sessions"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(
        LargeBinary, ForeignKey("provider_keys.token_hash", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AuditEntry(Model):
    """Who saw or changed something that the event log does not record: reveals of personal data, sign-ins, edits."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    action: Mapped[str]
    subject: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))

    __table_args__ = (Index(None, "subject", "id"),)
