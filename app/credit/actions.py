"""Replies, decisions and appeals about entries of the credit ledger. Each can be repeated safely."""

from datetime import datetime
from uuid import UUID

from app.catalog.calendar import add_working_days
from app.catalog.queries import read_days
from app.credit import queries
from app.credit.errors import (
    AppealPeriodOver,
    NothingToAppeal,
    ProviderNotTold,
    ReplyPeriodOver,
    ReplyPeriodRuns,
)
from app.credit.models import CreditEntry, EntryStatus
from app.credit.rules import Rules, read_rules
from app.credit.schemas import AppealDecision, Decision, EntryFilter, EntryOut
from app.credit.standing import settle_standing
from app.credit.states import CREDIT
from app.events.act import Act
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.registry.models import FULL_CREDIT, Provider, Standing
from app.registry.notices import send_notice
from app.registry.queries import find_provider
from app.registry.schemas import Notice


async def reply(act: Act, tx: Tx, entry_id: UUID, text: str) -> EntryOut:
    """Record the provider's reply to a proposed deduction. A person then decides.

    Raises NotFound, ReplyPeriodOver or StatusConflict.
    """
    _, entry = await get_locked(tx, entry_id, act.provider_id)
    if entry.reply == text:
        return await show(tx, entry_id)
    if entry.status == EntryStatus.PROPOSED and entry.reply_by is not None and act.now >= entry.reply_by:
        raise ReplyPeriodOver(reply_by=_shown(act, entry.reply_by))
    await CREDIT.transition(act, tx, "answer", entry_id, reply=text, replied_at=act.now)
    return await show(tx, entry_id)


async def decide(act: Act, tx: Tx, entry_id: UUID, body: Decision) -> EntryOut:
    """Apply a proposed deduction after its reply period, or drop it at any time.

    Raises NotFound, ReplyPeriodRuns, ProviderNotTold or StatusConflict.
    """
    provider, entry = await get_locked(tx, entry_id, act.provider_id)
    wanted = EntryStatus.APPLIED if body.apply else EntryStatus.DROPPED
    if (entry.status, entry.decision_note) == (wanted, body.note):
        return await show(tx, entry_id)
    if body.apply and entry.status in (EntryStatus.PROPOSED, EntryStatus.ANSWERED):
        _check_reply_period(act, entry)
        await apply(act, tx, provider, entry, body.note)
    else:
        await CREDIT.transition(
            act,
            tx,
            "apply" if body.apply else "drop",
            entry_id,
            decided_at=act.now,
            decided_by=act.actor.id,
            decision_note=body.note,
        )
        await _tell(act, tx, provider, entry, "credit_dropped", "扣分不予执行", "The deduction was dropped", body.note)
    return await show(tx, entry_id)


def _check_reply_period(act: Act, entry: CreditEntry) -> None:
    if entry.reply_by is None:
        raise ProviderNotTold
    if act.now < entry.reply_by:
        raise ReplyPeriodRuns(reply_by=_shown(act, entry.reply_by))


async def apply(act: Act, tx: Tx, provider: Provider, entry: CreditEntry, note: str | None) -> None:
    """Deduct the entry's points, as far as the provider has credit left, and adjust the provider's standing."""
    rules = await _rules(tx, entry)
    appeal_by = add_working_days(act.now, rules.appeal_working_days, act.zone, await read_days(tx))
    facts = {"set_decided_by": act.actor.id, "set_decision_note": note, "set_appeal_by": appeal_by}
    effect = max(entry.points, -provider.credit)
    applied = await queries.change_effect(tx, queries.APPLY, entry.id, effect, **act.parameters(), **facts)
    assert applied, "the entry is locked, and it can be applied"
    until = _shown(act, appeal_by)
    await _tell(
        act,
        tx,
        provider,
        entry,
        "credit_applied",
        f"扣信用分 {-effect} 分已生效，{until} 前可以申诉",
        f"{-effect} credit points have been deducted; you can appeal until {until}",
        note,
    )
    await settle_standing(act, tx, provider, effect)


async def appeal(act: Act, tx: Tx, entry_id: UUID, text: str) -> EntryOut:
    """Appeal a deduction. Raises NotFound, NothingToAppeal, AppealPeriodOver or StatusConflict."""
    _, entry = await get_locked(tx, entry_id, act.provider_id)
    if entry.appeal == text:
        return await show(tx, entry_id)
    if entry.points > 0:
        raise NothingToAppeal
    if entry.status == EntryStatus.APPLIED and entry.appeal_by is not None and act.now >= entry.appeal_by:
        raise AppealPeriodOver(appeal_by=_shown(act, entry.appeal_by))
    await CREDIT.transition(act, tx, "appeal", entry_id, appeal=text, appealed_at=act.now)
    return await show(tx, entry_id)


