"""Turns a text into what the recogniser counts: lexemes, in two blocks.

`said` has the text's Chinese characters, one to three together and two with one or two others between them; its English
words without endings, alone and in pairs; its length; and its punctuation and ending. `meant` has the groups
(groups.yaml) that have a phrase in the text, alone and in pairs, and whether none is typical of harmless calls.
"""

import logging
import re
from collections.abc import Iterator
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, NamedTuple, cast
from unicodedata import category, normalize

import yaml

from app.kit.names import fold, stem

logger = logging.getLogger(__name__)

DATA = Path(__file__).parent / "data"
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]+")
_LATIN = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_BETWEEN = re.compile(r"\s+(?=[^\x00-\x7f])|(?<=[^\x00-\x7f])\s+")
_CLAUSE = re.compile(r"[，。！？,.!?；;…\s]+")
_H = "[\u3400-\u9fff\uf900-\ufaff]"
_TAG = re.compile("<[/a-zA-Z!][^<>]{0,80}>")
_PARTS = re.compile(rf"(?<={_H})[^\w\s，。！？；：、（）,!?;:()…\"“”'/+&]+(?={_H})")
"""Characters between two Chinese ones that do not separate clauses."""
_APART = re.compile(rf"(?<!{_H})(?:{_H}[^\w\s…/+]{{1,3}}){{2,}}{_H}(?!{_H})")
"""Three or more Chinese characters, each separated from the next."""
_NO_HAN = re.compile(rf"(?!{_H}).")
_NO_LETTER = re.compile("[^a-z]")
_LONGEST = 3
_GAP = 2
_NONE = "-"
"""Stands for the groups of harmless calls when the text has none of them."""


class Lexemes(NamedTuple):
    """The lexemes of a text."""

    said: set[str]
    meant: set[str]


class Groups(NamedTuple):
    """Groups of phrases with similar meanings.

    `chinese` and `english` map each phrase to its groups. The longest Chinese phrase has `characters` characters, the
    longest English one `words` words. `harmless` are the groups that are typical of harmless calls.
    """

    chinese: dict[str, tuple[str, ...]]
    english: dict[str, tuple[str, ...]]
    characters: int
    words: int
    harmless: frozenset[str]


def plain(text: str) -> str:
    """Return the text normalized: half width, lower case, simplified characters, and spaces only between Latin words.

    Invisible characters, and those that only separate the characters of a word, are removed. Dialect, common slips and
    pinyin become standard Chinese.
    """
    seen = _TAG.sub("", "".join(map(_seen, text))).translate(_simplified())
    seen = _BETWEEN.sub("", fold(seen).replace("’", "'").strip())
    seen = _APART.sub(lambda found: _NO_HAN.sub("", found[0]), _PARTS.sub("", seen))
    if any("a" <= character <= "z" for character in seen):
        spelled, pattern = _spelled()
        seen = pattern.sub(lambda found: spelled[_NO_LETTER.sub("", found[0])], seen)
    standard, pattern = _standard()
    return pattern.sub(lambda found: standard[found[0]], seen)


@cache
def _seen(character: str) -> str:
    """Return the character without its marks, or '' for an invisible one."""
    if character.isascii():
        return character
    kept = [one for one in normalize("NFD", character) if category(one) not in ("Mn", "Me", "Cf")]
    return normalize("NFC", "".join(kept))


def _read(name: str) -> dict[str, str]:
    """Return the pairs in a file, or none if it is missing or damaged, because dangers must be recognised even then."""
    try:
        lines = (DATA / name).read_text(encoding="utf-8").splitlines()
        return dict(cast(tuple[str, str], line.split("\t", 1)) for line in lines if not line.startswith("#"))
    except (OSError, ValueError):
        logger.exception("cannot read %s; texts are used as they are written", name)
        return {}


@cache
def _simplified() -> dict[int, str]:
    return str.maketrans(_read("traditional.tsv"))


@cache
def _spelled() -> tuple[dict[str, str], re.Pattern[str]]:
    table = _read("pinyin.tsv")
    phrases = ["[1-5]? ?".join(phrase.split()) for phrase in sorted(table, key=len, reverse=True)]
    return {phrase.replace(" ", ""): chinese for phrase, chinese in table.items()}, re.compile("|".join(phrases))


@cache
def _standard() -> tuple[dict[str, str], re.Pattern[str]]:
    table = _read("dialect.tsv")
    return table, re.compile("|".join(sorted(map(re.escape, table), key=len, reverse=True)) or "(?!)")


def lexemes(text: str) -> Lexemes:
    """Return the lexemes of a plain text; none if it has no word.

    Raises OSError, ValueError or YAMLError if groups.yaml is missing or damaged.
    """
    groups = _groups()
    runs = _HAN.findall(text)
    words = [stem(word) for word in _LATIN.findall(text)]
    if not runs and not words:
        return Lexemes(set(), set())
    said = {lexeme for run in runs for lexeme in _characters(run)}
    said.update(f"e {word}" for word in words)
    said.update(f"e {first} {second}" for first, second in pairwise(words))
    said.update(_shape(text))
    meant = set(_meant(runs, words, groups))
    if not meant & groups.harmless:
        meant.add(_NONE)
    return Lexemes(said, {f"g {group}" for group in meant} | {f"g {a} {b}" for a, b in combinations(sorted(meant), 2)})


def _characters(run: str) -> Iterator[str]:
    bounded = f"^{run}$"
    for length in range(1, _LONGEST + 1):
        yield from (bounded[at : at + length] for at in range(len(bounded) - length + 1))
    for gap in range(2, _GAP + 2):
        yield from (f"{first}_{second}" for first, second in zip(run, run[gap:], strict=False))


def _shape(text: str) -> Iterator[str]:
    yield f"length {min(9, (len(text) + 2) // 4)}"
    yield f"clauses {min(6, sum(map(bool, _CLAUSE.split(text))))}"
    if text.endswith(("?", "吗", "呢")):
        yield "asks"
    if "!" in text:
        yield "!"
    if "…" in text or "..." in text:
        yield "…"


def _meant(runs: list[str], words: list[str], groups: Groups) -> Iterator[str]:
    for run in runs:
        for start in range(len(run)):
            for end in range(start + 1, min(start + groups.characters, len(run)) + 1):
                yield from groups.chinese.get(run[start:end], ())
    for start in range(len(words)):
        for end in range(start + 1, min(start + groups.words, len(words)) + 1):
            yield from groups.english.get(" ".join(words[start:end]), ())


@cache
def _groups() -> Groups:
    data: dict[str, Any] = yaml.safe_load((DATA / "groups.yaml").read_text(encoding="utf-8"))
    chinese: dict[str, tuple[str, ...]] = {}
    english: dict[str, tuple[str, ...]] = {}
    for kind in ("danger", "harmless"):
        for group, phrases in data[kind].items():
            for phrase in map(str, phrases):
                if phrase.isascii() and phrase[0].isalpha():
                    key, known = " ".join(map(stem, phrase.split())), english
                else:
                    key, known = plain(phrase), chinese
                known[key] = (*known.get(key, ()), group)
    return Groups(
        chinese,
        english,
        max(map(len, chinese)),
        max(key.count(" ") for key in english) + 1,
        frozenset(data["harmless"]),
    )
