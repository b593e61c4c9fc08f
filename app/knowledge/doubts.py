"""How much a text sounds like what fits no item: a linear classifier over pieces of one to three characters.

What speaks for an item is summed elsewhere; many that fit none share their words with items, and it is how they are put
that tells them apart. Learned by stochastic gradient descent with AdaGrad's steps, in plain Python: a few seconds.
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
"""A sentence that fits nothing beside one that fits an item: there are fewer of them."""
LEAST_WEIGHT = 0.1
"""What weighs less is left out."""
BIAS = ""

Doubts = Mapping[str, float]
"""What each piece of a text weighs, above 0 where it speaks for nothing; BIAS is in every text."""


def doubt(text: str, doubts: Doubts) -> float:
    """Below 0: it sounds like what callers ask for."""
    return doubts.get(BIAS, 0.0) + sum(doubts[piece] for piece in pieces(text) if piece in doubts)


def pieces(text: str) -> set[str]:
    """The text's pieces; `^` and `$` are its ends."""
    whole = f"^{fold(text)}$"
    return {whole[at : at + size] for size in range(1, LONGEST_PIECE + 1) for at in range(len(whole) - size + 1)}


def learn_doubts(sentences: Iterable[tuple[str, bool]]) -> dict[str, float]:
    """The doubts that tell these sentences apart, each with whether it fits nothing; always the same for the same."""
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
