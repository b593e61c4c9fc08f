"""Personal data: the form of a phone number, and masking."""

import unicodedata
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from app.kit.errors import Unfit

MOST_TYPED = 40
"""Characters of a number as it is typed, with spaces and dashes."""


def _bare(phone: str) -> str:
    """One line is one number: full-width digits, spaces and the area code's dash make no other one of it."""
    if isinstance(phone, str) and len(phone) > MOST_TYPED:
        raise Unfit(f"a phone number has at most {MOST_TYPED} characters", f"电话号码最多 {MOST_TYPED} 个字符")
    return unicodedata.normalize("NFKC", phone).replace("-", "").replace(" ", "") if isinstance(phone, str) else phone


Phone = Annotated[
    str,
    BeforeValidator(_bare),
    StringConstraints(pattern=r"^(1[3-9][0-9]{9}|0[0-9]{9,11}|[2-9][0-9]{6,7})$"),
    Field(
        description="a mainland mobile (11 digits), or a fixed line with or without its area code",
        json_schema_extra={"maxLength": MOST_TYPED},
    ),
]


def mask_phone(phone: str) -> str:
    """A phone number that still tells two callers apart but cannot be dialled: 138****5678."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****"


def mask_name(name: str | None) -> str | None:
    """The surname with stars for the rest: 王**."""
    return name and name[0] + "*" * max(1, len(name) - 1)


def mask_text(text: str) -> str:
    """The beginning of an address, to tell it from another."""
    return f"{text[:3]}***"
