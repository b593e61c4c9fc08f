"""The same name is the same name, however it is written; what was written is kept for showing."""

import unicodedata

_DASHES = "-‐‑‒–—―−－"
_LIKE = (
    str.maketrans(dict.fromkeys("[{<«〈《「『【〔〖〘〚", "(") | dict.fromkeys("]}>»〉》」』】〕〗〙〛", ")"))
    | str.maketrans(dict.fromkeys("·•‧∙・･⋅", "·"))
    | str.maketrans(dict.fromkeys(_DASHES, "-"))
)
_SEEN_THROUGH = {"Cc", "Cf", "Zs", "Zl", "Zp"}


def same_form(text: str) -> str:
    """The text in the one form that all writings of a name share.

    Width and compatibility forms, case, kinds of brackets, dots and dashes, spaces, and characters that nobody sees
    (zero width, direction, variation) make no other name.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c for c in folded if not _is_unseen(c)).translate(_LIKE)


def tidy(text: str) -> str:
    """A code, word or number as it was meant: half width, without what nobody sees, and nothing around it."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c == " " or not _is_unseen(c)).strip()


def _is_unseen(character: str) -> bool:
    selects = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return selects or unicodedata.category(character) in _SEEN_THROUGH
