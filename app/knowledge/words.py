"""Turns texts into lexemes, by which articles are found and questions are understood.

A lexeme is a Chinese word or pair of characters, an English word without its ending, a number, or one of these kinds:
`=lost` a group of synonyms, `p/shenfenzheng` the pinyin of a word or phrase, `i/sfz` its initials. Pairs of characters
are kept beside jieba's words, so that an article is still found after the dictionary has grown.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import yaml

from app.catalog.snapshot import Snapshot
from app.kit.names import fold, stem
from app.kit.pinyin import readings

DATA = Path(__file__).parent / "data"
LETTERS = "\u3400-\u9fff\uf900-\ufaff"
"""Chinese characters, as the inside of a character class."""
HAN = re.compile(f"[{LETTERS}]+")
LATIN = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
LONGEST_PHRASE = 12
"""Longer phrases get no pinyin: nobody types that much of it."""

_taught: list[Snapshot] = []
"""The catalogue whose words jieba has learned. Comparing by identity is safe only while it is referenced."""


@cache
def _words_data() -> dict[str, Any]:
    return cast(dict[str, Any], yaml.safe_load((DATA / "words.yaml").read_text(encoding="utf-8")))


@cache
def stop_words() -> frozenset[str]:
    """Return words that say nothing about what is wanted."""
    return frozenset(_words_data()["stop"])


@cache
def _synonyms() -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Return Chinese phrases and English words with their groups of synonyms."""
    chinese: list[tuple[str, str]] = []
    english: dict[str, str] = {}
    for name, phrases in _words_data()["same"].items():
        for phrase in map(str, phrases):
            if HAN.search(phrase):
                chinese.append((phrase, f"={name}"))
            else:
                english[stem(phrase) if " " not in phrase else phrase] = f"={name}"
    return chinese, english


def knows(catalog: Snapshot) -> bool:
    """Return whether jieba has learned the words of this catalogue."""
    return bool(_taught) and _taught[0] is catalog


def learn(catalog: Snapshot) -> None:
    """Teach jieba the catalogue's names and keywords and the gazetteer's places. The first call takes a second."""
    import rjieba  # loads its dictionary, which only searches need

    phrases = {item.zh for item in catalog.items.values()}
    phrases |= {township.zh for township in catalog.townships.values()}
    phrases |= {community.zh for community in catalog.communities.values()}
    phrases |= {word for item in catalog.items.values() for word in item.keywords}
    for phrase in phrases:
        if HAN.fullmatch(phrase) and len(phrase) <= 6 and not rjieba.has_word(phrase):
            rjieba.add_word(phrase, None, None)
    _taught[:] = [catalog]


def chinese_words(text: str) -> Iterator[str]:
    """Yield the words that jieba finds in the Chinese of a folded text, and the words inside long ones."""
    import rjieba

    for run in HAN.findall(text):
        yield from rjieba.cut_for_search(run)


def pairs(text: str) -> Iterator[str]:
    """Yield the pairs of neighbouring Chinese characters of a folded text."""
    for run in HAN.findall(text):
        yield from (first + second for first, second in pairwise(run))


def characters(text: str) -> set[str]:
    """Return the Chinese characters of a folded text."""
    return {character for run in HAN.findall(text) for character in run}


def english_words(text: str) -> Iterator[str]:
    """Yield the English words and numbers of a folded text, without endings and stop words."""
    for word in LATIN.findall(text):
        if word not in stop_words() and (len(word) > 1 or word.isdigit()):
            yield stem(word)


def synonyms_in(text: str) -> dict[str, str]:
    """Return the phrases of a folded text that have synonyms, with the group of each."""
    chinese, english = _synonyms()
    said = {phrase: group for phrase, group in chinese if phrase in text}
    spoken = LATIN.findall(text)
    said |= {stemmed: english[stemmed] for stemmed in map(stem, spoken) if stemmed in english}
    return said | {two: english[two] for two in map(" ".join, pairwise(spoken)) if two in english}


def spellings(phrase: str) -> set[str]:
    """Return the pinyin and the initials of a Chinese phrase, in each reading of its characters."""
    if not 2 <= len(phrase) <= LONGEST_PHRASE:
        return set()
    every = readings(phrase)[: None if len(phrase) <= 4 else 1]
    return {f"p/{''.join(one)}" for one in every} | {f"i/{''.join(s[0] for s in one)}" for one in every}


def lexemes(text: str) -> set[str]:
    """Return the lexemes by which a text is found, except pinyin and single Chinese characters."""
    folded = fold(text)
    return {
        *(word for word in chinese_words(folded) if len(word) > 1),
        *pairs(folded),
        *english_words(folded),
        *synonyms_in(folded).values(),
    } - stop_words()


def head_lexemes(phrases: Iterable[str]) -> Counter[str]:
    """Return the lexemes by which titles and callers' words are found, each with the number of phrases that have it.

    They include single characters, and the pinyin of what is short enough to be typed in pinyin.
    """
    found: Counter[str] = Counter()
    for phrase in phrases:
        folded = fold(phrase)
        own = lexemes(phrase) | (characters(folded) - stop_words())
        if len(folded) <= LONGEST_PHRASE:
            own |= {one for run in {*HAN.findall(folded), *chinese_words(folded)} for one in spellings(run)}
        found.update(own)
    return found
