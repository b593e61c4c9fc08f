"""Compares names regardless of how they are written. The original spelling is kept for display."""

import re
import unicodedata
from functools import cache
from string import ascii_lowercase, ascii_uppercase

UNSEEN = (
    "\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f"
    "\\u2028-\\u202f\\u205f-\\u206f\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff9-\\ufffb\\U000e0100-\\U000e01ef"
)
"""Whitespace and invisible characters (zero-width, directional, variation and control), as the inside of a character
class for Python's and PostgreSQL's regular expressions."""
_LIKE = (
    ("[{<«〈《「『【〔〖〘〚", "("),
    ("]}>»〉》」』】〕〗〙〛", ")"),
    ("•‧∙・･⋅", "·"),
    ("‐‑‒–—―−", "-"),
)
LIKE = (
    ascii_uppercase + "".join(alike for alike, _ in _LIKE),
    ascii_lowercase + "".join(one * len(alike) for alike, one in _LIKE),
)
"""Characters that make no difference to a name, and their replacements."""

_UNSEEN = re.compile(f"[{UNSEEN}]+")
_TABLE = str.maketrans(*LIKE)


def same_form(text: str) -> str:
    """Return the normal form that all spellings of a name share.

    Width and compatibility forms, case, kinds of brackets, dots and dashes, spaces and invisible characters do not make
    a different name. The SQL function `same_form(text)` returns the same.
    """
    seen = _UNSEEN.sub("", unicodedata.normalize("NFKC", text)).translate(_TABLE)
    return unicodedata.normalize("NFKC", seen)


def is_same(one: str | None, other: str | None) -> bool:
    """Return whether both names are given and are the same."""
    return one is not None and other is not None and same_form(one) == same_form(other)


def tidy(text: str) -> str:
    """Return a code, word or number as it was meant: half width, trimmed, without invisible characters."""
    words = unicodedata.normalize("NFKC", text).split()
    return " ".join(filter(None, (_UNSEEN.sub("", word) for word in words)))


def fold(text: str) -> str:
    """Replace full-width and upper-case letters by plain lower-case ones, character for character."""
    return "".join(_fold(character) for character in text)


@cache
def _fold(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).lower()
    return folded if len(folded) == 1 else character


def stem(word: str) -> str:
    """Return an English word without the endings that do not change its meaning."""
    for ending, least in (("'s", 1), ("ies", 3), ("ing", 4), ("ed", 4), ("es", 4), ("s", 3)):
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith("ss"):
            bare = word[: -len(ending)]
            if ending == "ies":
                return f"{bare}y"
            return bare[:-1] if ending in ("ing", "ed") and len(bare) > 3 and bare[-1] == bare[-2] else bare
    return word.removesuffix("e") if len(word) > 4 else word
