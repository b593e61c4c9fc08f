"""How fast searches are for a given number of articles: the test questions one after the other, without HTTP.

Articles beyond the samples are made of parts of the samples, so that words are as common as in real articles. Each
belongs to a random item and has a place name in its title.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any

from app.catalog.load import load_reference_data
from app.catalog.snapshot import Snapshot, read_snapshot
from app.events.act import SYSTEM, Act
from app.kit import embedded
from app.kit.clock import clock_from
from app.kit.db import Database, Tx
from app.kit.ids import new_id
from app.kit.migrate import migrate
from app.knowledge.actions import REVIEW_AFTER, facts_of
from app.knowledge.entries import index
from app.knowledge.evaluation import read_questions
from app.knowledge.load import load_articles, read_articles
from app.knowledge.models import Article, ArticleStatus, ArticleVersion
from app.knowledge.schemas import ArticleIn, SearchIn
from app.knowledge.searching import search
from app.settings import Settings

QUESTIONS = Path(__file__).parent.parent / "tests" / "knowledge" / "questions.tsv"
BATCH = 1_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--sizes", type=int, nargs="+", default=[330, 2_000, 20_000])


def run(options: argparse.Namespace) -> None:
    """Measure on a scratch server."""
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as data, embedded.join(Path(data) / "data") as server:
        asyncio.run(main(server.url, sorted(options.sizes)))


async def main(url: str, sizes: list[int]) -> None:
    """Grow the knowledge base from size to size, and measure at each."""
    await migrate(url)
    db = Database(url, pool_size=2)
    now = clock_from(Settings()).now()
    async with db.begin() as tx:
        await load_reference_data(tx)
    catalog = await read_snapshot(db)
    async with db.begin() as tx:
        there = await load_articles(Act(SYSTEM, now, Settings()), tx, catalog)
    samples, dice = list(read_articles()), random.Random(81890)
    print(f"{'articles':>8} {'p50 ms':>8} {'p99 ms':>8} {'worst':>8} {'index MB':>9}")
    for size in sizes:
        while there < size:
            count = min(BATCH, size - there)
            bodies = [made_up(samples, catalog, dice, there + n) for n in range(count)]
            async with db.begin() as tx:
                await add(tx, bodies, catalog, now)
            there += count
        async with db.autocommit() as tx:
            await tx.driver.execute("VACUUM ANALYZE article_entries, article_words, article_versions, articles")
        seconds = await measure(db, catalog, now.date(), now)
        async with db.autocommit() as tx:
            megabytes = await tx.driver.fetchval("SELECT pg_total_relation_size('article_entries') / 1048576.0")
        cuts = statistics.quantiles(seconds, n=100)
        figures = f"{cuts[49] * 1000:8.1f} {cuts[98] * 1000:8.1f} {max(seconds) * 1000:8.1f}"
        print(f"{there:8} {figures} {megabytes:9.1f}", flush=True)
    await db.close()


def made_up(samples: list[ArticleIn], catalog: Snapshot, dice: random.Random, number: int) -> ArticleIn:
    """Return an article made of parts of three samples, for a random place."""
    one, other, third = dice.sample(samples, 3)
    place = dice.choice(list(catalog.communities.values())).zh
    title = {"zh": f"{place}{one.title.zh}"[:100], "en": one.title.en}
    words = [*dice.sample(one.words, min(5, len(one.words))), *dice.sample(other.words, min(3, len(other.words)))]
    facts: dict[str, Any] = {
        "slug": f"made-up-{number}",
        "title": title,
        "words": words,
        "items": [dice.choice(list(catalog.items))],
    }
    facts |= {"answer": other.answer.model_dump(), "steps": [step.model_dump() for step in third.steps]}
    return ArticleIn.model_validate(one.model_dump(by_alias=True) | facts)


async def add(tx: Tx, bodies: list[ArticleIn], catalog: Snapshot, now: datetime) -> None:
    """Add these articles as approved ones, and index them."""
    versions: list[ArticleVersion] = []
    for body in bodies:
        key = new_id(now)
        tx.session.add(Article(id=key, slug=body.slug, review_on=now.date() + REVIEW_AFTER, created_at=now))
        facts = {"status": ArticleStatus.APPROVED, "written_at": now, "decided_at": now, **facts_of(body)}
        versions.append(ArticleVersion(id=new_id(now), article_id=key, number=1, **facts))
    await tx.flush()
    tx.session.add_all(versions)
    await tx.flush()
    await index(tx, versions, catalog)


async def measure(db: Database, catalog: Snapshot, today: date, now: datetime) -> list[float]:
    """Return the seconds that each question takes, after a warm-up round."""
    questions = [question.words[:300] for question in read_questions(QUESTIONS)]
    seconds: list[float] = []
    for round_ in range(4):
        for words in questions:
            began = time.perf_counter()
            async with db.begin() as tx:
                await search(tx, SearchIn(words=words, typing=True), catalog, today, now)
            if round_:
                seconds.append(time.perf_counter() - began)
    return seconds
