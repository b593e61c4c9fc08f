"""The Unified Social Credit Code (统一社会信用代码) of a company or body: form and check character of GB 32100-2015."""

import re

CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Digits and capitals without I, O, S, V and Z; a character's place is its value."""

_VALUE = {character: value for value, character in enumerate(CHARACTERS)}
_BODY = re.compile(f"[{CHARACTERS}]{{2}}[0-9]{{6}}[{CHARACTERS}]{{9}}")


def check_character(body17: str) -> str:
    """The 18th character that belongs to the first 17. Raises ValueError when these are malformed."""
    if not _BODY.fullmatch(body17):
        raise ValueError(f"not the first 17 characters of a Unified Social Credit Code: {body17!r}")
    total = sum(_VALUE[character] * pow(3, place, 31) for place, character in enumerate(body17))
    return CHARACTERS[-total % 31]


def is_valid(code: str) -> bool:
    """Whether the code has the right form and its last character checks; capitals only."""
    return bool(_BODY.fullmatch(code[:17])) and code[17:] == check_character(code[:17])
