"""Suggests which item a caller means, by comparison with sentences of callers whose item is known.

The score is summed up as for articles (app.knowledge.ranking). Each lexeme counts by how few items have it, and by how
many of an item's phrases have it: its names, its keywords, the sentences of callers.tsv, and operators' choices. Words
of calls that fit no item, and a text that sounds like one (app.knowledge.doubts), count against all items. The index is
kept in memory, because items are few.
"""

import asyncio
import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from math import exp, sqrt
from typing import NamedTuple

from app.catalog import search
from app.catalog.models import Item
from app.catalog.search import Index as Names
from app.catalog.snapshot import Snapshot
from app.danger.recognising import Recognised
from app.danger.snapshot import Dangers
from app.kit.free_text import overlapping_parts
from app.kit.names import fold, tidy
from app.knowledge import callers, ranking, words
from app.knowledge.doubts import Doubts, doubt
from app.knowledge.learned import Model
from app.knowledge.ranking import Known

logger = logging.getLogger(__name__)

LEAST_CONFIDENCE = 0.45
FAR_BEHIND = 0.95
"""Another item is sure only if it has this share of the best item's confidence, or its name was typed."""
LEAST_PERHAPS = 0.06
"""Items that are less likely are not shown."""
FITS, NOTHING_FITS, SOUNDS_SO, DOUBT = 1.43, 0.83, 0.49, 3.5
"""FITS weighs the square root of what speaks for the item, NOTHING_FITS that of what speaks for no item, and SOUNDS_SO
how the text sounds. DOUBT is the general doubt.

Fitted on the callers' sentences, predicting each seventh of them from the others (docs/decisions/0018).
"""
CLEAR_DANGER, CLEAR_ALONE = 0.98, 0.95
"""A danger's item comes before all others from the first confidence, or from the second if no other item is sure."""
EMERGENCY = "emergency"
LEAST_OF_BRIEF = 0.4
"""The least confidence for brief text: a word or two say little by themselves, and more is being typed."""
PARTS = 150, 80
"""The length of the parts in which a longer text is judged, and their overlap, in characters. In the whole text, small
talk would hide what the caller wants."""
BRIEF = 4
"""Text of up to this many characters, or Latin words or syllables, is not a sentence yet."""

_WORDS = re.compile(f"[{words.LETTERS}]|[a-z0-9]+")
_PARTED = re.compile("[ '’-]")
_SYLLABLES = re.compile(
    "(?:(?:[bpmfdtnlgkhjqxrzcsyw]|[zcs]h)?(?:[iu]?ang?|[iu]?ai|iao|ao|ou|i?ong|[ie]ng?|ei?|er|un|u[aieo]?|i[aeu]?|[ao]|ve?))+"
)
"""Letters that can be read as pinyin."""

Worths = Mapping[str, Sequence[tuple[str, float]]]
"""How strongly each lexeme speaks for which items."""


class Suggested(NamedTuple):
    """An item, the confidence from 0 to 1 that it is meant, whether that is enough to offer it, and whether its name or
    the beginning of its name was typed."""

    item: Item
    confidence: float
    sure: bool
    named: bool = False


class Index(NamedTuple):
    """What is known about the items of a catalogue."""

    worths: Worths
    known: Known
    names: Names
    doubts: Doubts


class Suggester:
    """One process's index, built in the background and rebuilt when the catalogue or the model changes.

    The previous index is used meanwhile.
    """

    def __init__(self) -> None:
        self._index: Index | None = None
        self._of: tuple[Snapshot, Model] | None = None
        self._building: asyncio.Task[None] | None = None

    async def index(self, catalog: Snapshot, model: Model) -> Index | None:
        """Return the index, or None if the callers' sentences cannot be read."""
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
    """Return the items that the text means or names, most likely first, then those that are possible but not sure.

    Without an index, only names are searched.
    """
    text = typed(text)
    if fold(text) in words.stop_words():
        return []
    scores = score(text, index) if index else {}
    named = (index.names if index else catalog.index).scores(text)
    ranked = rank(scores, named, brief=is_brief(text))
    return [
        Suggested(catalog.items[code], round(scores.get(code, 0.0), 3), sure, named.get(code, 0.0) > search.START)
        for code, sure in ranked.items()
        if code in catalog.items
    ][:limit]


