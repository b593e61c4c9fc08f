"""How a generated provider responds to work, for the simulated fleet and for generated history."""

from dataclasses import dataclass
from random import Random

from app.registry.models import ReachedBy
from app.sample.reference import SEED
from app.sample.registry import SampleProvider


@dataclass(frozen=True, slots=True)
class SampleBehaviour:
    """A provider's habits, as shares from 0 to 1.

    It accepts `accept_rate` of its offers and answers `answer_rate` of the rest; the others expire. `response_seconds`
    is its mean time to answer. It completes `punctuality` of its jobs in time, solves `solved_rate` of them, and gives
    back `return_rate` of those it accepted.
    """

    accept_rate: float
    answer_rate: float
    response_seconds: int
    punctuality: float
    solved_rate: float
    return_rate: float


def behaviour_of(provider: SampleProvider, seed: int = SEED) -> SampleBehaviour:
    """Return the behaviour of this provider, always the same. About one provider in eight is careless."""
    rng = Random(f"behaviour-{seed}-{provider.number}")
    care = rng.betavariate(2, 4) if rng.random() < 0.125 else rng.betavariate(8, 2)
    slow = 1 if provider.reached_by is ReachedBy.QUEUE else 3
    return SampleBehaviour(
        accept_rate=round(0.70 + 0.28 * care, 3),
        answer_rate=round(0.40 + 0.55 * care, 3),
        response_seconds=round(slow * rng.uniform(15, 60) * (2.2 - care)),
        punctuality=round(0.78 + 0.21 * care, 3),
        solved_rate=round(0.86 + 0.13 * care, 3),
        return_rate=round(0.06 - 0.05 * care, 3),
    )
