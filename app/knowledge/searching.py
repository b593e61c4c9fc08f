"""Finds articles while the caller is speaking."""

import asyncio
import re
from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from app.catalog.snapshot import Snapshot
from app.kit.db import Row, Tx
from app.knowledge import callers, queries, ranking, words
from app.knowledge.entries import quote
from app.knowledge.models import FailedSearch
from app.knowledge.ranking import Known, Question
from app.knowledge.schemas import ArticleText, Found, Mark, Marks, SearchIn, SearchOut

MOST_READ = 500
"""How many entries are ranked roughly at most, unless a single word of the question occurs in more."""
LIKELY = 2
"""The number of items, those that the question sounds like most, whose articles are ranked whatever their words."""
MOST_RANKED = 25
FEW_WORDS = 2
"""Up to this many words are keywords rather than a sentence. Articles with all of them in their heads are shown."""
RARE_FROM = 3.0
"""The rough ranking distinguishes two kinds of lexemes: those at least this informative, and the others."""


async def search(tx: Tx, asked: SearchIn, catalog: Snapshot, today: date, now: datetime) -> SearchOut:
    """Return the articles in force that fit, best first. Raises UnknownItem, UnknownArea.

    1. Parse the question into lexemes, and resolve pinyin, homophones and typing errors.
    2. Let the callers' training sentences vote for items.
    3. Rank roughly, in SQL, the entries that have one of the heaviest lexemes or belong to a likely item.
    4. Score those by what they share with the question and by their items' votes, and drop the irrelevant.
    5. Store a question without a result for the editors, unless more is being typed.
    """
    item = catalog.item(asked.item).code if asked.item else None
    areas = _areas(asked.area, catalog)
    if not words.knows(catalog):
        await asyncio.to_thread(words.learn, catalog)
    question, known = await _understand(tx, ranking.parse(asked.words))
    ranked = await _rank(tx, question, known, callers.votes(asked.words), item, areas, today)
    best = ranked[: asked.limit]
    rows = await queries.read_found(tx, [version_id for _, version_id in best])
    found = [_show(rows[version_id], relevance, question) for relevance, version_id in best]
    if not found and asked.words and not asked.typing:
        tx.session.add(FailedSearch(at=now, text=mask_digits(asked.words), item_code=item))
    only = not asked.words and len(found) == 1  # the item's only article
    return SearchOut(items=found, sure=bool(found) and (only or found[0].relevance >= ranking.SURE))


def mask_digits(text: str) -> str:
    """Mask digits that may be a telephone or identity card number."""
    return re.sub(r"\d[\d -]{3,}\d", lambda found: "*" * len(found[0]), text)


def _areas(code: str | None, catalog: Snapshot) -> list[str] | None:
    if code is None:
        return None
    place = catalog.spot(code)
    return [place.township.code, *([place.community.code] if place.community else [])]


async def _understand(tx: Tx, question: Question) -> tuple[Question, Known]:
    """Return the question and what is known of its lexemes, with pinyin, homophones and typing errors resolved."""
    counts = await queries.count_entries(tx, [queries.ALL_ENTRIES, *question.weights])
    total, _ = counts.pop(queries.ALL_ENTRIES, (0, 0))
    strange = ranking.unknown(question, counts)
    if strange and total:
        spelt = strange if all(word.isascii() for word in question.asked) else [w for w in strange if not w.isascii()]
        counts |= await queries.count_entries(tx, sorted(ranking.guesses(spelt[:4])))
        alike = {}
        for word in strange[:4]:
            if word.isascii() and len(word) >= ranking.LEAST_ALIKE:
                like = ranking.look_alike(word, await queries.list_words_like(tx, word))
                if like:
                    alike[word] = like
        if alike:
            counts |= await queries.count_entries(tx, sorted(alike.values()))
        question = ranking.respell(question, counts, alike)
    return question, Known(counts, total)


async def _rank(
    tx: Tx,
    question: Question,
    known: Known,
    votes: Mapping[str, float],
    item: str | None,
    areas: list[str] | None,
    today: date,
) -> list[tuple[float, UUID]]:
    """Return relevance and version of the articles that fit, best first."""
    heaviest = question.heaviest(known, MOST_READ)
    heard = sorted(votes.keys() - {callers.NOTHING, callers.CHAT, callers.UNANSWERED}, key=lambda code: -votes[code])
    likely = [item] if item else heard[:LIKELY]
    if not heaviest and not likely:
        return []
    lexemes = [word for word in question.weights if word in known.counts]
    rare = [word for word in lexemes if known.says(word) >= RARE_FROM]
    common = [word for word in lexemes if word not in rare]
    rows = await queries.find_entries(
        tx,
        rare=_any_of(rare),
        rare_counts=float(len(rare) * (RARE_FROM + 2)),
        common=_any_of(common),
        common_counts=float(len(common) * RARE_FROM / 2),
        heaviest=_any_of(heaviest),
        item=item,
        items=likely,
        bonus=2 * RARE_FROM,
        day=today,
        areas=areas,
        most=MOST_RANKED,
        lexemes=lexemes,
    )
    return _sort(rows, question, known, votes, item)


def _sort(
    rows: list[Row], question: Question, known: Known, votes: Mapping[str, float], item: str | None
) -> list[tuple[float, UUID]]:
    said = callers.lexeme_counts_of(callers.NOTHING, callers.UNANSWERED)
    keywords, nothing = question.keywords(FEW_WORDS), question.nothing(said, known)
    ranked: list[tuple[float, bool, UUID]] = []
    for row in rows:
        score = question.score(zip(row["lexemes"], row["labels"], row["phrases"], strict=True), known)
        keyword = bool(keywords) and keywords <= _heads(row)
        score += ranking.HEARD * max(votes.get(code, 0.0) for code in row["items"])
        relevance = ranking.relevance(score, nothing, keyword=keyword, own=item in row["items"])
        if relevance >= ranking.LEAST_RELEVANCE:
            ranked.append((relevance, bool(row["areas"]), row["version_id"]))
    ranked.sort(key=lambda one: (-round(one[0], 6), not one[1], one[2]))
    return [(relevance, version_id) for relevance, _, version_id in ranked]


def _heads(row: Row) -> set[str]:
    return {word for word, label in zip(row["lexemes"], row["labels"], strict=True) if label == "A"}


def _any_of(lexemes: list[str]) -> str:
    return " | ".join(map(quote, lexemes))


def _show(row: Row, relevance: float, question: Question) -> Found:
    content = ArticleText.model_validate(row["content"])
    lexemes = question.weights
    return Found(
        **{name: row[name] for name in ("slug", "number", "sample", "items", "areas", "valid_to")},
        version_id=row["id"],
        relevance=round(min(relevance, 1.0), 3),
        content=content,
        marked_title=_marks(content.title.zh, content.title.en, lexemes),
        marked_answer=_marks(content.answer.zh, content.answer.en, lexemes),
    )


def _marks(zh: str, en: str | None, lexemes: Mapping[str, float]) -> Marks:
    found = [[Mark(start=start, end=end) for start, end in ranking.marks(text, lexemes)] for text in (zh, en)]
    return Marks(zh=found[0], en=found[1])
