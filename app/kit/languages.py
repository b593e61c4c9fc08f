"""The languages in which the centre answers people."""

from enum import StrEnum


class Language(StrEnum):
    """Chinese or English."""

    ZH = "zh"
    EN = "en"


def say(both: object, language: Language) -> str:
    """Return the text in the language, from a term, a catalogue row or a sentence that has both."""
    return str(getattr(both, language))
