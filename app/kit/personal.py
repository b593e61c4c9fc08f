"""Personal data: the form of a phone number, and masking."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from app.kit.errors import Unfit
from app.kit.names import same_form

MOST_TYPED = 40
"""Characters of a number as it is typed, with spaces and dashes."""


_ABROAD = re.compile(r"(?:\+|00)86|86(?=[0-9]{9,}$)")
"""Before a number as it is dialled from abroad."""
_TYPED = str.maketrans("", "", "-()·.")
_MOBILE = re.compile("0?(1[3-9][0-9]{9})")


def _bare(phone: str) -> str:
    """One line is one number, whatever its width, spaces, dashes and brackets, what nobody sees, +86, or the 0 before a
    mobile."""
    if isinstance(phone, str) and len(phone) > MOST_TYPED:
        raise Unfit(f"a phone number has at most {MOST_TYPED} characters", f"电话号码最多 {MOST_TYPED} 个字符")
    if not isinstance(phone, str):
        return phone
    typed = same_form(phone).translate(_TYPED)
    here = _ABROAD.sub("", typed, count=1) if _ABROAD.match(typed) else typed
    if mobile := _MOBILE.fullmatch(here):
        return mobile[1]
    return here if here == typed or here.startswith("0") else f"0{here}"


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
