"""Texts as lexemes: what an article is found by, and what a question asks for.

A lexeme is a Chinese word or pair of characters, an English word without its ending, a number, or of these kinds:
`=lost` a group of synonyms, `p/shenfenzheng` the pinyin of a word or phrase, `i/sfz` its initials. Pairs of characters
stand beside jieba's words, so that an article stays found when the dictionary has grown since it was written.
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
"""Chinese characters, a class of regular expressions."""
HAN = re.compile(f"[{LETTERS}]+")
LATIN = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
LONGEST_PHRASE = 12
"""Phrases of more characters have no pinyin of their own: nobody types so much of it."""

_taught: list[Snapshot] = []
"""The catalogue whose words jieba has learned, and kept so that no other takes its place in memory."""


@cache
def _words_data() -> dict[str, Any]:
    return cast(dict[str, Any], yaml.safe_load((DATA / "words.yaml").read_text(encoding="utf-8")))


@cache
def stop_words() -> frozenset[str]:
    """Words that say nothing about what is wanted."""
    return frozenset(_words_data()["stop"])


@cache
def _synonyms() -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Phrases of Chinese and words of English with the group each belongs to."""
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
    """Whether jieba has learned the words of this catalogue."""
    return bool(_taught) and _taught[0] is catalog


def learn(catalog: Snapshot) -> None:
    """Teach jieba the names and keywords of the catalogue and the places of the gazetteer; takes a second at first."""
    import rjieba  # with its dictionary, which only who searches needs

    phrases = {item.zh for item in catalog.items.values()}
    phrases |= {township.zh for township in catalog.townships.values()}
    phrases |= {community.zh for community in catalog.communities.values()}
    phrases |= {word for item in catalog.items.values() for word in item.keywords}
    for phrase in phrases:
        if HAN.fullmatch(phrase) and len(phrase) <= 6 and not rjieba.has_word(phrase):
            rjieba.add_word(phrase, None, None)
    _taught[:] = [catalog]


def chinese_words(text: str) -> Iterator[str]:
    """The words in which jieba reads the Chinese of a folded text, with the words inside long ones."""
    import rjieba

    for run in HAN.findall(text):
        yield from rjieba.cut_for_search(run)


def pairs(text: str) -> Iterator[str]:
    """The pairs of neighbouring Chinese characters of a folded text."""
    for run in HAN.findall(text):
        yield from (first + second for first, second in pairwise(run))


def characters(text: str) -> set[str]:
    """The Chinese characters of a folded text."""
    return {character for run in HAN.findall(text) for character in run}


def english_words(text: str) -> Iterator[str]:
    """The English words and numbers of a folded text, without endings and words that say nothing."""
    for word in LATIN.findall(text):
        if word not in stop_words() and (len(word) > 1 or word.isdigit()):
            yield stem(word)


def phrases_said(text: str) -> dict[str, str]:
    """The phrases of a folded text that have synonyms, with the group of each."""
    chinese, english = _synonyms()
    said = {phrase: group for phrase, group in chinese if phrase in text}
    spoken = LATIN.findall(text)
    said |= {stemmed: english[stemmed] for stemmed in map(stem, spoken) if stemmed in english}
    return said | {two: english[two] for two in map(" ".join, pairwise(spoken)) if two in english}


def spellings(phrase: str) -> set[str]:
    """The pinyin and the initials of a Chinese phrase, in each of the readings of its characters."""
    if not 2 <= len(phrase) <= LONGEST_PHRASE:
        return set()
    every = readings(phrase)[: None if len(phrase) <= 4 else 1]
    return {f"p/{''.join(one)}" for one in every} | {f"i/{''.join(s[0] for s in one)}" for one in every}


def lexemes(text: str) -> set[str]:
    """Everything that a text is found by, pinyin aside."""
    folded = fold(text)
    return {
        *(word for word in chinese_words(folded) if len(word) > 1),
        *pairs(folded),
        *english_words(folded),
        *phrases_said(folded).values(),
    } - stop_words()


def head_lexemes(phrases: Iterable[str]) -> Counter[str]:
    """What titles and callers' words are found by, and in how many of the phrases each lexeme is: single characters as
    well, and of what is short enough to be typed as such the pinyin."""
    found: Counter[str] = Counter()
    for phrase in phrases:
        folded = fold(phrase)
        own = lexemes(phrase) | (characters(folded) - stop_words())
        if len(folded) <= LONGEST_PHRASE:
            own |= {one for run in {*HAN.findall(folded), *chinese_words(folded)} for one in spellings(run)}
        found.update(own)
    return found
