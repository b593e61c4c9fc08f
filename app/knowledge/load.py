"""Loads the articles and canned texts that come with the software. They are samples until the centre checks them.

A loaded article is in force at once, so that the desk can answer from the first day. Articles that the centre wrote,
reviewed or withdrew stay unchanged; an untouched sample follows the files.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import yaml

from app.catalog.snapshot import Snapshot
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.transition import record
from app.kit.db import Tx
from app.kit.ids import new_id
from app.knowledge import queries
from app.knowledge.actions import REVIEW_AFTER, facts_of
from app.knowledge.entries import index
from app.knowledge.models import Article, ArticleStatus, ArticleVersion, CannedText
from app.knowledge.schemas import ArticleIn, TextIn
from app.knowledge.states import ARTICLES
from app.knowledge.words import DATA

ARTICLES_FOLDER = DATA / "articles"


def read_articles() -> Iterator[ArticleIn]:
    """Yield the articles of the files. Raises ValidationError."""
    for file in sorted(ARTICLES_FOLDER.glob("*.yaml")):
        for row in yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader):
            yield ArticleIn.model_validate(row)


async def load_articles(act: Act, tx: Tx, catalog: Snapshot) -> int:
    """Load what is new or changed in the files. Return the number of articles loaded."""
    known = await queries.list_newest(tx)
    fresh: list[ArticleVersion] = []
    for body in read_articles():
        article, newest = known.get(body.slug, (None, None))
        if article is None or newest is None:
            article = Article(
                id=new_id(act.now), slug=body.slug, review_on=act.today + REVIEW_AFTER, created_at=act.now, sample=True
            )
            tx.session.add(article)
        elif not _follows_files(article, newest) or _same(newest, body):
            continue
        else:
            await queries.remove_entries(tx, [newest.id])
            await ARTICLES.transition(act, tx, "supersede", newest.id, ended_at=act.now)
        number = newest.number + 1 if newest else 1
        fresh.append(_version(article, body, number, act.now))
    await tx.flush()
    tx.session.add_all(fresh)
    await tx.flush()
    for version in fresh:
        await record(act, tx, EventKind.ARTICLE_APPROVED, data={"article_id": version.id})
    await index(tx, fresh, catalog)
    await _load_texts(tx, act.now)
    return len(fresh)


def _follows_files(article: Article, newest: ArticleVersion) -> bool:
    return article.sample and newest.status == ArticleStatus.APPROVED and newest.written_by is None


def _same(newest: ArticleVersion, body: ArticleIn) -> bool:
    return all(getattr(newest, name) == value for name, value in facts_of(body).items())


def _version(article: Article, body: ArticleIn, number: int, now: datetime) -> ArticleVersion:
    return ArticleVersion(
        id=new_id(now),
        article_id=article.id,
        number=number,
        status=ArticleStatus.APPROVED,
        written_at=now,
        decided_at=now,
        **facts_of(body),
    )


async def _load_texts(tx: Tx, now: datetime) -> None:
    known = {text.name: text for text in await queries.list_texts(tx)}
    texts: Mapping[str, Any] = yaml.safe_load((DATA / "texts.yaml").read_text(encoding="utf-8"))
    for name, row in texts.items():
        body = TextIn.model_validate(row)
        kept = known.get(name)
        if kept is None:
            tx.session.add(CannedText(name=name, zh=body.zh, en=body.en, sample=True, changed_at=now))
        elif kept.sample and (kept.zh, kept.en) != (body.zh, body.en):
            kept.zh, kept.en, kept.changed_at = body.zh, body.en, now
    await tx.flush()
