"""Matching decisions about a provider, as the provider may see them: without other providers' names or facts."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.catalog.calendar import span_of
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.matching.reasons import read_reason
from app.statement import queries
from app.statement.schemas import Best, DecisionsAsked, OwnDecision


async def list_decisions(
    tx: Tx, provider_id: UUID, asked: DecisionsAsked, today: date, zone: ZoneInfo
) -> Sequence[Any]:
    """Return the day's decisions that considered the provider, newest first, and one more than the page holds.

    Raises CursorInvalid.
    """
    day = asked.day or today
    span = span_of(day, day + timedelta(days=1), zone)
    after = asked.after(datetime, int)
    return await queries.list_own_decisions(tx, provider_id, span, after, asked.limit + 1)


async def list_decisions_of(tx: Tx, provider_id: UUID, request_id: UUID) -> list[OwnDecision]:
    """Return the decisions about the provider for the request, oldest first. Raises NotFound when there are none."""
    rows = await queries.list_own_decisions_of(tx, provider_id, request_id)
    if not rows:
        raise NotFound(what="decision about you for request", key=str(request_id))
    return [show(row) for row in rows]


def show(row: Any) -> OwnDecision:
    """Return the decision as the provider may see it."""
    best = None
    if row.best_scores is not None and row.best_total is not None:
        best = Best(scores=row.best_scores, total=round(row.best_total, 6), offered_by=row.offered_by)
    reason = read_reason(row.reason) if row.reason else None
    names = ("at", "request_id", "number", "item_code", "township_code", "tier", "policy_version", "place", "ranked")
    return OwnDecision(
        **{name: getattr(row, name) for name in names},
        asked=row.own is not None,
        total=None if row.total is None else round(row.total, 6),
        own=row.own,
        reason=row.reason,
        zh=reason and reason.zh,
        en=reason and reason.en,
        best=best,
    )
