"""What a caller says, typed or transcribed from speech. It may be long and contain any characters."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints
from pydantic_core import PydanticKnownError

MOST_CHARACTERS = 5_000
"""The maximum number of characters. No call's notes are longer."""
PART, SHARED = 300, 100
"""The length in characters of a part that is analysed as a whole, and of its overlap with the next part."""
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters other than tabs and line ends, and lone surrogates."""


def without_control(text: Any) -> Any:
    """Return text without control characters; return anything else unchanged."""
    return _NOT_TEXT.sub("", text) if isinstance(text, str) else text


def overlapping_parts(text: str, size: int = PART, shared: int = SHARED) -> list[str]:
    """Split the text into parts of `size` characters that overlap by `shared`.

    A sentence cut by the end of one part is whole in the next if it is no longer than the overlap.
    """
    return [text[begin : begin + size] for begin in range(0, max(1, len(text) - shared), size - shared)]


def cleaned(most: int) -> BeforeValidator:
    """Return a validator that refuses a text with more than `most` characters and removes control characters.

    It counts before it removes: otherwise a text could be accepted that is longer than the API document allows.
    """

    def clean(text: Any) -> Any:
        if isinstance(text, str) and len(text) > most:
            raise PydanticKnownError("string_too_long", {"max_length": most})
        return without_control(text)

    return BeforeValidator(clean)


FreeText = Annotated[
    str, cleaned(MOST_CHARACTERS), StringConstraints(strip_whitespace=True, max_length=MOST_CHARACTERS)
]
