"""Finding the item while the caller speaks: by Chinese, pinyin, initials, English, or what callers say."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from app.catalog.models import Item
from app.kit.names import same_form, tidy


@dataclass(frozen=True)
class _Entry:
    item: Item
    code: str
    phrases: tuple[str, ...]
    spellings: tuple[str, ...]
    initials: tuple[str, ...]
    english: str


class Index:
    """All items, prepared for search."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items

    @cached_property
    def _entries(self) -> list[_Entry]:
        return [_entry(item) for item in self._items]

    def search(self, query: str, limit: int = 10, *, least: float = 0) -> Sequence[Item]:
        """The items that fit best, best first, with at least this score; none for a query that fits nothing."""
        text = same_form(query)
        if not text:
            return []
        spoken = tidy(query).lower()
        scored = [(_score(entry, text, spoken), entry.item) for entry in self._entries]
        fitting = sorted((pair for pair in scored if pair[0] > least), key=lambda pair: (-pair[0], pair[1].position))
        return [item for _, item in fitting[:limit]]


def _entry(item: Item) -> _Entry:
    from pypinyin import Style, lazy_pinyin  # its dictionaries take a while, and only who searches needs them

    phrases = (item.zh, *item.keywords)
    return _Entry(
        item=item,
        code=item.code.lower(),
        phrases=tuple(map(same_form, phrases)),
        spellings=tuple("".join(lazy_pinyin(phrase)).lower() for phrase in phrases),
        initials=tuple("".join(lazy_pinyin(phrase, style=Style.FIRST_LETTER)).lower() for phrase in phrases),
        english=item.en.lower(),
    )


def _score(entry: _Entry, text: str, spoken: str) -> float:
    """How well the entry fits: a whole phrase first, then a part of one, then shared pairs of characters."""
    if text == entry.code:
        return 100
    best = max(
        max(_fit(text, phrase, whole=50, start=40, part=30) for phrase in entry.phrases),
        max(_fit(text, spelling, whole=48, start=38, part=20) for spelling in entry.spellings),
        max(_fit(text, initials, whole=46, start=34, part=0) for initials in entry.initials),
        _fit(spoken.strip(), entry.english, whole=50, start=40, part=30),
    )
    heard = max((len(phrase) for phrase in entry.phrases if len(phrase) >= 2 and phrase in text), default=0)
    shared = sum(1 for pair in _pairs(text) if any(pair in phrase for phrase in entry.phrases)) if heard == 0 else 0
    return max(best, 25 + heard if heard else 0, 5 * shared)


def _fit(text: str, phrase: str, *, whole: float, start: float, part: float) -> float:
    if text == phrase:
        return whole
    if phrase.startswith(text):
        return start - len(phrase) / 100
    return part - len(phrase) / 100 if text in phrase and len(text) > 1 and part else 0


def _pairs(text: str) -> list[str]:
    return [pair for pair in map("".join, pairwise(text)) if not pair.isascii()]
