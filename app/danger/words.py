"""The words that reveal a danger, as registrars edit them.

A pattern is a phrase (`煤气味`), or several that must all occur in any order (`煤气/燃气 + 味/漏`). `/` separates
alternatives, and `…` stands for a few words within a sentence (`叫…不应`). A `take_back` pattern removes what it
matches from the text before the kind is looked for: `发火` removes its 火, but does not hide a 着火 next to it.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

from app.danger.kinds import DangerKind
from app.danger.lexemes import DATA, plain

BLANK = "\x00"
"""Replaces each character that a `take_back` pattern matches. Callers never use this character."""
LEAST_PHRASE = 2
"""The fewest characters in a pattern that is one phrase, because a single character says too little."""
_LATIN = re.compile("^[a-z0-9]|[a-z0-9]$")
_GAP = "[^。！？!?;；\n]{0,8}?"


class Words(NamedTuple):
    """The patterns for a kind."""

    recognise: tuple[str, ...] = ()
    take_back: tuple[str, ...] = ()


class Part(NamedTuple):
    """Alternative phrases. One must occur: a phrase as it is, or a match of the regular expression."""

    phrases: tuple[str, ...]
    pattern: re.Pattern[str] | None

    def finds(self, text: str) -> bool:
        """Return whether the plain text has one of them."""
        return any(phrase in text for phrase in self.phrases) or bool(self.pattern and self.pattern.search(text))

    def blank_out(self, text: str) -> str:
        """Return the plain text without them, at the same length."""
        for phrase in self.phrases:
            text = text.replace(phrase, BLANK * len(phrase))
        return self.pattern.sub(lambda found: BLANK * len(found[0]), text) if self.pattern else text


class Pattern(NamedTuple):
    """A parsed pattern: one phrase of each part must occur."""

    parts: tuple[Part, ...]

    def finds(self, text: str) -> bool:
        """Return whether all parts occur in the plain text."""
        return all(part.finds(text) for part in self.parts)

    def blank_out(self, text: str) -> str:
        """Return the plain text without what the pattern matches, at the same length; unchanged if it does not
        match."""
        if self.finds(text):
            for part in self.parts:
                text = part.blank_out(text)
        return text


class Patterns(NamedTuple):
    """Patterns that are looked for together.

    `begun` finds the first part of any of them, which most texts do not have.
    """

    patterns: tuple[Pattern, ...]
    begun: re.Pattern[str]

    @classmethod
    def of(cls, written: Iterable[str]) -> "Patterns":
        """Parse the patterns. Raises ValueError for an invalid one."""
        patterns = tuple(map(parse, written))
        firsts = [pattern.parts[0] for pattern in patterns]
        begun = [re.escape(phrase) for first in firsts for phrase in first.phrases]
        begun += [first.pattern.pattern for first in firsts if first.pattern]
        return cls(patterns, re.compile("|".join(begun) or "(?!)"))

    def may_find(self, text: str) -> bool:
        """Return whether any pattern might match the plain text."""
        return self.begun.search(text) is not None


class Rules:
    """The patterns for all kinds. Immutable.

    Raises ValueError for an invalid pattern.
    """

    def __init__(self, words: Mapping[DangerKind, Words]) -> None:
        self.words = {kind: words.get(kind, Words()) for kind in DangerKind}
        self._recognise = {kind: Patterns.of(own.recognise) for kind, own in self.words.items()}
        self._take_back = {kind: Patterns.of(own.take_back) for kind, own in self.words.items()}

    def without_exceptions(self, kind: DangerKind, text: str) -> str:
        """Return the plain text without what the kind's `take_back` patterns match."""
        taken_back = self._take_back[kind]
        if taken_back.may_find(text):
            for pattern in taken_back.patterns:
                text = pattern.blank_out(text)
        return text

    def matches(self, kind: DangerKind, text: str) -> bool:
        """Return whether a pattern for this kind matches the plain text.

        Call `without_exceptions` on the text first.
        """
        recognising = self._recognise[kind]
        return recognising.may_find(text) and any(pattern.finds(text) for pattern in recognising.patterns)


@cache
def parse(pattern: str) -> Pattern:
    """Return the pattern, parsed. Raises ValueError if a part is empty or the pattern is a single character."""
    parts = [[plain(phrase) for phrase in part.split("/")] for part in pattern.split("+")]
    if not all(all(part) for part in parts):
        raise ValueError(f"{pattern!r}: there is nothing before or after a + or /")
    if len(parts) == 1 and min(map(len, parts[0])) < LEAST_PHRASE:
        raise ValueError(f"{pattern!r}: a single character is not specific enough")
    return Pattern(tuple(map(_part, parts)))


def _part(phrases: list[str]) -> Part:
    as_they_are = tuple(phrase for phrase in phrases if "…" not in phrase and not _LATIN.search(phrase))
    others = [bounded(phrase) for phrase in phrases if phrase not in as_they_are]
    return Part(as_they_are, re.compile("|".join(others)) if others else None)


def bounded(phrase: str) -> str:
    """Return the phrase as a regular expression. A Latin phrase must match whole words."""
    before = "(?<![a-z0-9])" if re.match("[a-z0-9]", phrase) else ""
    after = "(?![a-z0-9])" if re.search("[a-z0-9]$", phrase) else ""
    return before + _GAP.join(map(re.escape, phrase.split("…"))) + after


def read_rules(file: Path = DATA / "words.yaml") -> Rules:
    """Return the rules that come with the software. Raises OSError, ValueError or YAMLError if the file is damaged."""
    rows: Mapping[str, Mapping[str, Iterable[str]]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return Rules({DangerKind(kind): _words(row) for kind, row in rows.items()})


def _words(row: Mapping[str, Iterable[str]]) -> Words:
    return Words(tuple(row.get("recognise", ())), tuple(row.get("take_back", ())))
