"""Why a provider was not asked."""

from app.intake.models import UnmatchedReason
from app.kit.terms import Term


class PassedOver(Term):
    """Why others were asked first, although this provider passes every filter. It may still be asked."""

    CLOSED_NOW = (
        "closed_now",
        "此刻不营业或夜间不宜致电，先询问能更早答复的单位",
        "is closed, or may not be phoned at night; others can answer sooner",
        "It may still be asked later.",
    )


Reason = UnmatchedReason | PassedOver


def read_reason(code: str) -> Reason:
    """Return the reason with this code."""
    return PassedOver(code) if code in {*PassedOver} else UnmatchedReason(code)
