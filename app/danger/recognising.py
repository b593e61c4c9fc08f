"""Whether a caller says that something dangerous happens now, and what."""

from typing import NamedTuple

from app.danger.kinds import DangerKind
from app.danger.words import Rules, plain

MOST_CHARACTERS = 300
"""Of a longer text the rest is not looked at."""
BY_WORDS = 0.9
"""How sure a pattern is."""


class Recognised(NamedTuple):
    """A danger, and how likely it is there, 0 to 1."""

    kind: DangerKind
    confidence: float


def recognise(text: str, rules: Rules) -> list[Recognised]:
    """The dangers that the text tells, the most pressing first; none where it tells none. Any text has an answer."""
    said = plain(text[:MOST_CHARACTERS])
    return [Recognised(kind, BY_WORDS) for kind in DangerKind if rules.tells(kind, rules.struck(kind, said))]
