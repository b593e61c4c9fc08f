"""Decides whether a caller reports that something dangerous is happening now, and what.

Two sources decide together: the model trained on callers' sentences (app.danger.model), and the words that registrars
edit (app.danger.words), which lower the threshold. If a pattern takes something back for a kind, only that kind's
words can reveal it.
"""

import logging
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

from app.danger.kinds import KINDS, DangerKind
from app.danger.lexemes import lexemes, plain
from app.danger.model import FILE, FoundLexemes, Model, read_model
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

SHORT = 60
"""Up to this many characters, a text is judged only as a whole."""
WINDOW = 20
"""The length in characters of the clauses of a longer text that are also judged by themselves."""
MARGIN = 0.9
"""How much more clauses by themselves must score: out of context, many sound worse than they are."""
_CLAUSE = re.compile(r"[^，。！？,.!?；;…\n]+[，。！？,.!?；;…\s]*")


class Recognised(NamedTuple):
    """A danger, and how likely it is (0 to 1)."""

    kind: DangerKind
    confidence: float


def recognise(text: str, rules: Rules) -> list[Recognised]:
    """Return the dangers that the text reveals, likeliest first, and the more urgent first among equals.

    Short texts are judged as a whole, longer ones also by a few clauses at a time, because a danger in the middle of
    other matters would not stand out. Raises nothing, whatever the text. Without a model, the words alone decide.
    """
    said = plain(text)
    pieces = [(part, 0.0) for part in overlapping_parts(said)]
    if len(said) > SHORT:
        pieces += [(clauses, MARGIN) for clauses in _clauses(said)]
    found: dict[DangerKind, float] = {}
    for piece, margin in pieces:
        for kind, confidence in _likelihoods(piece, rules, margin).items():
            found[kind] = max(found.get(kind, 0.0), confidence)
    order = sorted((kind for kind in KINDS if kind in found), key=lambda kind: -found[kind])
    return [Recognised(kind, round(found[kind], 3)) for kind in order]


def _clauses(text: str) -> Iterator[str]:
    """Yield the runs of whole clauses that fit into a window.

    A longer clause comes by itself, or in parts if it is longer than two windows.
    """
    clauses = [part for clause in _CLAUSE.findall(text) for part in overlapping_parts(clause, 2 * WINDOW, WINDOW)]
    last = 0
    for begin in range(len(clauses)):
        end, length = begin + 1, len(clauses[begin])
        while end < len(clauses) and length + len(clauses[end]) <= WINDOW:
            end, length = end + 1, length + len(clauses[end])
        if end > last:
            yield "".join(clauses[begin:end])
            last = end


def _likelihoods(said: str, rules: Rules, margin: float = 0.0) -> dict[DangerKind, float]:
    """Return the likelihood of each danger that a piece of plain text reveals, where a score must exceed the threshold
    by `margin`."""
    model = trained_model()
    found_lexemes = model.find_lexemes(lexemes(said)) if model else FoundLexemes([])
    by_words = model.likelihood(found_lexemes, SAID - margin) if model else BY_WORDS
    if by_words < SURE:
        return {}
    without_exceptions = {kind: rules.without_exceptions(kind, said) for kind in KINDS}
    found = {kind: by_words for kind in KINDS if rules.matches(kind, without_exceptions[kind])}
    likely = model.likelihood(found_lexemes, -margin) if model else 0.0
    if model and likely >= SURE:
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
