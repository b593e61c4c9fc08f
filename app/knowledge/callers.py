"""What callers say for an item in words that no article has, learned from sentences of which the item is known.

Each word of a question votes for the items in whose sentences it occurs: the more, the rarer it is and the more of its
sentences are the item's. Callers who want nothing that the hotline knows vote too, for NOTHING.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from math import log
from typing import NamedTuple

from app.kit.names import fold, stem
from app.knowledge import words

NOTHING, CHAT, UNANSWERED = "none", "chat", "unanswered"
"""What stands in the place of an item where none is meant (CHAT is of later hands, and the search for articles does not
weigh it), and where no article answers."""
BRIEF, BRIEF_LATIN = 7, 20
"""Characters of what may be a name for it."""
NOT_COVERED = frozenset((NOTHING, CHAT))
PAIR = 0.5
"""A pair of characters that is no word says less."""


class Sentence(NamedTuple):
    """What a caller said, and the item that was meant."""

    item: str
    words: str


def votes(text: str) -> Mapping[str, float]:
    """How strongly the text sounds like a call about each item, about NOTHING among them."""
    found: defaultdict[str, float] = defaultdict(float)
    learned = _learned()
    for word in set(_words(text)):
        for item, share in learned.get(word, {}).items():
            found[item] += share
    return found


@cache
def said() -> Mapping[str, Mapping[str, int]]:
    """Of each lexeme, in how many sentences for which item it is; NOT_COVERED and UNANSWERED among them."""
    return count(sentences())


def count(told: Iterable[Sentence]) -> dict[str, Counter[str]]:
    """Of each lexeme, in how many of these sentences for which item it is."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for item, sentence in told:
        for lexeme in words.lexemes(sentence) | words.characters(fold(sentence)):
            counts[lexeme][item] += 1
    return counts


@cache
def said_briefly() -> Mapping[str, Sequence[str]]:
    """Of each item, what callers say for it in a word or two."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for item, sentence in sentences():
        if len(sentence) <= (BRIEF_LATIN if sentence.isascii() else BRIEF):
            found[item].append(sentence)
    return found


@cache
def said_for_nothing(*kinds: str) -> Mapping[str, int]:
    """In how many sentences of these kinds each lexeme is: NOTHING, UNANSWERED."""
    found = {lexeme: sum(by_item.get(kind, 0) for kind in kinds) for lexeme, by_item in said().items()}
    return {lexeme: count for lexeme, count in found.items() if count}


@cache
def _learned() -> Mapping[str, Mapping[str, float]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    total = 0
    for item, sentence in sentences():
        total += 1
        for word in set(_words(sentence)):
            counts[word][item] += 1
    return {word: _shares(word, by_item, total) for word, by_item in counts.items()}


def sentences() -> Iterator[Sentence]:
    """The callers' sentences. Raises OSError, UnicodeDecodeError."""
    for line in (words.DATA / "callers.tsv").read_text(encoding="utf-8").splitlines():
        item, _, sentence = line.partition("\t")
        if sentence:
            yield Sentence(item, sentence)


def _shares(word: str, by_item: Counter[str], sentences: int) -> dict[str, float]:
    total = by_item.total()
    weight = log(1 + sentences / total) * (PAIR if word.startswith("2/") else 1.0)
    return {item: weight * (count / (count + 1)) * (count / total) for item, count in by_item.items()}


def _words(text: str) -> Iterator[str]:
    folded = fold(text)
    yield from words.chinese_words(folded)
    yield from (f"2/{pair}" for pair in words.pairs(folded))
    yield from map(stem, words.LATIN.findall(folded))
    yield from words.phrases_said(folded).values()
