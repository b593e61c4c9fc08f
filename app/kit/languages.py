"""The languages in which people are answered. CONTRIBUTING.md says how to add one."""

from enum import StrEnum
from typing import NamedTuple


class Language(StrEnum):
    """A language in which people are answered."""

    tag: str
    """Its name in HTTP and HTML (BCP 47)."""
    separator: str
    """What separates the members of a list."""

    def __new__(cls, code: str, tag: str = "", separator: str = "") -> "Language":
        """Return the language with this code."""
        language = str.__new__(cls, code)
        language._value_ = code
        language.tag, language.separator = tag, separator
        return language

    ZH = "zh", "zh-CN", "、"
    EN = "en", "en", ", "


class Wording(NamedTuple):
    """The same words in each language."""

    zh: str
    en: str


def say(words: object, language: Language) -> str:
    """Return the text in `language` of a wording, a term, an error, or a row of the catalogue."""
    return str(getattr(words, language))


def preferred_language(accept_language: str, *, otherwise: Language = Language.EN) -> Language:
    """Return the language that the header prefers (RFC 9110, 12.5.4), or the first of several equally preferred ones.

    If it accepts none of ours, return `otherwise`.
    """
    wanted: dict[Language, float] = {}
    for part in accept_language.lower().split(","):
        name, _, quality = part.partition(";")
        code = name.strip().partition("-")[0]
        language = next((one for one in Language if one == code), None)
        if language:
            wanted[language] = max(wanted.get(language, 0.0), _quality(quality))
    best = max(wanted, key=wanted.__getitem__, default=otherwise)
    return best if wanted.get(best) else otherwise


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return min(1.0, max(0.0, float(value))) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
