"""Decides whether a caller reports that something dangerous is happening now, and what.

Two sources decide together: the model trained on callers' sentences (app.danger.model), and the words that registrars
edit (app.danger.words), which lower the threshold. If a pattern takes something back for a kind, only its words can
reveal that kind.
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
"""The confidence of a matching pattern when there is no model."""
SAID = 0.7
"""How much a matching pattern adds to the model's score: only what is plainly harmless stays below the threshold."""
SURE = 0.5
"""From this likelihood on, a danger is reported."""
BESIDE = 0.3
"""A second kind is reported too if its likelihood is at least this share of the likeliest kind's."""


class Recognised(NamedTuple):
    """A danger, and how likely it is (0 to 1)."""

    kind: DangerKind
    confidence: float


def recognise(text: str, rules: Rules) -> list[Recognised]:
    """Return the dangers that the text reveals, likeliest first, and the more urgent first among equals.

    It never fails on a text. Without a model, the words alone decide.
    """
    found: dict[DangerKind, float] = {}
    for part in overlapping_parts(plain(text)):
        for kind, confidence in _likelihoods(part, rules).items():
            found[kind] = max(found.get(kind, 0.0), confidence)
    order = sorted((kind for kind in KINDS if kind in found), key=lambda kind: -found[kind])
    return [Recognised(kind, round(found[kind], 3)) for kind in order]


def _likelihoods(said: str, rules: Rules) -> dict[DangerKind, float]:
    """Return the likelihood of each danger that a piece of plain text reveals."""
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
    """Return the trained model, or None if its files are missing or damaged."""
    try:
        lexemes("")
        return read_model(file)
    except (ArithmeticError, LookupError, OSError, TypeError, ValueError, yaml.YAMLError):
        logger.exception("cannot read the trained model; dangers are recognised by words alone")
        return None
