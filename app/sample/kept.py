"""The counts that a live system would have kept for past days."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from app.kit.orm import Model
from app.registry.models import WINDOW_COUNTS, ProviderDay, ProviderItemMonth, ProviderWindow
from app.sample.past import Row, Rows

DayCounts = Mapping[tuple[UUID, date, str], int]


def kept_counts(rows: Rows, first_day: date) -> dict[type[Model], list[Row]]:
    """Return what these rows add to each table of counts. Windows begin on `first_day` and omit earlier days."""
    recent = {key: count for key, count in rows.counts.items() if key[1] >= first_day and key[2] in WINDOW_COUNTS}
    months = [
        {"month": month, "item_code": item, "provider_id": provider, "counted": count}
        for (month, item, provider), count in rows.months.items()
    ]
    return {
        ProviderDay: _grouped(rows.counts, lambda provider, day: {"provider_id": provider, "day": day}),
        ProviderWindow: _grouped(recent, lambda provider, _: {"provider_id": provider, "first_day": first_day}),
        ProviderItemMonth: months,
    }


def _grouped(counts: DayCounts, key_of: Callable[[UUID, date], Row]) -> list[Row]:
    """Return one row per key with its counts summed."""
    rows: defaultdict[Any, defaultdict[str, Any]] = defaultdict(lambda: defaultdict(int))
    for (provider, day, column), count in counts.items():
        key = key_of(provider, day)
        row = rows[tuple(key.values())]
        row.update(key)
        row[column] += count
    return [dict(row) for row in rows.values()]
