"""The languages that people are answered in."""

from enum import StrEnum


class Language(StrEnum):
    """Chinese or English."""

    ZH = "zh"
    EN = "en"


def say(both: object, language: Language) -> str:
    """The text of what has one in each language: a term, a row of the catalogue, a sentence."""
    return str(getattr(both, language))
