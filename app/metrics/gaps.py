"""What the editors of the knowledge base should write or improve next."""

from datetime import date
from zoneinfo import ZoneInfo

from app.catalog.snapshot import Snapshot
from app.kit.db import Tx
from app.metrics import actions, gap_queries, queries
from app.metrics.gap_schemas import FailedWords, Gaps, SecondCall, UnaidedItem, UnusedArticle
from app.metrics.schemas import Selection

COUNTED_DAYS = 92


async def read_gaps(tx: Tx, asked: Selection, catalog: Snapshot, zone: ZoneInfo, today: date) -> Gaps:
    """Return the gaps that a range of days shows. Raises RangeInvalid, UnknownCategory, UnknownArea."""
    actions.check_selection(asked, catalog, COUNTED_DAYS)
    span = actions.span(asked, zone)
    counts = (await queries.sum_volumes(tx, asked, zone))[0]
    return Gaps(
        **dict(await gap_queries.count_articles(tx, today)),
        answered_in_call=actions.rate(counts, "answered_in_call", "requests"),
        answered_by_article=actions.rate(counts, "answered_by_article", "answered_in_call"),
        not_found=[FailedWords.model_validate(dict(row)) for row in await gap_queries.list_failed_searches(tx, *span)],
        without_article=[
            UnaidedItem.model_validate(dict(row)) for row in await gap_queries.list_unaided_items(tx, *span)
        ],
        unused=[UnusedArticle.model_validate(dict(row)) for row in await gap_queries.list_unused(tx, *span, today)],
        called_again=[SecondCall.model_validate(dict(row)) for row in await gap_queries.list_second_calls(tx, *span)],
    )
