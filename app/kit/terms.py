"""Terms: codes that people read, together with their words.

A member is written `FREE = "free", "无偿", "free", "The citizen pays nothing."`: its code in the database and the API,
its Chinese word, its English word, and its meaning. Nothing else repeats them: `make surface` generates
docs/glossary.md and the words of the console and of the provider kit from here.
"""

from enum import StrEnum


class Term(StrEnum):
    """A code with its words. The English word is written as it reads inside a sentence."""

    zh: str
    en: str
    meaning: str

    def __new__(cls, code: str, zh: str = "", en: str = "", meaning: str = "") -> "Term":
        """Return the member with this code. Raises TypeError if a word or the meaning is missing."""
        if not (zh and en and meaning):
            raise TypeError(f"{cls.__name__} {code} needs a word in Chinese, one in English, and a meaning")
        term = str.__new__(cls, code)
        term._value_ = code
        term.zh, term.en, term.meaning = zh, en, meaning
        return term
