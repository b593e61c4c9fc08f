"""Licences that expire: warn 30 and 7 days before, suspend automatically, and release once they are renewed.

An item whose licence has expired is not matched (app.matching) and needs no step here. When one of the provider's own
licences expires, the whole provider is suspended.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from app.auth.queries import add_audit
from app.catalog.snapshot import Snapshot
from app.events.act import Act
from app.events.due import one_by_one
from app.events.kinds import EventKind
from app.events.topics import DISPATCH_TOPIC
from app.events.transition import record
from app.kit.context import Context
from app.kit.db import Tx
from app.registry import paper_queries, queries
from app.registry.models import Provider, ProviderItem, ProviderPaper, Standing
from app.registry.notices import NoticeKind, send_notice
from app.registry.states import ADMITTED, PROVIDERS

FIRST_WARNING = timedelta(days=30)
LAST_WARNING = timedelta(days=7)


class PaperReview(NamedTuple):
    """The notice to send about a licence today, if any, and the day of its next check."""

    notice: NoticeKind | None
    next_on: date | None


def review_paper(expires_on: date | None, today: date) -> PaperReview:
    """Return what to do about a licence today. It is valid up to and including `expires_on`; None: it never expires."""
    if expires_on is None:
        return PaperReview(None, None)
    if expires_on < today:
        return PaperReview(NoticeKind.EXPIRED, None)
    if today < expires_on - FIRST_WARNING:
        return PaperReview(None, expires_on - FIRST_WARNING)
    if today < expires_on - LAST_WARNING:
        return PaperReview(NoticeKind.EXPIRES_IN_30_DAYS, expires_on - LAST_WARNING)
    return PaperReview(NoticeKind.EXPIRES_IN_7_DAYS, expires_on + timedelta(days=1))


async def watch_papers(context: Context, catalog: Snapshot) -> int:
    """Warn, suspend and release providers whose licences are due for a check, each in its own transaction.

    Returns how many providers it handled.
    """

    async def find(tx: Tx, now: datetime, limit: int) -> Sequence[UUID]:
        return await paper_queries.find_due_papers(tx, now.astimezone(context.settings.zone).date(), limit)

    async def change(act: Act, tx: Tx, provider_id: UUID) -> None:
        await review_papers(act, tx, provider_id, catalog)

    return await one_by_one(context, "watch_papers", find, change)


async def review_papers(act: Act, tx: Tx, provider_id: UUID, catalog: Snapshot) -> None:
    """Warn, suspend or release the provider, depending on its licences today. Repeating it does nothing.

    1. Send the notice due for each licence that has not been renewed, and set its next check.
    2. Remove expired licences that another replaces.
    3. Suspend the provider if one of its own licences has expired, or release it once none has.
    """
    provider = await queries.lock_provider(tx, provider_id)
    if provider is None:
        return
    card = await queries.list_lines(tx, provider_id, act.today)
    renewed = await paper_queries.list_renewed(tx, provider_id)
    for paper in await queries.list_parts(tx, ProviderPaper, provider_id):
        if paper.look_on is not None and paper.look_on <= act.today:
            review = (
                review_paper(paper.expires_on, act.today)
                if paper.issued_on <= act.today
                else PaperReview(None, paper.issued_on)
            )
            told = (paper.paper_code, paper.issued_on) not in renewed
            if review.notice and told and provider.standing in paper_queries.WATCHED_STANDINGS:
                await _tell(act, tx, provider, paper, review.notice, _facts(paper, card, catalog))
            paper.look_on = review.next_on
    await tx.flush()
    await paper_queries.drop_replaced(tx, provider_id, act.today)
    lapsed = await paper_queries.list_lapsed(tx, provider_id, act.today)
    if lapsed and provider.standing in ADMITTED:
        await _move(act, tx, provider, "suspend", former_standing=provider.standing, papers=lapsed)
    elif provider.papers_lapsed and not lapsed:
        await _move(act, tx, provider, "release", former_standing=None, papers=[])
        await send_notice(act, tx, provider_id, NoticeKind.RELEASED, act.now.isoformat(), {})


def _facts(paper: ProviderPaper, card: Sequence[ProviderItem], catalog: Snapshot) -> dict[str, Any]:
    """Return the notice's facts about the licence and the effect of its expiry."""
    kind = catalog.paper_kinds[paper.paper_code]
    codes = {line.item_code for line in card if paper.paper_code in catalog.items[line.item_code].papers}
    items = [catalog.items[code] for code in sorted(codes)]
    effect = ("单位将暂停派单", "you are suspended")
    if not kind.whole_firm:
        effect = ("须换证后方可申报相关项目", "items that need it cannot be added to your price card")
        if items:
            zh, en = "、".join(item.zh for item in items), ", ".join(item.en for item in items)
            effect = (f"不再派发：{zh}", f"you are not offered {en}")
    return {
        "paper": paper.paper_code,
        "paper_zh": kind.zh,
        "paper_en": kind.en,
        "number": paper.number,
        "expires_on": paper.expires_on,
        "whole_firm": kind.whole_firm,
        "items": [item.code for item in items],
        "effect_zh": effect[0],
        "effect_en": effect[1],
    }


async def _tell(
    act: Act, tx: Tx, provider: Provider, paper: ProviderPaper, kind: NoticeKind, facts: dict[str, Any]
) -> None:
    expired = kind is NoticeKind.EXPIRED
    kind = NoticeKind.FIRM_PAPER_EXPIRED if expired and facts["whole_firm"] else kind
    if not await send_notice(act, tx, provider.id, kind, f"{paper.paper_code} {paper.expires_on}", facts):
        return
    event = EventKind.PROVIDER_PAPER_EXPIRED if expired else EventKind.PROVIDER_PAPER_EXPIRING
    data = {name: facts[name] for name in ("paper", "number", "expires_on", "whole_firm", "items")}
    await record(act.of_itself, tx, event, provider_id=provider.id, data=data)
    if expired:
        tx.publish(DISPATCH_TOPIC)


async def _move(
    act: Act, tx: Tx, provider: Provider, step: str, *, former_standing: str | None, papers: list[str]
) -> None:
    suspended = step == "suspend"
    change = {
        "former": provider.standing,
        "standing": Standing.SUSPENDED if suspended else provider.former_standing,
        "reason": "papers_expired" if suspended else "papers_renewed",
        "papers": papers,
    }
    await PROVIDERS.transition(
        act.of_itself, tx, step, provider.id, data=change, former_standing=former_standing, papers_lapsed=suspended
    )
    provider.version += 1
    await add_audit(act.of_itself, tx, "provider.standing_changed", f"provider:{provider.id}", **change)
    tx.publish(DISPATCH_TOPIC)
