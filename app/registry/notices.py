"""Notices to providers, in both languages and sent once each. Providers without software hear them by phone."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.catalog.calendar import is_night
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.transition import record
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.kit.terms import Term
from app.registry import notice_queries
from app.registry.models import Provider, ProviderNotice
from app.registry.schemas import Notice, NoticeOut, ProviderToPhone

CALL_TAKES = timedelta(minutes=3)


class NoticeKind(Term):
    """A notice that the registry sends a provider."""

    EXPIRES_IN_30_DAYS = (
        "paper_expires_in_30_days",
        "证照 30 天内到期",
        "licence expires within 30 days",
        "The first reminder.",
    )
    EXPIRES_IN_7_DAYS = (
        "paper_expires_in_7_days",
        "证照 7 天内到期",
        "licence expires within 7 days",
        "The second reminder.",
    )
    EXPIRED = "paper_expired", "证照已过期", "licence expired", "Items that need it are suspended."
    FIRM_PAPER_EXPIRED = (
        "firm_paper_expired",
        "单位证照已过期",
        "provider's own licence expired",
        "The provider is suspended.",
    )
    RELEASED = "released_after_renewal", "换证后恢复", "released after renewal", "It is offered work again."


_SOON = Notice(
    zh="贵单位的{paper_zh}（编号 {number}）将于 {expires_on} 到期，请及时换证并报加盟管理员；到期后{effect_zh}。",
    en="Your {paper_en} (number {number}) expires on {expires_on}. Renew it and show it to the registrar before then: "
    "after that day {effect_en}.",
)
SENTENCES: Mapping[str, Notice] = {
    NoticeKind.EXPIRES_IN_30_DAYS: _SOON,
    NoticeKind.EXPIRES_IN_7_DAYS: _SOON,
    NoticeKind.EXPIRED: Notice(
        zh="贵单位的{paper_zh}（编号 {number}）已于 {expires_on} 到期，现在起{effect_zh}；换证登记后自动恢复。",
        en="Your {paper_en} (number {number}) expired on {expires_on}: {effect_en} until the renewed one is recorded.",
    ),
    NoticeKind.FIRM_PAPER_EXPIRED: Notice(
        zh="贵单位的{paper_zh}（编号 {number}）已于 {expires_on} 到期，单位已暂停派单；"
        "已开工的服务请做完，换证登记后自动恢复。",
        en="Your {paper_en} (number {number}) expired on {expires_on}: you are suspended. "
        "Finish the work you have started. You will be released as soon as the renewed licence is recorded.",
    ),
    NoticeKind.RELEASED: Notice(
        zh="贵单位证照已换新登记，恢复派单。", en="Your renewed licence is recorded: you are offered work again."
    ),
}


AS_WRITTEN = Notice(zh="{zh}", en="{en}")
"""For notices whose data holds the sentences, written by other features."""


async def send_notice(
    act: Act, tx: Tx, provider_id: UUID, kind: str, subject: str, data: Mapping[str, Any]
) -> UUID | None:
    """Send the provider this notice, once per subject. Returns its id, or None when it was sent before."""
    notice_id = await notice_queries.add_notice(tx, new_id(act.now), provider_id, kind, subject, data, act.now)
    if notice_id:
        facts = {"notice_id": notice_id, "notice": kind}
        await record(act.of_itself, tx, EventKind.PROVIDER_TOLD, provider_id=provider_id, data=facts)
    return notice_id


async def mark_read(tx: Tx, provider_id: UUID, notice_id: UUID, now: datetime) -> NoticeOut:
    """Mark the notice as read, if it was not. Raises NotFound."""
    notice = await notice_queries.find_notice(tx, provider_id, notice_id)
    if notice is None:
        raise NotFound(what="notice", key=str(notice_id))
    notice.read_at = notice.read_at or now
    return show(notice)


def show(notice: ProviderNotice) -> NoticeOut:
    """Return the notice with its sentences."""
    sentence = SENTENCES.get(notice.kind, AS_WRITTEN)
    return NoticeOut(
        id=notice.id,
        kind=notice.kind,
        at=notice.at,
        read_at=notice.read_at,
        zh=sentence.zh.format(**notice.data),
        en=sentence.en.format(**notice.data),
    )


async def list_providers_to_phone(act: Act, tx: Tx) -> list[ProviderToPhone]:
    """Return providers reached by phone that have unread notices, the oldest notice first; none at night."""
    if is_night(act.now, act.zone):
        return []
    return [await _to_phone(tx, provider) for provider in await notice_queries.list_providers_to_phone(tx)]


async def take_provider_to_phone(act: Act, tx: Tx) -> ProviderToPhone | None:
    """Claim for three minutes the provider with the oldest unread notice.

    Returns None at night or when no notice is waiting.
    """
    if is_night(act.now, act.zone):
        return None
    provider = await notice_queries.take_provider_to_phone(tx, act.now, act.now + CALL_TAKES)
    return await _to_phone(tx, provider) if provider else None


async def _to_phone(tx: Tx, provider: Provider) -> ProviderToPhone:
    return ProviderToPhone(
        provider_id=provider.id,
        provider_name=provider.name,
        provider_contact=provider.contact_name,
        provider_phone=provider.phone,
        notices=[show(notice) for notice in await notice_queries.list_unread(tx, provider.id)],
    )
