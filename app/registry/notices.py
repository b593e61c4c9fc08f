"""What a provider is told of its papers, in both languages and once each; firms without software hear it by phone."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.kit.db import Tx
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.registry import life_queries
from app.registry.models import ProviderNotice
from app.registry.schemas import Notice, NoticeOut


class NoticeKind(StrEnum):
    EXPIRES_IN_30_DAYS = "paper_expires_in_30_days"
    EXPIRES_IN_7_DAYS = "paper_expires_in_7_days"
    EXPIRED = "paper_expired"
    FIRM_PAPER_EXPIRED = "firm_paper_expired"
    RELEASED = "released_after_renewal"


_SOON = Notice(
    zh="贵单位的{paper_zh}（编号 {number}）将于 {expires_on} 到期，请及时换证并报加盟管理员；到期后{effect_zh}。",
    en="Your {paper_en} (number {number}) expires on {expires_on}. Renew it and show it to the registrar in time: "
    "after that day {effect_en}.",
)
SENTENCES = {
    NoticeKind.EXPIRES_IN_30_DAYS: _SOON,
    NoticeKind.EXPIRES_IN_7_DAYS: _SOON,
    NoticeKind.EXPIRED: Notice(
        zh="贵单位的{paper_zh}（编号 {number}）已于 {expires_on} 到期，现在起{effect_zh}；换证登记后自动恢复。",
        en="Your {paper_en} (number {number}) expired on {expires_on}: {effect_en} until it is renewed and filed.",
    ),
    NoticeKind.FIRM_PAPER_EXPIRED: Notice(
        zh="贵单位的{paper_zh}（编号 {number}）已于 {expires_on} 到期，单位已暂停派单；"
        "已开工的服务请做完，换证登记后自动恢复。",
        en="Your {paper_en} (number {number}) expired on {expires_on}: the firm is suspended. "
        "Finish what you have begun; you are released as soon as the renewed paper is filed.",
    ),
    NoticeKind.RELEASED: Notice(
        zh="贵单位证照已换新登记，恢复派单。", en="Your papers are renewed and filed: you are offered work again."
    ),
}


async def tell(
    tx: Tx, provider_id: UUID, kind: NoticeKind, subject: str, data: Mapping[str, Any], now: datetime
) -> None:
    """Give the provider this notice, once for its subject."""
    await life_queries.add_notice(tx, new_id(now), provider_id, kind, subject, data, now)


async def mark_read(tx: Tx, provider_id: UUID, notice_id: UUID, now: datetime) -> NoticeOut:
    """The provider knows of the notice; the first time counts. Raises NotFound."""
    notice = await life_queries.find_notice(tx, provider_id, notice_id)
    if notice is None:
        raise NotFound(what="notice", key=str(notice_id))
    notice.read_at = notice.read_at or now
    return show(notice)


def show(notice: ProviderNotice) -> NoticeOut:
    """The notice with its sentences."""
    sentence = SENTENCES[NoticeKind(notice.kind)]
    return NoticeOut(
        id=notice.id,
        kind=notice.kind,
        at=notice.at,
        read_at=notice.read_at,
        zh=sentence.zh.format(**notice.data),
        en=sentence.en.format(**notice.data),
    )
