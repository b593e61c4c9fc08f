"""Which item a caller means: what they say, compared with what callers said of whom the item is known.

The same sum as for articles (app.knowledge.ranking): each lexeme counts by how few items have it, and by in how many of
an item's phrases it is: its names, its keywords, and the sentences of callers.tsv. It lives in the process, for items
are few.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from app.catalog.models import Item
from app.catalog.snapshot import Snapshot
from app.knowledge import callers, ranking, words
from app.knowledge.ranking import Known

logger = logging.getLogger(__name__)

LEAST_CONFIDENCE = 0.5
LEAST_OF_BRIEF = 0.3
"""A word or two say little by themselves, and whoever types them is still typing."""
BRIEF = 4
"""Characters; and whatever is typed in Latin letters without a space: pinyin, initials, a code, an English word."""
NAMED_SO, NAMED_IN_PART = 33.0, 19.0
"""From these scores of the search by name on, what was typed is a name, a keyword or their pinyin, or how one begins;
or stands within one."""

Phrases = Mapping[str, Mapping[str, int]]
"""Of each lexeme, in how many phrases of which item it is."""


class Suggested(NamedTuple):
    """An item, and how likely it is meant, 0 to 1."""

    item: Item
    confidence: float


class Index(NamedTuple):
    """What is known of the items of a catalogue."""

    phrases: Phrases
    known: Known


async def suggest(text: str, catalog: Snapshot, limit: int) -> list[Suggested]:
    """The items that are meant, most likely first, and those that are named so; none where nothing fits.

    Of a sentence what is meant comes first, of a word or its pinyin what is named so. Without the callers' sentences it
    is the search by name alone.
    """
    brief = len(text) <= BRIEF or (text.isascii() and " " not in text)
    text = text.replace("'", "") if brief else text  # as input methods part syllables
    try:
        scores = score(text, await asyncio.to_thread(index_of, catalog), brief=brief)
    except (OSError, ImportError, UnicodeDecodeError):
        logger.exception("callers' sentences cannot be read: suggesting by name alone")
        scores = {}
    likely = sorted(scores, key=lambda code: -scores[code])
    named = _named(text, catalog, NAMED_SO)
    if brief:
        within = _named(text, catalog, NAMED_IN_PART)
        within |= {code: None for code in likely if scores[code] >= LEAST_OF_BRIEF}
        codes = named | dict.fromkeys(sorted(within, key=lambda code: -scores.get(code, 0.0)))
    else:
        codes = {code: None for code in likely if scores[code] >= LEAST_CONFIDENCE} | named
    return [Suggested(catalog.items[code], round(scores.get(code, 0.0), 3)) for code in codes][:limit]


def _named(text: str, catalog: Snapshot, least: float) -> dict[str, None]:
    return dict.fromkeys(item.code for item in catalog.index.search(text, least=least))


_latest: list[tuple[Snapshot, Index]] = []
"""Of the catalogue in force."""


def index_of(catalog: Snapshot) -> Index:
    """What the items of this catalogue are called and asked for by; takes a second at first."""
    if not (_latest and _latest[0][0] is catalog):
        _latest[:] = [(catalog, _build(catalog))]
    return _latest[0][1]


def _build(catalog: Snapshot) -> Index:
    words.learn(catalog)
    phrases: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for item in catalog.items.values():
        for lexeme, count in words.head_lexemes([item.zh, item.en, *item.keywords]).items():
            phrases[lexeme][item.code] += count
    for lexeme, by_item in callers.said().items():
        for code in by_item.keys() & catalog.items.keys():
            phrases[lexeme][code] += by_item[code]
    return Index(phrases, Known({lexeme: (len(by), len(by)) for lexeme, by in phrases.items()}, len(catalog.items)))


def score(text: str, index: Index, *, brief: bool = False) -> dict[str, float]:
    """How likely each item is meant that has something in common with the text. Whoever is brief does not chat."""
    question = ranking.respell(ranking.parse(text), index.phrases, {})
    nothing = 0.0 if brief else question.nothing(callers.said_for_nothing(callers.NOTHING), index.known)
    sums: defaultdict[str, float] = defaultdict(float)
    for lexeme, weight in question.weights.items():
        worth = weight * index.known.says(lexeme)
        for code, count in index.phrases.get(lexeme, {}).items():
            sums[code] += worth * ranking.often(count)
    return {code: ranking.likelihood(sums[code], nothing) for code in sums}
