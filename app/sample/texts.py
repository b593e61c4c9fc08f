"""What people say and write in samples, drawn from data/: requests, answers, reasons, results and remarks."""

from functools import cache
from random import Random

from app.aftercare.models import Satisfaction
from app.catalog.models import Kind
from app.jobs.models import DeclineReason, ReturnReason
from app.sample.reference import sample_data, sample_items

EXTRA_SHARE = 0.4
"""How often a caller adds a word about access, the time or who is at home."""


def utterance(item: str, rng: Random) -> str:
    """Return what a caller who wants the item says."""
    said = str(rng.choice(sample_data("utterances.yaml")["say"][item]))
    if sample_items()[item].kind in (Kind.SERVICE, Kind.VOLUNTEER) and rng.random() < EXTRA_SHARE:
        said += rng.choice(sample_data("utterances.yaml")["extra"])
    return said


def answer(item: str, rng: Random) -> str:
    """Return an operator's answer to an information item. Raises KeyError for other kinds."""
    return str(rng.choice(sample_data("utterances.yaml")["answer"][item]))


def relay_target(item: str) -> str:
    """Return whom a relay item is passed to. Raises KeyError for other kinds."""
    return str(sample_data("utterances.yaml")["relay"][item])


def danger(item: str) -> str | None:
    """Return the danger that callers for the item always report, or None."""
    kind: str | None = sample_data("utterances.yaml")["danger"].get(item)
    return kind


def decline(item: str, rng: Random) -> tuple[DeclineReason, str]:
    """Return a provider's reason and words for declining an offer of the item."""
    reason, note = rng.choice(_remarks("decline", item))
    return DeclineReason(reason), note


def give_back(item: str, rng: Random) -> tuple[ReturnReason, str]:
    """Return a provider's reason and words for giving back a job of the item."""
    reason, note = rng.choice(_remarks("return", item))
    return ReturnReason(reason), note


def result(item: str, rng: Random) -> str:
    """Return what a provider writes when the item's work is done."""
    results = sample_data("remarks.yaml")["result"]
    return str(rng.choice(results.get(item, results["general"])))


def remark(item: str, satisfaction: Satisfaction, rng: Random) -> str:
    """Return what a citizen with this satisfaction says when called back about the item."""
    return rng.choice([words for step, words in _remarks("callback", item) if step == satisfaction])


@cache
def _remarks(about: str, item: str) -> tuple[tuple[str, str], ...]:
    """Return all (key, words) that fit the item: general ones, its category's and its own."""
    remarks, known = sample_data("remarks.yaml")[about], sample_items().get(item)
    return tuple(
        (key, words)
        for scope in ("general", *((known.category, item) if known else ()))
        for key, lines in remarks.get(scope, {}).items()
        for words in lines
    )
