"""What a caller tells, as it comes from a keyboard or from speech: of any length, with anything in it."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints

MOST_CHARACTERS = 5_000
"""Characters of what is told; longer than any call is written down."""
PART, SHARED = 300, 100
"""Characters of a part that is looked at as a whole, and how many of them the next one has again."""
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but tabs and ends of lines, and halves of a pair."""


def without_control(text: Any) -> Any:
    """The text without what nobody typed; anything else as it is."""
    return _NOT_TEXT.sub("", text) if isinstance(text, str) else text


def overlapping_parts(text: str) -> list[str]:
    """The text in overlapping parts, each long enough to hold a sentence that the one before cuts."""
    return [text[begin : begin + PART] for begin in range(0, max(1, len(text) - SHARED), PART - SHARED)]


FreeText = Annotated[
    str, BeforeValidator(without_control), StringConstraints(strip_whitespace=True, max_length=MOST_CHARACTERS)
]
