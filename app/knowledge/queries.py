"""SQL for articles, searches and canned texts."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    Float,
    Integer,
    Row,
    Text,
    Uuid,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import aliased

from app.auth.models import Staff
from app.kit import db
from app.kit.db import Prepared, Tx
from app.knowledge.models import (
    Article,
    ArticleEntry,
    ArticleStatus,
    ArticleVersion,
    ArticleWord,
    CannedText,
    ItemChoice,
    SuggestionModel,
)

OFFERED = (ArticleStatus.APPROVED, ArticleStatus.SUPERSEDED, ArticleStatus.WITHDRAWN)
"""The statuses of versions that desks are or were offered."""
ALL_ENTRIES = ""
"""The word under which the number of all entries is stored."""
_FRESH = {"populate_existing": True}

_COUNT_WORDS = Prepared(
    select(ArticleWord.word, ArticleWord.entries, ArticleWord.heads).where(
        ArticleWord.word == func.any(bindparam("words", type_=ARRAY(Text)))
    )
)


async def count_entries(tx: Tx, words: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return in how many entries and heads each of these lexemes occurs. ALL_ENTRIES gives the number of entries."""
    rows = await tx.rows(_COUNT_WORDS, words=words)
    return {row["word"]: (row["entries"], row["heads"]) for row in rows if row["entries"]}


_WORDS_BETWEEN = Prepared(
    select(ArticleWord.word).where(
        ArticleWord.word >= bindparam("first", type_=Text),
        ArticleWord.word < bindparam("after", type_=Text),
        func.length(ArticleWord.word).between(
            bindparam("shortest", type_=Integer), bindparam("longest", type_=Integer)
        ),
    )
)


async def list_words_like(tx: Tx, word: str) -> list[str]:
    """Return known lexemes with the same first two letters and a similar length."""
    after = word[0] + chr(ord(word[1]) + 1)
    rows = await tx.rows(_WORDS_BETWEEN, first=word[:2], after=after, shortest=len(word) - 2, longest=len(word) + 2)
    return [row["word"] for row in rows]


_FIND = Prepared(
    text("""
WITH fitting AS MATERIALIZED (
  SELECT version_id, items, areas, words,
    :rare_counts * ts_rank('{0.25,0.4,0.45,1}', words, cast(:rare AS tsquery))
      + :common_counts * ts_rank('{0.25,0.4,0.45,1}', words, cast(:common AS tsquery))
      + CASE WHEN :item = ANY (items) THEN cast(:bonus AS float8) ELSE 0 END AS rough
  FROM article_entries
  WHERE (words @@ cast(:heaviest AS tsquery) OR items && cast(:items AS text[]))
    AND coalesce(valid_from <= :day, true) AND coalesce(valid_to >= :day, true)
    AND (areas = '{}' OR :areas IS NULL OR areas && :areas)
  ORDER BY rough DESC, version_id LIMIT :most
), hits AS (
  SELECT version_id, array_agg(its.lexeme) AS lexemes, array_agg(coalesce(its.weights[1], 'D')) AS labels,
    array_agg(cardinality(its.positions)) AS phrases
  FROM fitting CROSS JOIN LATERAL unnest(words) AS its
  JOIN unnest(cast(:lexemes AS text[])) AS asked (lexeme) ON its.lexeme = asked.lexeme
  GROUP BY version_id
)
SELECT version_id, items, areas,
  coalesce(lexemes, '{}') AS lexemes, coalesce(labels, '{}') AS labels, coalesce(phrases, '{}') AS phrases
FROM fitting LEFT JOIN hits USING (version_id)
""").bindparams(
        bindparam("rare_counts", type_=Float),
        bindparam("rare", type_=Text),
        bindparam("common_counts", type_=Float),
        bindparam("common", type_=Text),
        bindparam("item", type_=Text),
        bindparam("items", type_=ARRAY(Text)),
        bindparam("bonus", type_=Float),
        bindparam("heaviest", type_=Text),
        bindparam("day", type_=Date),
        bindparam("areas", type_=ARRAY(Text)),
        bindparam("most", type_=BigInteger),
        bindparam("lexemes", type_=ARRAY(Text)),
    )
)
"""Entries that have one of the heaviest lexemes or belong to the items, roughly ranked, with their matching lexemes."""


async def find_entries(tx: Tx, **params: Any) -> list[db.Row]:
    """Return the best entries in force on `day`, up to `most`, each with its matching lexemes and their labels."""
    return await tx.rows(_FIND, **params)


