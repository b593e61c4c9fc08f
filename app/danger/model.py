"""The model trained on callers' sentences: for each lexeme, how strongly it indicates a danger, and of which kinds.

The lexemes of a text are weighted by how rare they are. Each of the two blocks (app.danger.lexemes) is scaled to a
fixed length, so that a long text counts no more than a short one. `hotline danger train` rewrites the file
(app.danger.training).
"""

from collections.abc import Mapping
from functools import cache
from math import exp, log, sqrt
from pathlib import Path
from typing import NamedTuple

from app.danger.kinds import DangerKind
from app.danger.lexemes import DATA, Lexemes

FILE = DATA / "weights.tsv"
MEANT = 0.4
"""The weight of the second block relative to the first."""
STEEP = 3.0
"""How steeply the likelihood rises around the threshold."""
SMOOTHING = 0.1
"""Added to the count of each kind, so that a kind whose sentences lack the lexeme stays possible."""
UNIT = 1000
"""The file stores weights in thousandths."""
CODES = dict(zip(DangerKind, "abcdefghijklmno", strict=True))
"""The letter of each kind in the file."""


class Lexeme(NamedTuple):
    """A lexeme's rarity, how strongly it indicates a danger, and what it adds to each kind whose sentences have it."""

    rarity: float
    weight: float
    kinds: Mapping[DangerKind, float]


class FoundLexemes(NamedTuple):
    """The known lexemes of a text, each with its share of the text."""

    lexemes: list[tuple[float, Lexeme]]

    def score(self) -> float:
        """Return how strongly they indicate a danger."""
        return sum([share * lexeme.weight for share, lexeme in self.lexemes])


class Model(NamedTuple):
    """The trained model.

    `bias` and `threshold` are sums of weights; a text whose sum reaches the threshold indicates a danger. `usual` is
    each kind's starting value.
    """

    lexemes: Mapping[str, Lexeme]
    bias: float
    threshold: float
    usual: Mapping[DangerKind, float]

    def find_lexemes(self, found: Lexemes) -> FoundLexemes:
        """Return the text's lexemes that the model knows."""
        heard: list[tuple[float, Lexeme]] = []
        for block, length in ((found.said, 1.0), (found.meant, MEANT)):
            known = [own for lexeme in block if (own := self.lexemes.get(lexeme))]
            whole = sqrt(sum([lexeme.rarity**2 for lexeme in known])) or 1.0
            heard += [(lexeme.rarity * length / whole, lexeme) for lexeme in known]
        return FoundLexemes(heard)

    def likelihood(self, heard: FoundLexemes, more: float = 0.0) -> float:
        """Return how likely the text is to report a danger: 0.5 at the threshold, and 0 if nothing in the text is
        known.

        `more` is added to the text's score.
        """
        if not heard.lexemes:
            return 0.0
        return 1 / (1 + exp(STEEP * (self.threshold - self.bias - heard.score() - more)))

    def kinds(self, heard: FoundLexemes) -> dict[DangerKind, float]:
        """Return the probability of each kind, given that the text reports a danger."""
        whole = sum([share for share, _ in heard.lexemes])
        sums = {kind: usual * whole for kind, usual in self.usual.items()}
        for share, lexeme in heard.lexemes:
            for kind, gain in lexeme.kinds.items():
                sums[kind] += share * gain
        most = max(sums.values())
        odds = {kind: exp(total - most) for kind, total in sums.items()}
        whole = sum(odds.values())
        return {kind: one / whole for kind, one in odds.items()}


def how_rare(sentences: int, total: int) -> float:
    """Return the rarity of a lexeme that occurs in this many of all sentences."""
    return log(1 + total / sentences)


def read_model(file: Path = FILE) -> Model:
    """Read the model from the file.

    Raises OSError, or ArithmeticError, LookupError, TypeError or ValueError if the file is damaged.
    """
    first, *rows = file.read_text(encoding="utf-8").splitlines()
    total, bias, threshold = map(int, first.split("\t"))
    kinds = {letter: kind for kind, letter in CODES.items()}
    sums = dict.fromkeys(DangerKind, 0.0)

    @cache
    def counts(sentences: str, counted: str) -> tuple[float, dict[DangerKind, float], dict[DangerKind, float]]:
        """Return a lexeme's rarity and, by kind, its weight and what it adds. Cached, because most lexemes share
        these."""
        rarity = how_rare(int(sentences), total)
        of_kinds = {kinds[part[0]]: int(part[1:]) * rarity for part in counted.split()}
        return rarity, of_kinds, {kind: log((count + SMOOTHING) / SMOOTHING) for kind, count in of_kinds.items()}

    lexemes: dict[str, Lexeme] = {}
    for row in rows:
        lexeme, sentences, weight, counted = row.split("\t")
        rarity, of_kinds, gains = counts(sentences, counted)
        for kind, count in of_kinds.items():
            sums[kind] += count
        lexemes[lexeme] = Lexeme(rarity, int(weight) / UNIT, gains)
    usual = {kind: log(SMOOTHING / (count + SMOOTHING * len(lexemes))) for kind, count in sums.items()}
    return Model(lexemes, bias / UNIT, threshold / UNIT, usual)
