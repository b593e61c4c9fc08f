"""Chinese as it is typed in Latin letters."""

from functools import lru_cache

MOST_READINGS = 24


@lru_cache(maxsize=50_000)
def readings(phrase: str) -> tuple[tuple[str, ...], ...]:
    """The syllables of a phrase: as its words are usually read, and with one character at a time in each of its other
    usual readings."""
    from pypinyin import Style, lazy_pinyin  # its dictionaries take a while, and only who searches needs them

    usual = lazy_pinyin(phrase, style=Style.NORMAL)
    if len(usual) != len(phrase):  # what is no Chinese stands together
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