_READ_FOUND = Prepared(
    select(
        ArticleVersion.id,
        ArticleVersion.number,
        ArticleVersion.items,
        ArticleVersion.areas,
        ArticleVersion.valid_to,
        ArticleVersion.content.op("-")("words").label("content"),
        Article.slug,
        Article.sample,
    )
    .join(Article, Article.id == ArticleVersion.article_id)
    .where(ArticleVersion.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
)


async def read_found(tx: Tx, version_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Return what is shown of these versions, by id."""
    return {row["id"]: row for row in await tx.rows(_READ_FOUND, ids=version_ids)}


_COUNTED = """
SELECT word, count(*) AS entries, count(*) FILTER (WHERE head) AS heads FROM (
  SELECT cast(:all AS text) AS word, true AS head FROM article_entries WHERE version_id = ANY (:ids)
  UNION ALL SELECT found.lexeme, 'A' = ANY (found.weights)
  FROM article_entries, unnest(words) AS found WHERE version_id = ANY (:ids)
) AS counted GROUP BY word
"""
_ADD_WORDS = Prepared(
    text(f"""
INSERT INTO article_words (word, entries, heads) {_COUNTED} ORDER BY word COLLATE "C"
ON CONFLICT (word) DO UPDATE SET
  entries = article_words.entries + excluded.entries, heads = article_words.heads + excluded.heads
""").bindparams(bindparam("all", type_=Text), bindparam("ids", type_=ARRAY(Uuid)))
)
_TAKE_WORDS = Prepared(
    text(f"""
WITH gone AS ({_COUNTED}), locked AS (
  SELECT word FROM article_words WHERE word IN (SELECT word FROM gone) ORDER BY word COLLATE "C" FOR UPDATE
)
UPDATE article_words SET entries = article_words.entries - gone.entries, heads = article_words.heads - gone.heads
FROM gone JOIN locked USING (word) WHERE article_words.word = gone.word
""").bindparams(bindparam("all", type_=Text), bindparam("ids", type_=ARRAY(Uuid)))
)
_ADD_ENTRIES = Prepared(
    text("""
INSERT INTO article_entries (version_id, items, areas, valid_from, valid_to, words)
SELECT version.id, version.items, version.areas, version.valid_from, version.valid_to, cast(entry.words AS tsvector)
FROM unnest(:ids, :words) AS entry (id, words) JOIN article_versions AS version ON version.id = entry.id
""").bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("words", type_=ARRAY(Text)))
)


async def add_entries(tx: Tx, words: Mapping[UUID, str]) -> None:
    """Make searches find these versions by these tsvectors."""
    await tx.rows(_ADD_ENTRIES, ids=list(words), words=list(words.values()))
    await tx.rows(_ADD_WORDS, all=ALL_ENTRIES, ids=list(words))


async def remove_entries(tx: Tx, version_ids: Sequence[UUID]) -> None:
    """Stop searches from finding these versions."""
    await tx.rows(_TAKE_WORDS, all=ALL_ENTRIES, ids=version_ids)
    await tx.session.execute(delete(ArticleEntry).where(ArticleEntry.version_id.in_(version_ids)))


async def add_article(tx: Tx, key: UUID, slug: str, owner_id: UUID, review_on: date, at: datetime) -> bool:
    """Add an article without versions. Return False if the slug is taken."""
    values = {"id": key, "slug": slug, "owner_id": owner_id, "review_on": review_on, "created_at": at}
    statement = insert(Article).values(values).on_conflict_do_nothing().returning(Article.id)
    return (await tx.session.execute(statement)).first() is not None


async def find_article(tx: Tx, slug: str, *, lock: bool = False) -> Article | None:
    """Return the article with this slug, locked if `lock`, or None."""
    query = select(Article).where(Article.slug == slug).execution_options(**_FRESH)
    return (await tx.session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def list_versions(tx: Tx, article_id: UUID) -> Sequence[ArticleVersion]:
    """Return all versions of an article, newest first."""
    query = select(ArticleVersion).where(ArticleVersion.article_id == article_id)
    query = query.order_by(ArticleVersion.number.desc()).execution_options(**_FRESH)
    return (await tx.session.execute(query)).scalars().all()


Listed = Row[Article, ArticleVersion]


async def list_articles(
    tx: Tx, status: ArticleStatus | None, item: str | None, sample: bool | None, after: str | None, limit: int
) -> Sequence[Listed]:
    """Return articles by slug, each with its newest version of this status.

    Without a status, it is the newest draft or approved version.
    """
    wanted = [status] if status else [ArticleStatus.DRAFT, ArticleStatus.APPROVED]
    newest = (
        select(ArticleVersion)
        .where(ArticleVersion.article_id == Article.id, ArticleVersion.status.in_(wanted))
        .order_by(ArticleVersion.number.desc())
        .limit(1)
        .lateral("newest")
    )
    version = aliased(ArticleVersion, newest)
    query = select(Article, version).join(newest, text("true"))
    if item:
        query = query.where(version.items.contains([item]))
    if sample is not None:
        query = query.where(Article.sample == sample)
    if after is not None:
        query = query.where(Article.slug > after)
    return (await tx.session.execute(query.order_by(Article.slug).limit(limit))).all()


async def list_reviews(tx: Tx, until: date, after: tuple[date, UUID] | None, limit: int) -> Sequence[Listed]:
    """Return approved articles due for review by that day, the longest overdue first."""
    query = (
        select(Article, ArticleVersion)
        .join(ArticleVersion, ArticleVersion.article_id == Article.id)
        .where(ArticleVersion.status == ArticleStatus.APPROVED, Article.review_on <= until)
        .order_by(Article.review_on, Article.id)
        .limit(limit)
    )
    if after:
        query = query.where(tuple_(Article.review_on, Article.id) > after)
    return (await tx.session.execute(query)).all()


async def list_standings(tx: Tx, version_ids: Sequence[UUID], day: date) -> Sequence[Row[UUID, str, str, UUID | None]]:
    """Return id, slug and status of these versions, and the version of the same article in force on that day."""
    present = aliased(ArticleVersion)
    query = (
        select(ArticleVersion.id, Article.slug, ArticleVersion.status, present.id)
        .join(Article, Article.id == ArticleVersion.article_id)
        .join(
            present,
            (present.article_id == Article.id)
            & (present.status == ArticleStatus.APPROVED)
            & func.coalesce(present.valid_from <= day, True)
            & func.coalesce(present.valid_to >= day, True),
            isouter=True,
        )
        .where(ArticleVersion.id.in_(version_ids))
    )
    return (await tx.session.execute(query)).all()


_OFFERED = Prepared(
    select(ArticleVersion.id).where(
        ArticleVersion.id == func.any(bindparam("ids", type_=ARRAY(Uuid))),
        ArticleVersion.status.in_([literal_column(f"'{status}'") for status in OFFERED]),
    )
)


async def find_offered(tx: Tx, version_ids: Sequence[UUID]) -> set[UUID]:
    """Return the versions among these that are or were in force."""
    return {row["id"] for row in await tx.rows(_OFFERED, ids=version_ids)}


async def list_newest(tx: Tx) -> dict[str, tuple[Article, ArticleVersion]]:
    """Return every article by slug with its newest version."""
    query = (
        select(Article, ArticleVersion)
        .join(ArticleVersion, ArticleVersion.article_id == Article.id)
        .order_by(Article.slug, ArticleVersion.number.desc())
        .ext(distinct_on(Article.slug))
    )
    return {article.slug: (article, version) for article, version in await tx.session.execute(query)}


async def list_for_export(tx: Tx, status: ArticleStatus) -> Sequence[Listed]:
    """Return all versions of this status with their articles, by slug."""
    query = (
        select(Article, ArticleVersion)
        .join(ArticleVersion, ArticleVersion.article_id == Article.id)
        .where(ArticleVersion.status == status)
        .order_by(Article.slug)
    )
    return (await tx.session.execute(query)).all()


async def staff_exists(tx: Tx, staff_id: UUID) -> bool:
    """Return whether this member of staff exists."""
    return await tx.session.get(Staff, staff_id) is not None


async def list_texts(tx: Tx) -> Sequence[CannedText]:
    """Return all canned texts, by name."""
    return (await tx.session.execute(select(CannedText).order_by(CannedText.name))).scalars().all()


async def find_text(tx: Tx, name: str) -> CannedText | None:
    """Return the canned text of this name, locked, or None."""
    query = select(CannedText).where(CannedText.name == name).with_for_update().execution_options(**_FRESH)
    return (await tx.session.execute(query)).scalar_one_or_none()


async def set_text(tx: Tx, name: str, facts: Mapping[str, Any]) -> CannedText:
    """Store the canned text of this name, replacing an existing one."""
    statement = insert(CannedText).values(name=name, **facts)
    statement = statement.on_conflict_do_update(index_elements=["name"], set_=dict(facts))
    kept = await tx.session.execute(statement.returning(CannedText), execution_options=_FRESH)
    return kept.scalar_one()


async def list_choices(tx: Tx) -> Sequence[ItemChoice]:
    """Return the operators' choices, oldest first."""
    return (await tx.session.execute(select(ItemChoice).order_by(ItemChoice.at, ItemChoice.id))).scalars().all()


async def find_model(tx: Tx) -> SuggestionModel | None:
    """Return the learned model in force, or None."""
    return (await tx.session.execute(select(SuggestionModel).where(SuggestionModel.in_force))).scalar_one_or_none()


async def lock_model(tx: Tx) -> SuggestionModel | None:
    """Return the learned model in force, locked, or None."""
    query = select(SuggestionModel).where(SuggestionModel.in_force).with_for_update()
    return (await tx.session.execute(query.execution_options(**_FRESH))).scalar_one_or_none()
