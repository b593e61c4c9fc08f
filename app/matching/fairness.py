"""How evenly offers are spread over those who could have had them."""

from collections.abc import Iterable
from math import fsum

from app.catalog.calendar import month_after
from app.catalog.snapshot import Snapshot
from app.kit.db import Tx
from app.matching.queries import list_shares
from app.matching.schemas import Fairness, FairnessAsked, ItemFairness


def gini(shares: Iterable[float]) -> float:
    """The Gini coefficient of shares that are not negative: 0 when all are equal, towards 1 when one has everything.

    Half the mean difference of all pairs over the mean; 0 where there is nothing to share.
    """
    ordered = sorted(shares)
    count, total = len(ordered), fsum(ordered)
    if not total:
        return 0.0
    return fsum((2 * place - count - 1) * share for place, share in enumerate(ordered, 1)) / (count * total)


async def read_fairness(tx: Tx, asked: FairnessAsked, catalog: Snapshot) -> Fairness:
    """Item by item, among those who are active today and whose approved line held in the month. Raises UnknownItem."""
    item = catalog.item(asked.item).code if asked.item is not None else None
    rows = await list_shares(tx, asked.month, month_after(asked.month), item)
    return Fairness(month=asked.month, items=[_show(row.item_code, row.counts, row.capacities) for row in rows])


def _show(item_code: str, counts: list[int], capacities: list[int]) -> ItemFairness:
    offers, providers = sum(counts), len(counts)
    return ItemFairness(
        item_code=item_code,
        providers=providers,
        offers=offers,
        offers_per_provider=round(offers / providers, 2),
        gini=round(gini(count / capacity for count, capacity in zip(counts, capacities, strict=True)), 4),
    )
