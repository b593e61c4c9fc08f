"""Requests and responses for the credit ledger."""

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
from app.kit.personal_words import Words
from app.registry.models import FULL_CREDIT, Standing


class EntryFilter(Paging):
    status: Annotated[EntryStatus | None, Query()] = None


class EntriesWanted(EntryFilter):
    provider_id: Annotated[UUID | None, Query()] = None


class EntryOut(BaseModel):
    """An entry of the ledger: the rule in words, its cause, and the replies and decisions about it.

    `points` is what the rule takes or gives, within its maximum; `effect` is how much the credit has changed so far. A
    deduction has no effect before its reply period has ended. That period begins when the provider has been notified;
    until then `reply_by` is null.
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
    reply: Words | None
    replied_at: datetime | None
    decided_at: datetime | None
    decision_note: Words | None
    appeal_by: datetime | None
    appeal: Words | None
    appealed_at: datetime | None
    appeal_decided_at: datetime | None
    appeal_note: Words | None
    reversed_at: datetime | None = Field(description="when the entry was undone because its bill was corrected")


class CreditOut(Page[EntryOut]):
    """The provider's current credit and its ledger, newest first. The credit is 100 plus all effects."""

    credit: int
    standing: Standing


class RuleOut(BaseModel):
    """A rule: a matching event costs or earns these points, at most `most_points` within `most_days`."""

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
    """The rules in force, and the credit at which a standing changes. `sample` marks rules that no real centre uses."""

    version: str
    sample: bool
    full: int
    appeal_working_days: int
    recovery_points: int = Field(description="points for a whole month without a deduction")
    watch_below: int
    active_from: int
    suspend_below: int
    release_from: int
    rules: list[RuleOut]

    @classmethod
    def of(cls, rules: Rules) -> "RulesOut":
        """Return this version as the API shows it."""
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
    """A complete version of the rules. To make the next one, change a copy and give it a new `version`."""

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
    """Whether the appeal is granted, and why. If it is, the points are returned."""

    granted: bool
    note: Note
