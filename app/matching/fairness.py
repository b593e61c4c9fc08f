"""How evenly offers are spread over the providers that could have had them."""

from collections.abc import Iterable
from math import fsum

from app.catalog.calendar import month_after
from app.catalog.snapshot import Snapshot
from app.kit.db import Tx
from app.matching.queries import list_shares
from app.matching.schemas import Fairness, FairnessAsked, ItemFairness


def gini(shares: Iterable[float]) -> float:
    """Return the Gini coefficient of non-negative shares: 0 if all are equal, near 1 if one has everything.

    It is half the mean difference of all pairs, divided by the mean. It is 0 if there is nothing to share.
    """
    ordered = sorted(shares)
    count, total = len(ordered), fsum(ordered)
    if not total:
        return 0.0
    return fsum((2 * place - count - 1) * share for place, share in enumerate(ordered, 1)) / (count * total)


async def read_fairness(tx: Tx, asked: FairnessAsked, catalog: Snapshot) -> Fairness:
    """Return the month's fairness per item.

    It covers the providers that are active today and had an approved line in the month. Raises UnknownItem.
    """
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