async def decide_appeal(act: Act, tx: Tx, entry_id: UUID, body: AppealDecision) -> EntryOut:
    """Uphold the deduction, or give the points back, up to full credit. Raises NotFound or StatusConflict."""
    provider, entry = await get_locked(tx, entry_id, act.provider_id)
    wanted = EntryStatus.REVOKED if body.granted else EntryStatus.UPHELD
    if (entry.status, entry.appeal_note) == (wanted, body.note):
        return await show(tx, entry_id)
    if body.granted:
        await _revoke(act, tx, provider, entry, body.note)
    else:
        await CREDIT.transition(
            act,
            tx,
            "uphold",
            entry_id,
            appeal_decided_at=act.now,
            appeal_decided_by=act.actor.id,
            appeal_note=body.note,
        )
        zh, en = "申诉未获支持，扣分维持", "Your appeal was refused, and the deduction stands"
        await _tell(act, tx, provider, entry, "credit_upheld", zh, en, body.note)
    return await show(tx, entry_id)


async def _revoke(act: Act, tx: Tx, provider: Provider, entry: CreditEntry, note: str) -> None:
    back = min(-entry.effect, FULL_CREDIT - provider.credit)
    facts = {"set_appeal_decided_by": act.actor.id, "set_appeal_note": note}
    if not await queries.change_effect(tx, queries.REVOKE, entry.id, back, **act.parameters(), **facts):
        raise await CREDIT.refusal(tx, "revoke", entry.id)
    await _tell(
        act,
        tx,
        provider,
        entry,
        "credit_revoked",
        f"申诉成立，返还信用分 {back} 分",
        f"Your appeal was granted, and {back} credit points were returned",
        note,
    )
    await settle_standing(act, tx, provider, back)


async def reverse(act: Act, tx: Tx, provider: Provider, entry: CreditEntry) -> None:
    """Undo the entry's effect on the credit because the bill that caused it was corrected.

    The credit stays between 0 and full credit.
    """
    back = max(-provider.credit, min(-entry.effect, FULL_CREDIT - provider.credit))
    if not await queries.change_effect(tx, queries.REVERSE, entry.id, back, **act.parameters()):
        return
    assert entry.request_id is not None
    number = await queries.find_number(tx, entry.request_id)
    zh = f"请求 {number} 的收费已更正，据原收费作出的记录（{entry.points:+d} 分）冲正"
    en = f"The bill for request {number} was corrected, so its credit entry ({entry.points:+d} points) was reversed"
    await _tell(act, tx, provider, entry, "credit_reversed", zh, en, None)
    if back:
        await settle_standing(act, tx, provider, back)


async def _tell(
    act: Act, tx: Tx, provider: Provider, entry: CreditEntry, kind: str, zh: str, en: str, note: str | None
) -> None:
    rule = (await _rules(tx, entry)).words(entry.rule_code)
    notice = Notice(
        zh=f"{zh}：{rule.zh}。" + (f"说明：{note}" if note else ""),
        en=f"{en}: {rule.en}." + (f" Note: {note}" if note else ""),
    )
    await send_notice(act, tx, provider.id, kind, str(entry.id), notice.model_dump())


async def _rules(tx: Tx, entry: CreditEntry) -> Rules:
    rules = await read_rules(tx, entry.rules_version)
    assert rules is not None
    return rules


async def get_locked(tx: Tx, entry_id: UUID, provider_id: UUID | None = None) -> tuple[Provider, CreditEntry]:
    """Return the entry and its provider, both locked until the transaction ends.

    Raises NotFound, also when `provider_id` is given and the entry is not that provider's.
    """
    found = await queries.lock_entry(tx, entry_id)
    if found is None or provider_id not in (None, found[0].id):
        raise NotFound(what="credit entry", key=str(entry_id))
    return found


def _shown(act: Act, moment: datetime) -> str:
    return moment.astimezone(act.zone).strftime("%Y-%m-%d %H:%M")


async def show(tx: Tx, entry_id: UUID) -> EntryOut:
    """Return the entry as the API shows it."""
    return await show_row(tx, await queries.find_named_entry(tx, entry_id))


async def show_row(tx: Tx, row: tuple[CreditEntry, str, int | None]) -> EntryOut:
    """Return the entry with its rule in words, its provider's name and its request's number."""
    entry, provider_name, number = row
    rule = (await _rules(tx, entry)).words(entry.rule_code)
    named = {"provider_name": provider_name, "request_number": number, "rule": entry.rule_code}
    named |= {"zh": rule.zh, "en": rule.en}
    facts = {name: getattr(entry, name) for name in EntryOut.model_fields if name not in named}
    return EntryOut.model_validate(facts | named)


async def list_entries(tx: Tx, provider_id: UUID | None, wanted: EntryFilter) -> list[EntryOut]:
    """Return entries, newest first, of one provider or of all, one more than fits on a page. Raises CursorInvalid."""
    [before] = wanted.after(UUID) or [None]
    found = await queries.list_entries(tx, provider_id, wanted.status, before, wanted.limit + 1)
    return [await show_row(tx, row) for row in found]


async def read_credit(tx: Tx, provider_id: UUID) -> tuple[int, Standing]:
    """Return the provider's credit and standing. Raises NotFound."""
    provider = await find_provider(tx, provider_id)
    if provider is None:
        raise NotFound(what="provider", key=str(provider_id))
    return provider.credit, Standing(provider.standing)
