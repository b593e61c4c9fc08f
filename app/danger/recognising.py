"""Whether a caller says that something dangerous happens now, and what.

Two judge: what sentences of callers taught (app.danger.model), and the words that a registrar edits (app.danger.words),
which lower the bar. A kind of which something is taken back is recognised by its words alone.
"""

import logging
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

from app.danger.kinds import KINDS, DangerKind
from app.danger.lexemes import lexemes, plain
from app.danger.model import FILE, Model, read_model
from app.danger.words import Rules
from app.kit.free_text import overlapping_parts

logger = logging.getLogger(__name__)

BY_WORDS = 0.9
"""How sure a pattern is where nothing else is known."""
SAID = 0.7
"""What a pattern adds to what the sentences taught: only what is plainly harmless stays so."""
SURE = 0.5
"""From here on a danger is told."""
BESIDE = 0.3
"""A kind is told beside the likeliest where it is at least so likely as a share of that."""


class Recognised(NamedTuple):
    """A danger, and how likely it is there, 0 to 1."""

    kind: DangerKind
    confidence: float


def recognise(text: str, rules: Rules) -> list[Recognised]:
    """The dangers that the text tells, the likeliest first, of equals the more pressing; none where it tells none.

    Any text has an answer; without the model the words alone give it.
    """
    found: dict[DangerKind, float] = {}
    for part in overlapping_parts(plain(text)):
        for kind, confidence in _likelihoods(part, rules).items():
            found[kind] = max(found.get(kind, 0.0), confidence)
    order = sorted((kind for kind in KINDS if kind in found), key=lambda kind: -found[kind])
    return [Recognised(kind, round(found[kind], 3)) for kind in order]


def _likelihoods(said: str, rules: Rules) -> dict[DangerKind, float]:
    """How likely each danger is that is told in a piece of plain text."""
    without_exceptions = {kind: rules.without_exceptions(kind, said) for kind in KINDS}
    told = [kind for kind in KINDS if rules.matches(kind, without_exceptions[kind])]
    model = trained_model()
    if model is None:
        return dict.fromkeys(told, BY_WORDS)
    found_lexemes = model.find_lexemes(lexemes(said))
    likely, by_words = model.likelihood(found_lexemes), model.likelihood(found_lexemes, SAID)
    found = dict.fromkeys(told, by_words) if by_words >= SURE else {}
    if likely >= SURE:
        shares = model.kinds(found_lexemes)
        most = max(shares.values())
        for kind, share in shares.items():
            if share >= BESIDE * most and without_exceptions[kind] == said:
                found[kind] = max(found.get(kind, 0.0), likely * share / most)
    return found


@cache
def trained_model(file: Path = FILE) -> Model | None:
    """What the sentences taught; None where its files are missing or damaged."""
    try:
        lexemes("")
        return read_model(file)
    except (ArithmeticError, LookupError, OSError, TypeError, ValueError, yaml.YAMLError):
        logger.exception("what sentences taught about dangers cannot be read: words alone tell them")
        return None
