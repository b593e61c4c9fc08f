"""Which item a caller means: what they say, compared with what callers said of whom the item is known.

The same sum as for articles (app.knowledge.ranking): each lexeme counts by how few items have it, and by in how many of
an item's phrases it is: its names, its keywords, and the sentences of callers.tsv. It lives in the process, for items
are few.
"""

import asyncio
import logging
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.catalog import search
from app.catalog.models import Item
from app.catalog.search import Index as Names
from app.catalog.snapshot import Snapshot
from app.kit.names import fold, tidy
from app.knowledge import callers, ranking, words
from app.knowledge.ranking import Known

logger = logging.getLogger(__name__)

LEAST_CONFIDENCE = 0.5
LEAST_OF_BRIEF = 0.3
"""A word or two say little by themselves, and whoever types them is still typing."""
BRIEF = 4
"""Characters, or words and syllables in Latin letters: so many, or as many without a space, are no sentence yet."""

_WORDS = re.compile(f"[{words.LETTERS}]|[a-z0-9]+")
_PARTED = re.compile("[ '’-]")
_SYLLABLES = re.compile(
    "(?:(?:[bpmfdtnlgkhjqxrzcsyw]|[zcs]h)?(?:[iu]?ang?|[iu]?ai|iao|ao|ou|i?ong|[ie]ng?|ei?|er|un|u[aieo]?|i[aeu]?|[ao]|ve?))+"
)
"""Letters that can be read as pinyin."""

Worths = Mapping[str, Sequence[tuple[str, float]]]
"""What each lexeme says for which items."""


class Suggested(NamedTuple):
    """An item, and how likely it is meant, 0 to 1."""

    item: Item
    confidence: float


class Index(NamedTuple):
    """What is known of the items of a catalogue."""

    worths: Worths
    known: Known
    names: Names


async def suggest(text: str, catalog: Snapshot, limit: int) -> list[Suggested]:
    """The items that are meant, most likely first, and those that are named so; none where nothing fits.

    Of a sentence what is meant comes first, of a word or its pinyin what is named so. Without the callers' sentences it
    is the search by name alone.
    """
    text = typed(text)
    brief = is_brief(text)
    if fold(text) in words.stop_words():
        return []
    try:
        index = await asyncio.to_thread(index_of, catalog)
        scores, named = score(text, index, brief=brief), index.names.scores(text)
    except (OSError, ImportError, UnicodeDecodeError):
        logger.exception("callers' sentences cannot be read: suggesting by name alone")
        scores, named = {}, catalog.index.scores(text)
    codes = rank(scores, named, brief=brief)
    return [Suggested(catalog.items[code], round(scores.get(code, 0.0), 3)) for code in codes[:limit]]


def rank(scores: Mapping[str, float], named: Mapping[str, float], *, brief: bool) -> list[str]:
    """The items to offer, best first, by how likely each is meant and how well its name fits."""
    if not brief:
        likely = [code for code in scores if scores[code] >= LEAST_CONFIDENCE]
        likely.sort(key=lambda code: -scores[code])
        return [*likely, *(code for code in named if named[code] > search.START and code not in likely)]

    def order(code: str) -> tuple[bool, bool, bool, float, float, str]:
        fit, likely = named.get(code, 0.0), scores.get(code, 0.0)
        return fit < search.CODE, fit < search.WHOLE, fit < search.START, -likely, -fit, code

    fitting = {code for code, fit in named.items() if fit > search.PART}
    return sorted(fitting | {code for code in scores if scores[code] >= LEAST_OF_BRIEF}, key=order)


def is_brief(text: str) -> bool:
    """Whether it is a word or two rather than a sentence: then who types has not finished, and does not chat."""
    return len(_WORDS.findall(fold(text))) <= BRIEF and (not text.isascii() or " " not in text or _is_pinyin(text))


def typed(text: str) -> str:
    """The text without what input methods put between syllables, and what nobody sees."""
    seen = tidy(text)
    if _is_pinyin(seen):
        return _PARTED.sub("", seen)
    return seen


def _is_pinyin(text: str) -> bool:
    """Whether it is syllables alone, parted or not; a word or two of English may look so."""
    return bool(_SYLLABLES.fullmatch(_PARTED.sub("", fold(text))))


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
    known = Known({lexeme: (len(by), len(by)) for lexeme, by in phrases.items()}, len(catalog.items))
    worths = {
        lexeme: [(code, known.says(lexeme) * ranking.often(count)) for code, count in by_item.items()]
        for lexeme, by_item in phrases.items()
    }
    names = Names(list(catalog.items.values()), callers.said_briefly())
    names.scores("a")  # prepares it
    return Index(worths, known, names)


def score(text: str, index: Index, *, brief: bool = False) -> dict[str, float]:
    """How likely each item is meant that has something in common with the text. Whoever is brief does not chat."""
    question = ranking.respell(ranking.parse(text), index.worths, {})
    nothing = 0.0 if brief else question.nothing(callers.said_for_nothing(callers.NOTHING, callers.CHAT), index.known)
    sums: defaultdict[str, float] = defaultdict(float)
    for lexeme, weight in question.weights.items():
        for code, worth in index.worths.get(lexeme, ()):
            sums[code] += weight * worth
    return {code: ranking.likelihood(sums[code], nothing) for code in sums}
