"""SQL for what the knowledge base lacks."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import FromClause, RowMapping, Table, func, select
from sqlalchemy.orm import aliased

from app.intake.models import Request
from app.kit.db import Tx
from app.knowledge.models import Article, ArticleEntry, ArticleVersion, FailedSearch

MOST = 100
"""How many of each kind are listed at most, the most frequent first."""
SECOND_CALL = timedelta(days=7)
"""A request counts as a second call if it follows within this time."""

_REQUESTS = cast(Table, Request.__table__)


async def list_failed_searches(tx: Tx, since: datetime, until: datetime) -> Sequence[RowMapping]:
    """Return the searches that found nothing, by words and item, most frequent first."""
    words = func.lower(FailedSearch.text)
    query = (
        select(words.label("words"), FailedSearch.item_code.label("item"), func.count().label("times"))
        .where(FailedSearch.at >= since, FailedSearch.at < until)
        .group_by(words, FailedSearch.item_code)
        .order_by(func.count().desc(), words)
        .limit(MOST)
    )
    return (await tx.session.execute(query)).mappings().all()


def _answered(since: datetime, until: datetime) -> Any:
    return (Request.received_at >= since) & (Request.received_at < until) & Request.answer.is_not(None)


async def list_unaided_items(tx: Tx, since: datetime, until: datetime) -> Sequence[RowMapping]:
    """Return the items answered without an article: how many such answers, and how many answers in all."""
    unaided = func.count().filter(Request.articles.is_(None))
    query = (
        select(Request.item_code.label("item"), unaided.label("times"), func.count().label("answers"))
        .where(_answered(since, until))
        .group_by(Request.item_code)
        .having(unaided > 0)
        .order_by(unaided.desc(), Request.item_code)
        .limit(MOST)
    )
    return (await tx.session.execute(query)).mappings().all()


def _uses(since: datetime, until: datetime) -> FromClause:
    """Return each use of an article for an answer: which article, on which request. Several versions count once."""
    used = (
        select(_REQUESTS.c.id, _REQUESTS.c.citizen_id, _REQUESTS.c.item_code, _REQUESTS.c.answered_at)
        .add_columns(func.unnest(_REQUESTS.c.articles).label("version_id"))
        .where(_answered(since, until), _REQUESTS.c.articles.is_not(None))
        .subquery("used")
    )
    return (
        select(used.c.id, used.c.citizen_id, used.c.item_code, used.c.answered_at, ArticleVersion.article_id)
        .join(ArticleVersion, ArticleVersion.id == used.c.version_id)
        .distinct()
        .subquery("uses")
    )


def _holds(today: date) -> Any:
    return func.coalesce(ArticleEntry.valid_from <= today, True) & func.coalesce(ArticleEntry.valid_to >= today, True)


async def list_unused(tx: Tx, since: datetime, until: datetime, today: date) -> Sequence[RowMapping]:
    """Return the articles in force from which no answer came."""
    uses = _uses(since, until)
    query = (
        select(Article.slug, ArticleVersion.items, ArticleVersion.decided_at.label("in_force_since"))
        .join(ArticleVersion, ArticleVersion.article_id == Article.id)
        .join(ArticleEntry, ArticleEntry.version_id == ArticleVersion.id)
        .where(Article.id.not_in(select(uses.c.article_id)), ArticleVersion.decided_at < until, _holds(today))
        .order_by(ArticleVersion.decided_at, Article.slug)
        .limit(MOST)
    )
    return (await tx.session.execute(query)).mappings().all()


async def list_second_calls(tx: Tx, since: datetime, until: datetime) -> Sequence[RowMapping]:
    """Return the articles whose answer was followed by another request.

    Only a request from the same citizen for the same item within seven days counts.
    """
    uses, again = _uses(since, until), aliased(Request)
    followed = (
        select(again.id)
        .where(
            again.citizen_id == uses.c.citizen_id,
            again.item_code == uses.c.item_code,
            again.received_at > uses.c.answered_at,
            again.received_at <= uses.c.answered_at + SECOND_CALL,
        )
        .exists()
    )
    times = func.count().filter(followed)
    query = (
        select(Article.slug, times.label("times"), func.count().label("answers"))
        .select_from(uses.join(Article, Article.id == uses.c.article_id))
        .group_by(Article.slug)
        .having(times > 0)
        .order_by(times.desc(), Article.slug)
        .limit(MOST)
    )
    return (await tx.session.execute(query)).mappings().all()


async def count_articles(tx: Tx, today: date) -> RowMapping:
    """Return how many articles are in force, how many of them are samples, and how many are due for review."""
    query = (
        select(
            func.count().label("in_force"),
            func.count().filter(Article.sample).label("samples"),
            func.count().filter(Article.review_on <= today).label("reviews_due"),
        )
        .select_from(ArticleEntry)
        .join(ArticleVersion, ArticleVersion.id == ArticleEntry.version_id)
        .join(Article, Article.id == ArticleVersion.article_id)
        .where(_holds(today))
    )
    return (await tx.session.execute(query)).mappings().one()
