"""Chinese as people type it in Latin letters."""

from functools import lru_cache

MOST_READINGS = 24


@lru_cache(maxsize=50_000)
def readings(phrase: str) -> tuple[tuple[str, ...], ...]:
    """Return up to MOST_READINGS readings of a phrase, as syllables.

    The usual reading comes first, then those in which one character has another of its usual readings.
    """
    from pypinyin import Style, lazy_pinyin  # its dictionaries load slowly, and only searches need them

    usual = lazy_pinyin(phrase, style=Style.NORMAL)
    if len(usual) != len(phrase):  # text that is not Chinese stays in one piece
        return (tuple(usual),)
    others = [
        (*usual[:at], other, *usual[at + 1 :])
        for at, character in enumerate(phrase)
        for other in _of_character(character)
        if other != usual[at]
    ]
    return (tuple(usual), *others[: MOST_READINGS - 1])


@lru_cache(maxsize=20_000)
def _of_character(character: str) -> tuple[str, ...]:
    from pypinyin import Style, pinyin

    return tuple(pinyin(character, style=Style.NORMAL, heteronym=True)[0][:3])
