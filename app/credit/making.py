"""Makes entries of the ledger: proposed deductions and gains for logged events, and recovery over time."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.catalog.calendar import add_working_days
from app.catalog.queries import read_days
from app.credit import queries
from app.credit.rules import RECOVERY, Rule, Rules
from app.credit.standing import settle_standing
from app.events.act import Act
from app.kit.db import Row, Tx
from app.kit.ids import new_id
from app.registry.models import FULL_CREDIT, ReachedBy
from app.registry.notices import send_notice
from app.registry.queries import find_provider, lock_provider
from app.registry.schemas import Notice


async def make_entry(act: Act, tx: Tx, event: Row, rules: Rules) -> None:
    """Make the entries that the rules call for, once per rule and event, however often the event is read."""
    for rule in rules.rules:
        if rule.holds(event["kind"], event["data"]):
            await make_under_rule(act, tx, rule, event, f"event:{event['id']}", rules)


async def make_under_rule(act: Act, tx: Tx, rule: Rule, event: Row, cause: str, rules: Rules) -> None:
    """Make this rule's entry for the event, within the rule's maximum, once per cause."""
    if await queries.is_made(tx, event["provider_id"], rule.code, cause):
        return
    since = event["at"] - timedelta(days=rule.most.days)
    left = rule.most.points - abs(await queries.sum_points(tx, event["provider_id"], rule.code, since))
    if left <= 0:
        return
    facts = {
        "id": new_id(act.now),
        "provider_id": event["provider_id"],
        "rules_version": rules.version,
        "rule_code": rule.code,
        "cause": cause,
        "cause_at": event["at"],
        "request_id": event["request_id"],
    }
    if rule.points < 0:
        await _propose(act, tx, rule, facts | {"points": max(rule.points, -left)})
    else:
        await _give(act, tx, facts | {"points": min(rule.points, left)})


async def _propose(act: Act, tx: Tx, rule: Rule, facts: dict[str, Any]) -> None:
    provider = await find_provider(tx, facts["provider_id"])
    assert provider is not None
    assert rule.reply_working_days is not None
    words = await _words(tx, rule, facts)
    notice_id = await send_notice(act, tx, provider.id, "credit_proposed", str(facts["id"]), words.model_dump())
    told = provider.reached_by == ReachedBy.QUEUE
    reply_by = add_working_days(act.now, rule.reply_working_days, act.zone, await read_days(tx)) if told else None
    await queries.add_proposal(tx, **act.of_itself.parameters(), **facts, notice_id=notice_id, reply_by=reply_by)


async def _words(tx: Tx, rule: Rule, facts: dict[str, Any]) -> Notice:
    number = await queries.find_number(tx, facts["request_id"]) if facts["request_id"] else None
    about_zh, about_en = (f"（请求 {number}）", f" (request {number})") if number else ("", "")
    return Notice(
        zh=f"拟扣信用分 {-facts['points']} 分：{rule.zh}{about_zh}。"
        f"自告知起 {rule.reply_working_days} 个工作日内可以申辩，期满未申辩则扣分生效，生效后可以申诉。",
        en=f"A deduction of {-facts['points']} credit points is proposed: {rule.en}{about_en}. You can reply within "
        f"{rule.reply_working_days} working days of being notified. Without a reply it then takes effect, and you can "
        "appeal it.",
    )


async def _give(act: Act, tx: Tx, facts: dict[str, Any]) -> None:
    """Give the points, up to full credit; make no entry for a provider that has full credit."""
    provider = await lock_provider(tx, facts["provider_id"])
    assert provider is not None
    effect = min(facts["points"], FULL_CREDIT - provider.credit)
    if effect > 0:
        await queries.add_gain(tx, **act.of_itself.parameters(), **facts, effect=effect)
        await settle_standing(act, tx, provider, effect)


async def make_recovery(act: Act, tx: Tx, provider_id: UUID, month: str, ends: datetime, rules: Rules) -> None:
    """Give the provider the points for a whole month without a deduction, once per month."""
    facts = {
        "id": new_id(act.now),
        "provider_id": provider_id,
        "rules_version": rules.version,
        "rule_code": RECOVERY,
        "points": rules.recovery.points,
        "cause": month,
        "cause_at": ends,
        "request_id": None,
    }
    if not await queries.is_made(tx, provider_id, RECOVERY, month):
        await _give(act, tx, facts)
