"""What a deployment may set, each as an environment variable of the same name with the prefix HOTLINE_."""

import re
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AliasChoices, AwareDatetime, Field, IPvAnyNetwork, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError


class Settings(BaseSettings):
    """One deployment is one centre; DATABASE_URL and DATABASE_DIRECT_URL carry no prefix, as is usual."""

    model_config = SettingsConfigDict(env_prefix="HOTLINE_", populate_by_name=True)

    database_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_URL", "database_url"),
        description="PostgreSQL 16 or newer; without it the embedded server in data_dir is used",
    )
    database_direct_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_DIRECT_URL", "database_direct_url"),
        description="the same database past any pooler: for LISTEN, migrations and advisory locks",
    )
    database_pooled: bool = Field(
        default=False, description="DATABASE_URL leads to a pooler in transaction mode: no statement caches"
    )
    pool_size: int = Field(default=20, ge=1, description="connections a process may hold")
    data_dir: Path = Field(default=Path(".data"), description="home of the embedded PostgreSQL")
    timezone: str = Field(default="Asia/Shanghai", description="the centre's zone: days, hours, calendars")
    area_code: str = Field(
        default="0574", pattern=r"^0[1-9][0-9]{1,2}$", description="of a phone number that is given without one"
    )
    clock_factor: float = Field(
        default=1.0, gt=0, le=1_000_000, description="seconds of the centre's time per real second"
    )
    clock_start: AwareDatetime | None = Field(default=None, description="the centre's time at clock_real_start")
    clock_real_start: AwareDatetime | None = Field(default=None, description="the real moment clock_start belongs to")
    session_hours: float = Field(default=12.0, gt=0, le=8_760, description="a staff session ends after so long")
    idle_minutes: float = Field(
        default=60.0,
        ge=0,
        le=1_440,
        description="a staff session ends when nobody was there for so long; 0: it does not",
    )
    second_factor_roles: Annotated[
        list[Literal["operator", "supervisor", "registrar", "manager", "admin"]], NoDecode
    ] = Field(default=[], description="staff of these roles need a second factor; separated by commas")
    second_factor_key: SecretStr = Field(
        default=SecretStr(""), description="goes into every second factor; changing it voids all of them"
    )
    provider_session_days: float = Field(
        default=30.0, gt=0, le=3_650, description="a provider stays signed in on its phone"
    )
    month_due_day: int = Field(
        default=15, ge=6, le=28, description="providers file a month's turnover by this day of the next"
    )
    reopen_days: int = Field(
        default=15,
        ge=0,
        le=3_650,
        description="for so long a closed request may be reopened, and its firm sees the contact",
    )
    complaint_working_days: int = Field(default=5, ge=1, le=60, description="working days to decide a complaint")
    complaint_reply_days: int = Field(
        default=2, ge=1, le=60, description="working days in which the firm is heard about a complaint"
    )
    call_silence_minutes: float = Field(
        default=60.0, gt=0, le=1_440, description="a call of which the desk has said nothing for so long is ended"
    )
    undo_seconds: float = Field(
        default=10.0, ge=0, le=60, description="for so long a dispatch may be taken back as if it had not been; 0: not"
    )
    choices_days: int = Field(
        default=180, ge=1, le=3_650, description="for so long what operators chose for callers' words is kept, masked"
    )
    webhook_key: SecretStr = Field(
        default=SecretStr(""), description="goes into every webhook secret; changing it changes all of them"
    )
    webhook_networks: Annotated[list[IPvAnyNetwork], NoDecode] = Field(
        default=[],
        description="private networks that the centre's own webhooks may reach, also by plain http, with commas",
    )
    firm_webhook_networks: Annotated[list[IPvAnyNetwork], NoDecode] = Field(
        default=[], description="the same for the webhooks of firms: for trying on one machine, not for service"
    )
    webhook_seconds: float = Field(
        default=15.0, gt=0, le=300, description="a receiver must have answered after so long"
    )

    calls_per_minute: int = Field(default=6_000, ge=1, description="calls of one caller to one process")
    costly_calls_per_minute: int = Field(default=30, ge=1, description="of these webhook tests, and replays, each")
    waits_per_caller: int = Field(default=50, ge=1, description="calls of one caller that wait at a time")
    waits: int = Field(default=20_000, ge=1, description="calls that wait at a time, of all callers of one process")
    streams_per_caller: int = Field(default=50, ge=1, description="live streams of one caller at a time")
    streams: int = Field(default=5_000, ge=1, description="live streams at a time, of all callers of one process")

    @field_validator("database_url", "database_direct_url")
    @classmethod
    def name_the_driver(cls, url: str | None) -> str | None:
        """`postgresql://` and `postgres://`, as everybody writes them, mean the one driver there is."""
        if not url:
            return None
        url = re.sub(r"^postgres(ql)?://", "postgresql+asyncpg://", url)
        if not url.startswith("postgresql+asyncpg://"):
            raise ValueError("it must begin with postgresql://")
        try:
            make_url(url)
        except (ArgumentError, ValueError) as error:
            raise ValueError("it is no URL like postgresql://user:password@host:5432/database") from error
        return url

    @field_validator("timezone")
    @classmethod
    def know_the_zone(cls, name: str) -> str:
        """A name of the IANA time zone database."""
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {name!r}") from error
        return name

    @field_validator("webhook_networks", "firm_webhook_networks", "second_factor_roles", mode="before")
    @classmethod
    def split(cls, value: object) -> object:
        """`10.1.0.0/16,127.0.0.0/8` or `admin,registrar`, as an environment variable is written."""
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)
