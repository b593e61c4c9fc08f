"""Learns, from sentences labelled with an item, how callers ask for it in words that no article has.

Each word of a question votes for the items in whose sentences it occurs. A vote counts more, the rarer the word is and
the larger the item's share of the sentences with that word. Calls about something the hotline does not offer vote for
NOTHING.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from math import log
from typing import NamedTuple

from app.kit.names import fold, stem
from app.knowledge import words

NOTHING, CHAT, UNANSWERED = "none", "chat", "unanswered"
"""Labels of sentences without an item: the caller wants nothing that we offer (NOTHING, and CHAT from later labelling,
which the article search ignores), or no article answers the question (UNANSWERED)."""
BRIEF, BRIEF_LATIN = 7, 20
"""The maximum length in characters, in Chinese and in Latin letters, of text that may be another name for an item."""
NOT_COVERED = frozenset((NOTHING, CHAT))
PAIR = 0.5
"""The weight of a pair of characters that is not a word."""


class Sentence(NamedTuple):
    """What a caller said, and the item that was meant."""

    item: str
    words: str


def votes(text: str) -> Mapping[str, float]:
    """Return how strongly the text sounds like a call about each item, including NOTHING."""
    found: defaultdict[str, float] = defaultdict(float)
    learned = _learned()
    for word in set(_words(text)):
        for item, share in learned.get(word, {}).items():
            found[item] += share
    return found


@cache
def lexeme_counts() -> Mapping[str, Mapping[str, int]]:
    """For each lexeme, the number of training sentences per item, including NOT_COVERED and UNANSWERED."""
    return count(sentences())


def count(told: Iterable[Sentence]) -> dict[str, Counter[str]]:
    """Return for each lexeme the number of these sentences per item."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for item, sentence in told:
        for lexeme in words.lexemes(sentence) | words.characters(fold(sentence)):
            counts[lexeme][item] += 1
    return counts


@cache
def short_names() -> Mapping[str, Sequence[str]]:
    """For each item, the names that callers use for it: training sentences of a word or two."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for item, sentence in sentences():
        if len(sentence) <= (BRIEF_LATIN if sentence.isascii() else BRIEF):
            found[item].append(sentence)
    return found


@cache
def lexeme_counts_of(*kinds: str) -> Mapping[str, int]:
    """Return for each lexeme the number of training sentences of these kinds (NOTHING, CHAT, UNANSWERED)."""
    found = {lexeme: sum(by_item.get(kind, 0) for kind in kinds) for lexeme, by_item in lexeme_counts().items()}
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
    """Yield the training sentences of callers. Raises OSError, UnicodeDecodeError."""
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
    yield from words.synonyms_in(folded).values()
