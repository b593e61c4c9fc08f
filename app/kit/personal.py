"""Personal data as those see it who need not know it."""

from typing import overload


@overload
def mask_phone(phone: str) -> str: ...
@overload
def mask_phone(phone: str | None) -> str | None: ...
def mask_phone(phone: str | None) -> str | None:
    """A phone number that still tells two callers apart but cannot be dialled: 138****5678, 057****1234,***."""
    if phone is None:
        return None
    number, comma, _ = phone.partition(",")
    masked = f"{number[:3]}****{number[-4:]}" if len(number) >= 8 else "****"
    return f"{masked},***" if comma else masked


def mask_name(name: str | None) -> str | None:
    """The surname with stars for the rest: 王**."""
    return name and name[0] + "*" * max(1, len(name) - 1)


def mask_text(text: str) -> str:
    """The beginning of an address, to tell it from another."""
    return f"{text[:3]}***"