def suggest_throughout(text: str, index: Index | None, catalog: Snapshot, limit: int) -> list[Suggested]:
    """Return the best items for a text of any length, from the suggestions for its overlapping parts."""
    first, *rest = (suggest(part, index, catalog, limit) for part in overlapping_parts(text, *PARTS))
    if not rest:
        return first
    best: dict[str, Suggested] = {}
    for one in sorted(chain(first, *rest), key=lambda one: (not one.sure, -one.confidence)):
        best.setdefault(one.item.code, one)
    return list(best.values())[:limit]


def beside_dangers(
    meant: Sequence[Suggested], told: Iterable[Recognised], dangers: Dangers, catalog: Snapshot
) -> list[Suggested]:
    """Put the items of clear dangers first.

    An emergency item becomes unsure if its danger was not recognised, unless the caller names the item.
    """
    heard: dict[str, float] = {}
    for danger in told:
        code = dangers.guides[danger.kind].item
        heard[code] = max(heard.get(code, 0.0), danger.confidence)
    least = CLEAR_DANGER if any(one.sure for one in meant) else CLEAR_ALONE
    clear = [code for code, confidence in heard.items() if confidence >= least and code in catalog.items]
    untold = {guide.item for guide in dangers.guides.values()} - heard.keys()
    others = [
        one._replace(sure=False) if one.item.urgency == EMERGENCY and one.item.code in untold and not one.named else one
        for one in meant
        if one.item.code not in clear
    ]
    first = [Suggested(catalog.items[code], heard[code], sure=True) for code in clear]
    return first + sorted(others, key=lambda one: not one.sure)


def rank(scores: Mapping[str, float], named: Mapping[str, float], *, brief: bool) -> dict[str, bool]:
    """Return the items that may be meant, best first, and whether each is sure.

    An item whose code or whole name was typed comes first. Then, for a sentence, come the likeliest items, and for a
    word or its pinyin, those whose names begin with it.
    """
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
    """Return whether the text is a word or two rather than a sentence.

    More is usually typed after a brief text: its suggestions need less confidence, and training leaves it out.
    """
    return len(_WORDS.findall(fold(text))) <= BRIEF and (not text.isascii() or " " not in text or _is_pinyin(text))


def typed(text: str) -> str:
    """Return the text without invisible characters and the separators that input methods put between syllables."""
    seen = tidy(text)
    if _is_pinyin(seen):
        return _PARTED.sub("", seen)
    return seen


def _is_pinyin(text: str) -> bool:
    """Return whether the text is only syllables, separated or not. A word or two of English may look like that."""
    return bool(_SYLLABLES.fullmatch(_PARTED.sub("", fold(text))))


def build(catalog: Snapshot, model: Model) -> Index:
    """Return the index of this catalogue's items; takes a second. Raises OSError, ImportError, UnicodeDecodeError."""
    words.learn(catalog)
    phrases: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for item in catalog.items.values():
        for lexeme, count in words.head_lexemes([item.zh, item.en, *item.keywords]).items():
            phrases[lexeme][item.code] += count
    for said in (callers.lexeme_counts(), model.said):
        for lexeme, by_item in said.items():
            for code in by_item.keys() & catalog.items.keys():
                phrases[lexeme][code] += by_item[code]
    known = Known({lexeme: (len(by), len(by)) for lexeme, by in phrases.items()}, len(catalog.items))
    worths = {
        lexeme: [(code, known.says(lexeme) * ranking.often(count)) for code, count in by_item.items()]
        for lexeme, by_item in phrases.items()
    }
    names = Names(list(catalog.items.values()), callers.short_names())
    names.scores("a")  # prepares the names
    return Index(worths, known, names, model.doubts)


def score(text: str, index: Index) -> dict[str, float]:
    """Return, for each item that has something in common with the text, how likely it is meant, from 0 to 1."""
    question = ranking.respell(ranking.parse(text), index.worths, {})
    nothing = question.nothing(callers.lexeme_counts_of(*callers.NOT_COVERED), index.known)
    against = DOUBT + NOTHING_FITS * sqrt(nothing) + SOUNDS_SO * doubt(text, index.doubts)
    sums: defaultdict[str, float] = defaultdict(float)
    for lexeme, weight in question.weights.items():
        for code, worth in index.worths.get(lexeme, ()):
            sums[code] += weight * worth
    return {code: 1 / (1 + exp(min(700.0, against - FITS * sqrt(sums[code])))) for code in sums}
