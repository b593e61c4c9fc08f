"""The credit rules and which version is in force.

Rules are data: app/credit/data/rules.yaml is loaded with the catalogue, and registrars add versions
(app.credit.versions).
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import ConfigDict, Field, field_validator, model_validator

from app.credit import queries
from app.credit.models import CreditRules
from app.events.kinds import EventKind
from app.jobs.states import JOB_MOVES, OFFER_MOVES
from app.kit.db import Tx
from app.kit.errors import InvalidField, NotFound
from app.kit.fields import Body, Code, Line
from app.registry.models import FULL_CREDIT

DATA = Path(__file__).parent / "data" / "rules.yaml"

CORRECTED = EventKind.JOB_AMOUNT_CORRECTED
CAUSES = {move.event for move in (*OFFER_MOVES.values(), *JOB_MOVES.values())} | {
    EventKind.CALLBACK_DONE,
    EventKind.COMPLAINT_DECIDED,
    CORRECTED,
    EventKind.JOB_ARBITRATED,
    EventKind.PROVIDER_UNREACHABLE,
}
"""The kinds of event that a rule may name."""

Points = Annotated[int, Field(ge=-FULL_CREDIT, le=FULL_CREDIT)]
Level = Annotated[int, Field(ge=0, le=FULL_CREDIT)]
Days = Annotated[int, Field(ge=1, le=366)]


Amount = Annotated[int, Field(ge=-(2**53), le=2**53)]


class Data(Body):
    """Refuses unknown names, because a rule with a misspelt name would never match."""

    model_config = ConfigDict(frozen=True)


class Most(Data):
    """The most points that a rule takes or gives for causes within this many days."""

    points: Annotated[int, Field(ge=1, le=FULL_CREDIT)]
    days: Days


class Rule(Data):
    """A rule: an event of this kind whose data matches `when` costs or earns these points."""

    code: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    zh: Line
    en: Line
    event: Code
    when: dict[Code, bool | Amount | Code | None] = Field(default={}, max_length=10)
    points: Points
    reply_working_days: Days | None = None
    most: Most

    @field_validator("event")
    @classmethod
    def _known(cls, event: str) -> str:
        if event not in CAUSES:
            known = ", ".join(sorted(CAUSES))
            raise InvalidField(f"this event does not affect credit; these do: {known}", f"此事件不计分；可用：{known}")
        return event

    @model_validator(mode="after")
    def _reply_before_deduction(self) -> Self:
        if (self.points < 0) != (self.reply_working_days is not None):
            raise InvalidField(
                "a deduction needs reply_working_days; other rules must not have it",
                "扣分须填 reply_working_days，其他不填",
            )
        return self

    def holds(self, kind: str, data: Mapping[str, Any]) -> bool:
        """Return whether the rule matches this event."""
        return kind == self.event and all(data.get(name) == value for name, value in self.when.items())


class Recovery(Data):
    """What a provider below full credit gets back for a whole month without a deduction."""

    points: Annotated[int, Field(ge=1, le=FULL_CREDIT)]
    zh: Line
    en: Line


class Thresholds(Data):
    """The levels of credit below which watch and suspension begin, and from which they end."""

    watch_below: Level
    active_from: Level
    suspend_below: Level
    release_from: Level

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if not self.suspend_below <= self.release_from <= self.watch_below <= self.active_from:
            order = "suspend_below ≤ release_from ≤ watch_below ≤ active_from"
            raise InvalidField(order, f"须满足 {order}")
        return self


RECOVERY = "recovery"


class Rules(Data):
    """One version of the rules. `sample` marks rules that no real centre uses."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    sample: bool
    appeal_working_days: Days
    recovery: Recovery
    thresholds: Thresholds
    rules: Annotated[list[Rule], Field(max_length=100)]

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        codes = [rule.code for rule in self.rules]
        if len(set(codes)) < len(codes) or RECOVERY in codes:
            raise InvalidField("each rule needs its own code", "规则代码不能重复")
        return self

    def rule(self, code: str) -> Rule:
        """Return the rule with this code, which must exist."""
        return next(rule for rule in self.rules if rule.code == code)

    def words(self, code: str) -> Rule | Recovery:
        """Return the rule, or the recovery, that has the words for an entry with this code."""
        return self.recovery if code == RECOVERY else self.rule(code)


def _read(path: Path) -> Rules:
    return Rules.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


async def load_credit_rules(tx: Tx, at: datetime, path: Path = DATA) -> None:
    """Put the file's version in force, unless it was loaded before, or is a sample and the centre has rules of its own.

    Raises ValueError when the file is not valid, or its version was loaded before with different contents.
    """
    rules = _read(path)
    kept, present = await queries.find_rules(tx, rules.version), await read_rules(tx)
    if kept is None:
        if not (rules.sample and present and not present.sample):
            tx.session.add(CreditRules(version=rules.version, rules=rules.model_dump(mode="json"), loaded_at=at))
    elif Rules.model_validate(kept.rules) != rules:
        raise ValueError(f"version {rules.version} of the credit rules was loaded with other contents; use a new name")


async def read_rules(tx: Tx, version: str | None = None) -> Rules | None:
    """Return this version, or by default the one in force. Return None if none was ever loaded.

    Raises NotFound when there is no such version.
    """
    version = version or await queries.find_version_in_force(tx)
    if version is None:
        return None
    key = (Rules, version)
    if key not in tx.kept:
        kept = await queries.find_rules(tx, version)
        if kept is None:
            raise NotFound(what="version of the credit rules", key=version)
        tx.kept[key] = Rules.model_validate(kept.rules)
    rules: Rules = tx.kept[key]
    return rules


async def rules_in_force(tx: Tx) -> Rules:
    """Return the version in force. Raises NotFound if none was ever loaded."""
    rules = await read_rules(tx)
    if rules is None:
        raise NotFound(what="version of the credit rules", key="")
    return rules
