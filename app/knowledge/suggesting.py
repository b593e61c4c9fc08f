"""Which item a caller means: what they say, compared with what callers said of whom the item is known.

The same sum as for articles (app.knowledge.ranking): each lexeme counts by how few items have it, and by in how many of
an item's phrases it is: its names, its keywords, the sentences of callers.tsv, what operators chose. What is said for
nothing, and how it sounds (app.knowledge.doubts), counts against all. It lives in the process, for items are few.
"""

import asyncio
import logging
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain
from math import exp, sqrt
from typing import NamedTuple

from app.catalog import search
from app.catalog.models import Item
from app.catalog.search import Index as Names
from app.catalog.snapshot import Snapshot
from app.kit.free_text import overlapping_parts
from app.kit.names import fold, tidy
from app.knowledge import callers, ranking, words
from app.knowledge.doubts import Doubts, doubt
from app.knowledge.learned import Model
from app.knowledge.ranking import Known

logger = logging.getLogger(__name__)

LEAST_CONFIDENCE = 0.45
FAR_BEHIND = 0.75
"""Of the most likely one's confidence: what has less is not sure beside it."""
LEAST_PERHAPS = 0.06
"""What is less likely is not shown at all."""
FITS, NOTHING_FITS, SOUNDS_SO, DOUBT = 1.43, 0.83, 0.49, 3.5
"""Of the roots of what fits the item and what fits none, of how the text sounds, and what stands against any item:
fitted on the callers' sentences, each seventh of them by what the others say (docs/decisions/0018)."""
LEAST_OF_BRIEF = 0.4
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
    """An item, how likely it is meant, 0 to 1, and whether that is enough to offer it."""

    item: Item
    confidence: float
    sure: bool


class Index(NamedTuple):
    """What is known of the items of a catalogue."""

    worths: Worths
    known: Known
    names: Names
    doubts: Doubts


class Suggester:
    """The index of one process: built beside its loop, and again when the catalogue or the model has changed; until
    then the one before answers."""

    def __init__(self) -> None:
        self._index: Index | None = None
        self._of: tuple[Snapshot, Model] | None = None
        self._building: asyncio.Task[None] | None = None

    async def index(self, catalog: Snapshot, model: Model) -> Index | None:
        """What is known of the items; None where the callers' sentences cannot be read."""
        if self._of is None or self._of[0] is not catalog or self._of[1] is not model:
            if self._building is None:
                self._building = asyncio.create_task(self._build(catalog, model))
            if self._of is None:
                await asyncio.shield(self._building)
        return self._index

    async def _build(self, catalog: Snapshot, model: Model) -> None:
        try:
            self._index = await asyncio.to_thread(build, catalog, model)
        except (OSError, ImportError, UnicodeDecodeError):
            logger.exception("callers' sentences cannot be read: suggesting by name alone")
            self._index = None
        finally:
            self._of, self._building = (catalog, model), None


def suggest(text: str, index: Index | None, catalog: Snapshot, limit: int) -> list[Suggested]:
    """The items that are meant, most likely first, and those that are named so; then those that are so perhaps, not
    sure. Without an index it is the search by name alone."""
    text = typed(text)
    if fold(text) in words.stop_words():
        return []
    scores = score(text, index) if index else {}
    named = (index.names if index else catalog.index).scores(text)
    ranked = rank(scores, named, brief=is_brief(text))
    return [
        Suggested(catalog.items[code], round(scores.get(code, 0.0), 3), sure)
        for code, sure in ranked.items()
        if code in catalog.items
    ][:limit]


def suggest_throughout(text: str, index: Index | None, catalog: Snapshot, limit: int) -> list[Suggested]:
    """The same for a text of any length: what one of its parts means is meant."""
    first, *rest = (suggest(part, index, catalog, limit) for part in overlapping_parts(text))
    if not rest:
        return first
    best: dict[str, Suggested] = {}
    for one in sorted(chain(first, *rest), key=lambda one: (not one.sure, -one.confidence)):
        best.setdefault(one.item.code, one)
    return list(best.values())[:limit]


def rank(scores: Mapping[str, float], named: Mapping[str, float], *, brief: bool) -> dict[str, bool]:
    """The items that may be meant, best first, and whether that is sure, by how likely each is meant and how well its
    name fits. Of a sentence what is meant comes first, of a word or its pinyin what is named so."""
    least = max(LEAST_OF_BRIEF if brief else LEAST_CONFIDENCE, FAR_BEHIND * max(scores.values(), default=0.0))

    def is_sure(code: str) -> bool:
        return scores.get(code, 0.0) >= least or named.get(code, 0.0) > search.START

    def order(code: str) -> tuple[float, ...]:
        fit, likely = named.get(code, 0.0), scores.get(code, 0.0)
        begins = fit < search.START if brief else not is_sure(code)
        return (fit < search.CODE, fit < search.WHOLE, begins, -likely, -fit)

    codes = {code for code, likely in scores.items() if likely >= LEAST_PERHAPS}
    codes |= {code for code, fit in named.items() if fit > (search.PART if brief else search.START)}
    return {code: is_sure(code) for code in sorted(sorted(codes), key=order)}


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


def build(catalog: Snapshot, model: Model) -> Index:
    """What the items of this catalogue are called and asked for by; takes a second. Raises OSError, ImportError,
    UnicodeDecodeError."""
    words.learn(catalog)
    phrases: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for item in catalog.items.values():
        for lexeme, count in words.head_lexemes([item.zh, item.en, *item.keywords]).items():
            phrases[lexeme][item.code] += count
    for said in (callers.said(), model.said):
        for lexeme, by_item in said.items():
            for code in by_item.keys() & catalog.items.keys():
                phrases[lexeme][code] += by_item[code]
    known = Known({lexeme: (len(by), len(by)) for lexeme, by in phrases.items()}, len(catalog.items))
    worths = {
        lexeme: [(code, known.says(lexeme) * ranking.often(count)) for code, count in by_item.items()]
        for lexeme, by_item in phrases.items()
    }
    names = Names(list(catalog.items.values()), callers.said_briefly())
    names.scores("a")  # prepares it
    return Index(worths, known, names, model.doubts)


def score(text: str, index: Index) -> dict[str, float]:
    """How likely each item is meant that has something in common with the text."""
    question = ranking.respell(ranking.parse(text), index.worths, {})
    nothing = question.nothing(callers.said_for_nothing(*callers.NOT_COVERED), index.known)
    against = DOUBT + NOTHING_FITS * sqrt(nothing) + SOUNDS_SO * doubt(text, index.doubts)
    sums: defaultdict[str, float] = defaultdict(float)
    for lexeme, weight in question.weights.items():
        for code, worth in index.worths.get(lexeme, ()):
            sums[code] += weight * worth
    return {code: 1 / (1 + exp(min(700.0, against - FITS * sqrt(sums[code])))) for code in sums}
