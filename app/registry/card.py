"""A provider's licences and its price card: what it may offer, and at what price."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from app.catalog.errors import TierNotAllowed
from app.catalog.models import Item, Tier
from app.catalog.snapshot import Snapshot
from app.events.act import Act
from app.events.topics import DISPATCH_TOPIC
from app.kit.db import Tx
from app.kit.errors import HotlineError, NotFound
from app.kit.ids import new_id
from app.kit.terms import Term
from app.registry import paper_queries, queries
from app.registry.edit import begin_edit, finish_edit
from app.registry.errors import (
    ItemNotDispatched,
    ItemWithoutPapers,
    PriceAboveCap,
    PriceNotAllowed,
    UnknownPaper,
    ValidityInvalid,
)
from app.registry.models import PriceKind, ProviderItem, ProviderPaper
from app.registry.schemas import Paper, Price


def paper_row(act: Act, provider_id: UUID, code: str, paper: Paper, catalog: Snapshot) -> ProviderPaper:
    """Build the row of a licence. Raises UnknownPaper or ValidityInvalid."""
    if code not in catalog.paper_kinds:
        raise UnknownPaper(paper=code)
    if paper.expires_on and paper.expires_on < paper.issued_on:
        raise ValidityInvalid(day=act.today)
    return ProviderPaper(
        provider_id=provider_id,
        paper_code=code,
        number=paper.number,
        issued_on=paper.issued_on,
        expires_on=paper.expires_on,
        look_on=act.today,
    )


async def put_paper(act: Act, tx: Tx, provider_id: UUID, code: str, paper: Paper, catalog: Snapshot) -> None:
    """Record a licence, replacing an earlier one of the same kind.

    The worker lifts a suspension that the expiry caused. A licence that begins later leaves the current one in force
    and replaces any other future one. Raises NotFound, UnknownPaper or ValidityInvalid.
    """
    provider = await begin_edit(tx, provider_id)
    row = paper_row(act, provider_id, code, paper, catalog)
    begun = paper.issued_on <= act.today
    await queries.drop_papers(tx, provider_id, code, **{"until" if begun else "after": act.today})
    tx.session.add(row)
    await finish_edit(act, tx, provider, "provider.paper_filed", paper=code, **paper.model_dump())
    tx.publish(DISPATCH_TOPIC)


async def remove_paper(act: Act, tx: Tx, provider_id: UUID, code: str) -> None:
    """Remove all licences of the kind. Items that need one are no longer matched. Raises NotFound."""
    provider = await begin_edit(tx, provider_id)
    if not await queries.drop_papers(tx, provider_id, code):
        raise NotFound(what="paper", key=code)
    await paper_queries.schedule_review(tx, provider_id, act.today)
    await finish_edit(act, tx, provider, "provider.paper_removed", paper=code)
    tx.publish(DISPATCH_TOPIC)


async def check_papers(act: Act, tx: Tx, provider_id: UUID, items: Iterable[Item]) -> None:
    """Raise ItemWithoutPapers when an item needs a licence that the provider doesn't hold valid today."""
    held = await queries.list_valid_papers(tx, provider_id, act.today)
    for item in items:
        missing = sorted(set(item.papers) - held)
        if missing:
            raise ItemWithoutPapers(item=item.code, missing=missing)


class PriceFault(Term):
    """Why a line is not allowed on a price card."""

    NOT_DISPATCHED = "not_dispatched", "该项目不派单", "the item is not dispatched", "No provider is ever sent for it."
    TIER_NOT_ALLOWED = "tier_not_allowed", "没有该档次", "the tier is not allowed", "The item has no such tier."
    PRICE_NOT_ALLOWED = (
        "price_not_allowed",
        "价格与档次不符",
        "the price does not fit the tier",
        "A price is free of charge if and only if the tier is free.",
    )
    ABOVE_CAP = "above_cap", "超过最高价", "above the cap", "More than the item's cap for the low-fee tier."
    VALIDITY = "validity", "有效期有误", "invalid dates", "The last day is before the first."


def price_faults(
    item: Item, tier: str, price_kind: str, price_fen: int, begins: date, ends: date | None
) -> Iterator[PriceFault]:
    """Yield what is wrong with the line.

    Only a dispatchable item has a price, only the free tier costs nothing, and a low fee is at most the item's cap.
    """
    if not item.dispatchable:
        yield PriceFault.NOT_DISPATCHED
    elif tier not in item.tiers:
        yield PriceFault.TIER_NOT_ALLOWED
    free = tier == Tier.FREE
    if free != (price_kind == PriceKind.FREE) or (free and price_fen):
        yield PriceFault.PRICE_NOT_ALLOWED
    if tier == Tier.LOW_FEE and price_fen > (item.cap_fen or 0):
        yield PriceFault.ABOVE_CAP
    if ends and ends < begins:
        yield PriceFault.VALIDITY


