"""Finds items while somebody types: by name in Chinese, pinyin, initials or English, by code, or by part of these."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from math import log
from typing import NamedTuple

from app.catalog.models import Item
from app.kit.names import fold, same_form
from app.kit.pinyin import readings

CODE, WHOLE, START, PART = 100.0, 44.0, 33.0, 19.0
"""The lowest scores of four kinds of match.

CODE: the text is the item's code. WHOLE: it is, sounds like or is spelt like a name or keyword of the item. START: one
begins with it. PART: one contains it.
"""
_HEARD, _SHARED = 25.0, 5.0
_LEAST_INNER = 4
"""In letters: shorter texts occur within too many names."""
_LONGEST_NAME = 12
"""In Chinese characters."""
_UNSAID = re.compile(r"\W|_")
_ENGLISH = re.compile(r"[a-z]{3,}")
_SAYS_NOTHING = frozenset(("and", "for", "the", "who", "how", "with", "without", "out"))


class _Kind(NamedTuple):
    """The scores of a text that equals a form, begins it, or occurs within it."""

    whole: float
    start: float
    part: float

    def fit(self, text: str, form: str) -> float:
        if text == form:
            return self.whole
        longer = min(len(form), 99) / 100
        if form.startswith(text):
            return self.start - longer
        return self.part - longer if self.part and (not text.isascii() or len(text) >= _LEAST_INNER) else 0


_PHRASE, _SPELLING, _INITIALS = _Kind(50, 40, 30), _Kind(48, 38, 20), _Kind(46, 34, 0)
_SOUND, _SLIPPED, _LEAST_SLIPPED = WHOLE, START + 1, 4


class Index:
    """All items, prepared for searching. `said` adds short phrases that callers use for some items."""

    def __init__(self, items: Sequence[Item], said: Mapping[str, Sequence[str]] | None = None) -> None:
        self._items = {item.code: item for item in items}
        self._said = said or {}

    def search(self, query: str, limit: int = 10) -> Sequence[Item]:
        """Return the items that fit the query, best first."""
        return [self._items[code] for code in list(self.scores(query))[:limit]]

    def scores(self, query: str) -> dict[str, float]:
        """Return the score of each item that fits, best first.

        Whole phrases rank first, then beginnings, then parts, then shared words. The fewer items have
        a shared word, the more it weighs.
        """
        text = _plain(query)
        scores: defaultdict[str, float] = defaultdict(float)

        def fits(code: str, score: float) -> None:
            scores[code] = max(scores[code], score)

        if not text:
            return {}
        for phrase, code in self._phrases:
            if text in phrase:
                fits(code, _PHRASE.fit(text, phrase))
            elif len(phrase) > 1 and phrase in text:
                fits(code, _HEARD + len(phrase))
        if text.isascii():
            for kind, form, code in self._spelt:
                if text in form:
                    fits(code, kind.fit(text, form))
        elif len(text) > 1 and sum(not letter.isascii() for letter in text) <= _LONGEST_NAME:
            for code in self._sounding.get("".join(readings(text)[0]), ()):
                fits(code, _SOUND)
            for phrase, code in self._as_long.get(len(text), ()):
                if len(text) >= _LEAST_SLIPPED and sum(map(str.__ne__, text, phrase)) == 1:
                    fits(code, _SLIPPED)
            for code, item in self._items.items():
                if _in_order(text, item.zh):
                    fits(code, _SLIPPED if len(item.zh) == len(text) + 1 > 3 else _PHRASE.part - len(item.zh) / 100)
        for code, shared in self._shared(query).items():
            fits(code, shared)
        if text.upper() in self._items:
            fits(text.upper(), CODE)
        fitting = [code for code in scores if scores[code] > 0]
        return {code: scores[code] for code in sorted(fitting, key=lambda code: (-scores[code], self._place(code)))}

    def _place(self, code: str) -> int:
        return self._items[code].position

    def _shared(self, query: str) -> dict[str, float]:
        found: defaultdict[str, float] = defaultdict(float)
        for part in _parts(query):
            for code in (among := self._having.get(part, ())):
                found[code] += _SHARED * log((1 + len(self._items)) / len(among)) / log(1 + len(self._items))
        return {code: shared + len(set(query) & set(self._items[code].zh)) / 100 for code, shared in found.items()}

    @cached_property
    def _called(self) -> list[tuple[str, str]]:
        return [
            (phrase, code)
            for code, item in self._items.items()
            for phrase in (item.zh, item.en, *item.keywords, *self._said.get(code, ()))
        ]

    @cached_property
    def _phrases(self) -> list[tuple[str, str]]:
        return list(dict.fromkeys((plain, code) for phrase, code in self._called if (plain := _plain(phrase))))

    @cached_property
    def _as_long(self) -> dict[int, list[tuple[str, str]]]:
        found: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
        for phrase, code in self._phrases:
            found[len(phrase)].append((phrase, code))
        return found

    @cached_property
    def _spelt(self) -> list[tuple[_Kind, str, str]]:
        found: dict[tuple[_Kind, str, str], None] = {}
        for phrase, code in self._phrases:
            if not phrase.isascii():
                for one in readings(phrase):
                    found[_SPELLING, "".join(one), code] = None
                    found[_INITIALS, "".join(syllable[0] for syllable in one), code] = None
        return list(found)

    @cached_property
    def _sounding(self) -> dict[str, list[str]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for kind, form, code in self._spelt:
            if kind is _SPELLING:
                found[form].append(code)
        return found

    @cached_property
    def _having(self) -> dict[str, set[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for phrase, code in self._called:
            for part in _parts(phrase):
                found[part].add(code)
        return found


def _plain(text: str) -> str:
    """Return only the letters and digits of a text, in normalized form."""
    return _UNSAID.sub("", same_form(text)).lower()


def _parts(text: str) -> set[str]:
    """Return the pairs of Chinese characters in a text, and its English words."""
    pairs = {pair for pair in map("".join, pairwise(_plain(text))) if not pair.isascii()}
    return pairs | set(_ENGLISH.findall(fold(text))) - _SAYS_NOTHING


def _in_order(text: str, name: str) -> bool:
    """Return whether the characters of the text occur in the name in this order, with or without gaps."""
    rest = iter(name)
    return all(character in rest for character in text)
