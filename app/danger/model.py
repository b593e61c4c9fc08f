"""What sentences of callers taught about danger: of each lexeme how strongly it tells one, and of which kinds.

The lexemes of a text are weighed by how rare they are, and the two blocks (app.danger.lexemes) brought to one length
each: a long story counts no more than a cry. `hotline danger train` writes the file anew (app.danger.training).
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
"""What the second block counts beside the first."""
STEEP = 3.0
"""How fast the likelihood rises around the threshold."""
SMOOTHING = 0.1
"""What stands for a kind in none of whose sentences a lexeme is."""
UNIT = 1000
"""The file says weights in thousandths."""
CODES = dict(zip(DangerKind, "abcdefghijklmno", strict=True))
"""The letters of the kinds in the file."""


class Lexeme(NamedTuple):
    """How rare it is, how strongly it tells a danger, and what it adds to each kind in whose sentences it is."""

    rarity: float
    weight: float
    kinds: Mapping[DangerKind, float]


class FoundLexemes(NamedTuple):
    """The known lexemes of a text, each with its share of the text."""

    lexemes: list[tuple[float, Lexeme]]

    def score(self) -> float:
        """How strongly they tell a danger."""
        return sum([share * lexeme.weight for share, lexeme in self.lexemes])


class Model(NamedTuple):
    """`bias` and `threshold` are sums of weights: from the threshold on a text tells a danger. `usual`: what each kind
    has to begin with."""

    lexemes: Mapping[str, Lexeme]
    bias: float
    threshold: float
    usual: Mapping[DangerKind, float]

    def find_lexemes(self, found: Lexemes) -> FoundLexemes:
        """What of the text is known."""
        heard: list[tuple[float, Lexeme]] = []
        for block, length in ((found.said, 1.0), (found.meant, MEANT)):
            known = [own for lexeme in block if (own := self.lexemes.get(lexeme))]
            whole = sqrt(sum([lexeme.rarity**2 for lexeme in known])) or 1.0
            heard += [(lexeme.rarity * length / whole, lexeme) for lexeme in known]
        return FoundLexemes(heard)

    def likelihood(self, heard: FoundLexemes, more: float = 0.0) -> float:
        """How likely the text tells a danger, with so much that tells it besides: 0.5 at the threshold; 0 of a text of
        which nothing is known."""
        if not heard.lexemes:
            return 0.0
        return 1 / (1 + exp(STEEP * (self.threshold - self.bias - heard.score() - more)))

    def kinds(self, heard: FoundLexemes) -> dict[DangerKind, float]:
        """How likely each kind is, if it is a danger."""
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
    """What a lexeme says that so many of all sentences have."""
    return log(1 + total / sentences)


def read_model(file: Path = FILE) -> Model:
    """The model of the file. Raises OSError, or an error of arithmetic, look-up or value where it is damaged."""
    first, *rows = file.read_text(encoding="utf-8").splitlines()
    total, bias, threshold = map(int, first.split("\t"))
    kinds = {letter: kind for kind, letter in CODES.items()}
    sums = dict.fromkeys(DangerKind, 0.0)

    @cache
    def counts(sentences: str, counted: str) -> tuple[float, dict[DangerKind, float], dict[DangerKind, float]]:
        """How rare such a lexeme is, and of each kind its weight and what it adds; most lexemes share these."""
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
