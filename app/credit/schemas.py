"""The credit ledger in the API."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from app.credit.models import EntryStatus
from app.credit.rules import Rules
from app.jobs.schemas import Note
from app.kit.fields import Body
from app.kit.pages import Page, Paging
from app.registry.models import FULL_CREDIT, Standing


class EntryFilter(Paging):
    status: Annotated[EntryStatus | None, Query()] = None


class EntriesWanted(EntryFilter):
    provider_id: Annotated[UUID | None, Query()] = None


class EntryOut(BaseModel):
    """A line of the ledger: the rule in words, its cause, and what has been said and decided about it.

    `points` is what the rule says, `effect` what the credit has changed by so far: nothing before the reply period has
    ended, which begins when the provider has been told (`reply_by` is null before that).
    """

    id: UUID
    provider_id: UUID
    provider_name: str
    status: EntryStatus
    rule: str
    rules_version: str
    zh: str
    en: str
    points: int
    effect: int
    cause_at: datetime
    request_id: UUID | None
    request_number: int | None
    made_at: datetime
    reply_by: datetime | None
    reply: str | None
    replied_at: datetime | None
    decided_at: datetime | None
    decision_note: str | None
    appeal_by: datetime | None
    appeal: str | None
    appealed_at: datetime | None
    appeal_decided_at: datetime | None
    appeal_note: str | None
    reversed_at: datetime | None = Field(description="when a corrected bill took its cause away")


class CreditOut(Page[EntryOut]):
    """The provider's credit as it stands, and its ledger, newest first: 100 and the effects make the credit."""

    credit: int
    standing: Standing


class RuleOut(BaseModel):
    """Whoever does this loses or gains these points, at most `most_points` within `most_days`."""

    code: str
    zh: str
    en: str
    event: str
    when: dict[str, Any]
    points: int
    reply_working_days: int | None
    most_points: int
    most_days: int


class RulesOut(BaseModel):
    """The rules in force, and from or below which credit a standing changes. `sample`: nobody's real rule."""

    version: str
    sample: bool
    full: int
    appeal_working_days: int
    recovery_points: int = Field(description="for a whole month without a deduction")
    watch_below: int
    active_from: int
    suspend_below: int
    release_from: int
    rules: list[RuleOut]

    @classmethod
    def of(cls, rules: Rules) -> "RulesOut":
        """This version."""
        return cls(
            version=rules.version,
            sample=rules.sample,
            full=FULL_CREDIT,
            appeal_working_days=rules.appeal_working_days,
            recovery_points=rules.recovery.points,
            **rules.thresholds.model_dump(),
            rules=[
                RuleOut(**rule.model_dump(exclude={"most"}), most_points=rule.most.points, most_days=rule.most.days)
                for rule in rules.rules
            ],
        )


class RulesVersion(BaseModel):
    """A version of the rules, whole: change it under a `version` of its own, and it can be given as the next."""

    loaded_at: datetime
    in_force: bool
    rules: Rules


class ReplyOrAppeal(Body):
    """A reply to a proposed deduction, or an appeal against one, in the provider's own words."""

    text: Note


class Decision(Body):
    """Whether the deduction is applied, and why."""

    apply: bool
    note: Note


class AppealDecision(Body):
    """Whether the provider is right: then the points come back."""

    granted: bool
    note: Note
