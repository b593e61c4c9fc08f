"""How much a text sounds like a call that fits no item: a linear classifier over pieces of one to three characters.

What speaks for an item is summed up in app.knowledge.suggesting. Many calls that fit no item share their words with
items, and only the phrasing tells them apart. The weights are learned by stochastic gradient descent with AdaGrad
steps, in plain Python, in a few seconds.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from math import exp, sqrt
from random import Random

from app.kit.names import fold

LONGEST_PIECE = 3
LEAST_SEEN = 2
ROUNDS, STEP, SEED = 6, 0.3, 81890
NOTHING_COUNTS = 3.0
"""The weight of a sentence that fits no item, relative to one that fits one. It makes up for their smaller number."""
LEAST_WEIGHT = 0.1
"""Pieces with a smaller weight are left out."""
BIAS = ""

Doubts = Mapping[str, float]
"""The weight of each piece of a text; positive weights speak for "no item". BIAS counts in every text."""


def doubt(text: str, doubts: Doubts) -> float:
    """Return how much the text sounds as if no item fits it. Below 0, it sounds like what callers ask for."""
    return doubts.get(BIAS, 0.0) + sum(doubts[piece] for piece in pieces(text) if piece in doubts)


def pieces(text: str) -> set[str]:
    """Return the text's pieces. `^` and `$` mark its ends."""
    whole = f"^{fold(text)}$"
    return {whole[at : at + size] for size in range(1, LONGEST_PIECE + 1) for at in range(len(whole) - size + 1)}


def learn_doubts(sentences: Iterable[tuple[str, bool]]) -> dict[str, float]:
    """Learn the weights from pairs of a sentence and whether no item fits it.

    The result is deterministic.
    """
    told = [(sorted(pieces(text)), nothing) for text, nothing in sentences]
    seen = Counter(piece for found, _ in told for piece in found)
    examples = [([piece for piece in found if seen[piece] >= LEAST_SEEN], nothing) for found, nothing in told]
    weights: defaultdict[str, float] = defaultdict(float)
    squares: defaultdict[str, float] = defaultdict(lambda: 1.0)
    chance = Random(SEED)
    for _ in range(ROUNDS):
        chance.shuffle(examples)
        for found, nothing in examples:
            likely = 1 / (1 + exp(-max(-30.0, min(30.0, weights[BIAS] + sum(map(weights.__getitem__, found))))))
            error = (likely - 1) * NOTHING_COUNTS if nothing else likely
            for piece in (*found, BIAS):
                squares[piece] += error * error
                weights[piece] -= STEP * error / sqrt(squares[piece])
    return {piece: round(weight, 2) for piece, weight in weights.items() if abs(weight) >= LEAST_WEIGHT}