def price_row(act: Act, provider_id: UUID, item: Item, tier: Tier, price: Price) -> ProviderItem:
    """Build a line of the price card, not yet approved.

    Raises ItemNotDispatched, TierNotAllowed, PriceNotAllowed, PriceAboveCap or ValidityInvalid.
    """
    begins = price.valid_from or act.today
    errors: dict[PriceFault, HotlineError] = {
        PriceFault.NOT_DISPATCHED: ItemNotDispatched(item=item.code),
        PriceFault.TIER_NOT_ALLOWED: TierNotAllowed(
            item=item.code, tier=tier, allowed=[Tier(one) for one in item.tiers]
        ),
        PriceFault.PRICE_NOT_ALLOWED: PriceNotAllowed(
            tier=tier, price_kind=price.price_kind, price_fen=price.price_fen
        ),
        PriceFault.ABOVE_CAP: PriceAboveCap(item=item.code, cap_fen=item.cap_fen, price_fen=price.price_fen),
        PriceFault.VALIDITY: ValidityInvalid(day=act.today),
    }
    for fault in price_faults(item, tier, price.price_kind, price.price_fen, begins, price.valid_to):
        raise errors[fault]
    if begins < act.today:
        raise ValidityInvalid(day=act.today)
    return ProviderItem(
        id=new_id(act.now),
        provider_id=provider_id,
        item_code=item.code,
        tier=tier,
        price_kind=price.price_kind,
        price_fen=price.price_fen,
        valid_from=begins,
        valid_to=price.valid_to,
    )


async def set_price(
    act: Act, tx: Tx, provider_id: UUID, code: str, tier: Tier, price: Price, catalog: Snapshot
) -> None:
    """Add an approved price. From its first day it replaces the current and any proposed price.

    Raises NotFound, the errors of `price_row`, UnknownItem or ItemWithoutPapers.
    """
    provider, item = await begin_edit(tx, provider_id), catalog.item(code)
    row = price_row(act, provider_id, item, tier, price)
    await check_papers(act, tx, provider_id, [item])
    await queries.end_lines(tx, provider_id, code, tier, row.valid_from)
    row.approved_at = act.now
    tx.session.add(row)
    await finish_edit(act, tx, provider, "provider.price_set", **_line(row))


async def propose_price(
    act: Act, tx: Tx, provider_id: UUID, code: str, tier: Tier, price: Price, catalog: Snapshot
) -> None:
    """Propose a price, replacing an earlier proposal. The approved price applies until a registrar approves this one.

    Raises NotFound, the errors of `price_row`, or UnknownItem.
    """
    provider, item = await begin_edit(tx, provider_id), catalog.item(code)
    row = price_row(act, provider_id, item, tier, price)
    await queries.drop_proposal(tx, provider_id, code, tier)
    tx.session.add(row)
    await finish_edit(act, tx, provider, "provider.price_proposed", **_line(row))


async def approve_price(act: Act, tx: Tx, provider_id: UUID, code: str, tier: Tier, catalog: Snapshot) -> None:
    """Approve the proposed price. If its first day has passed, it applies from today.

    Without a proposal nothing changes. Raises NotFound when the item is not on the card, and the errors of `set_price`.
    """
    await begin_edit(tx, provider_id)
    card = await queries.list_lines(tx, provider_id, act.today)
    lines = [line for line in card if (line.item_code, line.tier) == (code, tier)]
    if not lines:
        raise NotFound(what="price", key=f"{code}/{tier}")
    for line in lines:
        if line.approved_at is None:
            price = Price.model_validate(line)
            price.valid_from = max(line.valid_from, act.today)
            await set_price(act, tx, provider_id, code, tier, price, catalog)


async def end_price(act: Act, tx: Tx, provider_id: UUID, code: str, tier: Tier) -> None:
    """Take the item at this tier off the card from today, with any proposal. Raises NotFound."""
    provider = await begin_edit(tx, provider_id)
    if not await queries.end_lines(tx, provider_id, code, tier, act.today):
        raise NotFound(what="price", key=f"{code}/{tier}")
    await finish_edit(act, tx, provider, "provider.price_ended", item_code=code, tier=tier)


def _line(row: ProviderItem) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("item_code", "tier", "price_kind", "price_fen", "valid_from")}
