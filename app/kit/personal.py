"""Personal data: the form of a phone number, and masking."""

from typing import Annotated

from pydantic import Field, StringConstraints

Phone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^(1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|[2-9]\d{6,7})$"),
    Field(description="a mainland mobile (11 digits), or a fixed line with or without its area code"),
]


def mask_phone(phone: str) -> str:
    """A phone number that still tells two callers apart but cannot be dialled: 138****5678."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****"


def mask_name(name: str | None) -> str | None:
    """The surname with stars for the rest: 王**."""
    return name and name[0] + "*" * max(1, len(name) - 1)
