"""Adjusts a provider's standing to its credit, and notifies the provider."""

from app.auth.queries import add_audit
from app.credit import queries
from app.credit.rules import Rules, rules_in_force
from app.events.act import SYSTEM, Act
from app.events.topics import DISPATCH_TOPIC
from app.kit.db import Tx
from app.registry.models import ACTIVE_STANDINGS, Provider, Standing
from app.registry.notices import send_notice
from app.registry.paper_queries import schedule_review
from app.registry.schemas import Notice
from app.registry.states import PROVIDER_MOVES, PROVIDERS

BY_CREDIT = "credit"
NOTICES = {
    "watch": Notice(
        zh="信用分已降至 {credit} 分，贵单位列入观察，仍可接单；升至 {back} 分即恢复。",
        en="Your credit has fallen to {credit}: you are on watch but still receive offers. The watch ends at {back}.",
    ),
    "suspend": Notice(
        zh="信用分已降至 {credit} 分，贵单位已暂停接单；已开工的工单请继续完成。升至 {back} 分即恢复，也可申诉。",
        en="Your credit has fallen to {credit}: you are suspended and receive no offers. Please finish the jobs you "
        "have started. The suspension ends at {back}; you can also appeal.",
    ),
    "release": Notice(
        zh="信用分已回升至 {credit} 分，恢复接单。",
        en="Your credit is back at {credit}: you receive offers again.",
    ),
    "activate": Notice(
        zh="信用分已回升至 {credit} 分，不再列入观察。",
        en="Your credit is back at {credit}: you are no longer on watch.",
    ),
}


async def settle_standing(act: Act, tx: Tx, provider: Provider, change: int) -> None:
    """Move the locked provider, whose credit has changed by `change`, to the standing that its credit calls for.

    What people decided stays in place: a gain never worsens a standing, and undoes only what credit caused.
    """
    rules = await rules_in_force(tx)
    await tx.session.refresh(provider)
    falls = change < 0
    while step := await _next_step(tx, provider, rules, falls=falls):
        await _take(act, tx, step, provider, rules)
        await tx.session.refresh(provider)
        falls = falls or (step == "release" and provider.standing == Standing.ACTIVE)  # it may still belong on watch


async def _next_step(tx: Tx, provider: Provider, rules: Rules, *, falls: bool) -> str | None:
    limits, credit, standing = rules.thresholds, provider.credit, provider.standing
    if falls:
        if standing in ACTIVE_STANDINGS and credit < limits.suspend_below:
            return "suspend"
        return "watch" if standing == Standing.ACTIVE and credit < limits.watch_below else None
    if standing == Standing.SUSPENDED and credit >= limits.release_from:
        return "release" if await _was_ours(tx, provider, "suspend") else None
    if standing == Standing.WATCH and credit >= limits.active_from:
        return "activate" if await _was_ours(tx, provider, "watch") else None
    return None


async def _was_ours(tx: Tx, provider: Provider, step: str) -> bool:
    """Return whether credit caused the provider's current standing."""
    last = await queries.find_last_move(tx, provider.id, PROVIDER_MOVES[step].event)
    return last is not None and (last.actor_kind, last.data.get("reason")) == (SYSTEM.kind, BY_CREDIT)


async def _take(act: Act, tx: Tx, step: str, provider: Provider, rules: Rules) -> None:
    target = PROVIDER_MOVES[step].target or provider.former_standing
    change = {"former": provider.standing, "standing": target, "reason": BY_CREDIT, "credit": provider.credit}
    suspended = {"former_standing": provider.standing if step == "suspend" else None, "version": provider.version + 1}
    await PROVIDERS.transition(act.of_itself, tx, step, provider.id, data=change, **suspended)
    subject = f"provider:{provider.id}"
    await add_audit(act.of_itself, tx, "provider.standing_changed", subject, **change)
    if step == "release":  # a licence of the provider may have expired meanwhile
        await schedule_review(tx, provider.id, act.now.date())
    limits = rules.thresholds
    back = {"watch": limits.active_from, "suspend": limits.release_from}.get(step)
    words = {lang: text.format(credit=provider.credit, back=back) for lang, text in NOTICES[step].model_dump().items()}
    await send_notice(act, tx, provider.id, f"credit_{step}", act.now.isoformat(), words)
    tx.publish(DISPATCH_TOPIC)
