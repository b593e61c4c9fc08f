"""A text as what the recogniser counts: lexemes, in two blocks.

`said`: the characters of its Chinese, one to three together and two with one or two others between them; its English
words, without endings, alone and in pairs; how long it is and how it ends. `meant`: the groups of groups.yaml of which
it has a word, each and two by two, and whether it has any that harmless calls have.
"""

import logging
import re
from collections.abc import Iterator
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, NamedTuple, cast

import yaml

from app.kit.names import fold, stem

logger = logging.getLogger(__name__)

DATA = Path(__file__).parent / "data"
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]+")
_LATIN = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_BETWEEN = re.compile(r"\s+(?=[^\x00-\x7f])|(?<=[^\x00-\x7f])\s+")
_CLAUSE = re.compile(r"[，。！？,.!?；;…\s]+")
_LONGEST = 3
_GAP = 2
_NONE = "-"
"""Stands for the groups of harmless calls where the text has none of them."""


class Lexemes(NamedTuple):
    """What a text is counted by."""

    said: set[str]
    meant: set[str]


class Groups(NamedTuple):
    """Words with the groups they are in, the longest's length, and which groups harmless calls have."""

    chinese: dict[str, tuple[str, ...]]
    english: dict[str, tuple[str, ...]]
    characters: int
    words: int
    harmless: frozenset[str]


def plain(text: str) -> str:
    """The text in half width and lower case, dialect and slips as standard Chinese, with no spaces but those between
    Latin words."""
    standard, pattern = _standard()
    folded = _BETWEEN.sub("", fold(text).replace("’", "'").strip())
    return pattern.sub(lambda found: standard[found[0]], folded)


@cache
def _standard() -> tuple[dict[str, str], re.Pattern[str]]:
    try:
        lines = (DATA / "dialect.tsv").read_text(encoding="utf-8").splitlines()
        table = dict(cast(tuple[str, str], line.split("\t", 1)) for line in lines if not line.startswith("#"))
        return table, re.compile("|".join(sorted(map(re.escape, table), key=len, reverse=True)))
    except (OSError, ValueError):
        logger.exception("the turns of phrase cannot be read: dialect is taken as it is written")
        return {}, re.compile("(?!)")


def lexemes(text: str) -> Lexemes:
    """The lexemes of a plain text. Raises OSError, ValueError and YAMLError without groups.yaml."""
    runs = _HAN.findall(text)
    words = [stem(word) for word in _LATIN.findall(text)]
    said = {lexeme for run in runs for lexeme in _characters(run)}
    said.update(f"e {word}" for word in words)
    said.update(f"e {first} {second}" for first, second in pairwise(words))
    said.update(_shape(text))
    groups = _groups()
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
