"""The settings of a deployment. Each is an environment variable with the prefix HOTLINE_."""

import re
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AliasChoices, AwareDatetime, Field, IPvAnyNetwork, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError


class Settings(BaseSettings):
    """The settings. One deployment is one centre. DATABASE_URL and its siblings have no prefix, as is usual."""

    model_config = SettingsConfigDict(env_prefix="HOTLINE_", populate_by_name=True)

    database_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_URL", "database_url"),
        description="PostgreSQL 16 or newer; if unset, the embedded server in data_dir is used",
    )
    database_direct_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_DIRECT_URL", "database_direct_url"),
        description="the same database without a pooler, for LISTEN, migrations and advisory locks",
    )
    database_owner_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_OWNER_URL", "database_owner_url"),
        description="the same database, unpooled, as the role that owns the tables; if unset, one role does everything",
    )
    database_pooled: bool = Field(
        default=False, description="DATABASE_URL points to a pooler in transaction mode; switches statement caches off"
    )
    pool_size: int = Field(default=20, ge=1, description="maximum number of connections per process")
    data_dir: Path = Field(default=Path(".data"), description="directory of the embedded PostgreSQL")
    backup_dir: Path = Field(default=Path("backups"), description="directory that `hotline backup` writes to")
    heartbeat_file: Path | None = Field(
        default=None, description="file that the worker touches every five seconds while it reaches the database"
    )
    timezone: str = Field(default="Asia/Shanghai", description="the centre's time zone, for days, hours and calendars")
    log_format: Literal["json", "text"] | None = Field(
        default=None, description="format of the log; if unset, text on a terminal and json anywhere else"
    )
    area_code: str = Field(
        default="0574", pattern=r"^0[1-9][0-9]{1,2}$", description="area code of phone numbers given without one"
    )
    clock_factor: float = Field(
        default=1.0, gt=0, le=1_000_000, description="seconds of the centre's time per real second"
    )
    clock_start: AwareDatetime | None = Field(default=None, description="the centre's time at clock_real_start")
    clock_real_start: AwareDatetime | None = Field(
        default=None, description="the real moment that corresponds to clock_start"
    )
    session_hours: float = Field(default=12.0, gt=0, le=8_760, description="hours after which a staff session ends")
    idle_minutes: float = Field(
        default=60.0,
        ge=0,
        le=1_440,
        description="minutes without input after which a staff session ends; 0: never",
    )
    second_factor_roles: Annotated[
        list[Literal["operator", "supervisor", "registrar", "manager", "admin"]], NoDecode
    ] = Field(default=[], description="roles whose staff need a second factor, separated by commas")
    second_factor_key: SecretStr = Field(
        default=SecretStr(""),
        description="key from which every second factor is derived; changing it invalidates all of them",
    )
    provider_session_days: float = Field(
        default=30.0, gt=0, le=3_650, description="days that a provider stays signed in on a phone"
    )
    month_due_day: int = Field(
        default=15, ge=6, le=28, description="day of the following month by which providers file a month's turnover"
    )
    reopen_days: int = Field(
        default=15,
        ge=0,
        le=3_650,
        description="days in which a closed request can be reopened and its provider sees the contact",
    )
    complaint_working_days: int = Field(default=5, ge=1, le=60, description="working days to decide a complaint")
    complaint_reply_days: int = Field(
        default=2, ge=1, le=60, description="working days in which the provider can reply to a complaint"
    )
    call_silence_minutes: float = Field(
        default=60.0, gt=0, le=1_440, description="minutes without a report from the desk after which a call is ended"
    )
    undo_seconds: float = Field(
        default=10.0, ge=0, le=60, description="seconds in which a new request's dispatch can be undone; 0: never"
    )
    choices_days: int = Field(
        default=180,
        ge=1,
        le=3_650,
        description="days that operators' choices of items for callers' words are kept, masked",
    )
    webhook_key: SecretStr = Field(
        default=SecretStr(""),
        description="key from which every webhook secret is derived; changing it changes all of them",
    )
    webhook_networks: Annotated[list[IPvAnyNetwork], NoDecode] = Field(
        default=[],
        description="private networks, separated by commas, that the centre's own webhooks may reach, also over http",
    )
    provider_webhook_networks: Annotated[list[IPvAnyNetwork], NoDecode] = Field(
        default=[], description="the same for providers' webhooks; for trials on one machine, not for production"
    )
    webhook_seconds: float = Field(default=15.0, gt=0, le=300, description="seconds in which a receiver must answer")

    calls_per_minute: int = Field(default=6_000, ge=1, description="calls per minute from one caller to one process")
    costly_calls_per_minute: int = Field(
        default=30, ge=1, description="webhook tests and replays per minute from one caller, each"
    )
    waits_per_caller: int = Field(default=50, ge=1, description="waiting calls at a time from one caller")
    waits: int = Field(default=20_000, ge=1, description="waiting calls at a time from all callers of one process")
    streams_per_caller: int = Field(default=50, ge=1, description="live streams at a time from one caller")
    streams: int = Field(default=5_000, ge=1, description="live streams at a time from all callers of one process")
    metrics_token: SecretStr = Field(
        default=SecretStr(""), description="token with which /metrics may be read from anywhere; empty: none"
    )
    metrics_networks: Annotated[list[IPvAnyNetwork], NoDecode] = Field(
        default=[IPv4Network("127.0.0.0/8"), IPv6Network("::1/128")],
        description="networks, separated by commas, that may read /metrics without a token, though not through a proxy",
    )

    @field_validator("database_url", "database_direct_url", "database_owner_url")
    @classmethod
    def name_the_driver(cls, url: str | None) -> str | None:
        """Accept `postgresql://` and `postgres://`, as everybody writes them, and add the driver. Raises ValueError."""
        if not url:
            return None
        url = re.sub(r"^postgres(ql)?://", "postgresql+asyncpg://", url)
        if not url.startswith("postgresql+asyncpg://"):
            raise ValueError("it must begin with postgresql://")
        try:
            make_url(url)
        except (ArgumentError, ValueError) as error:
            raise ValueError("it is not a URL like postgresql://user:password@host:5432/database") from error
        return url

    @field_validator("timezone")
    @classmethod
    def know_the_zone(cls, name: str) -> str:
        """Check that this is a name in the IANA time zone database. Raises ValueError."""
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {name!r}") from error
        return name

    @field_validator(
        "webhook_networks", "provider_webhook_networks", "metrics_networks", "second_factor_roles", mode="before"
    )
    @classmethod
    def split(cls, value: object) -> object:
        """Split `10.1.0.0/16,127.0.0.0/8` or `admin,registrar`, as written in an environment variable."""
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @property
    def zone(self) -> ZoneInfo:
        """Return the centre's time zone."""
        return ZoneInfo(self.timezone)
