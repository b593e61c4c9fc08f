"""Ranking depends on the candidates' own facts only."""

from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake.models import UnmatchedReason
from app.kit.geo import distance_km
from app.matching.ranking import CRITERIA, Candidate, rank, score
from app.registry.models import Rung

WEIGHTS = {"distance": 3, "credit": 2, "record": 2, "load": 1, "fairness": 3, "price": 1}
counts = st.integers(0, 200)


def candidate(**facts: Any) -> Candidate:
    """Return an ordinary candidate, with these facts changed."""
    usual: dict[str, Any] = dict.fromkeys(
        ("open_jobs", "load", "asked", "accepted", "declined", "expired", "counted", "completed", "returned"), 0
    )
    usual |= {"provider_id": UUID(int=1), "name": "甲", "rung": "volunteers", "credit": 100, "capacity": 5}
    usual |= {"reachable": True, "by_phone": False, "barred": False, "tried": False, "lat": 29.86, "lon": 121.54}
    return Candidate(**usual | {"distance_km": 1.0, "price_kind": "quote", "price_fen": 0} | facts)


@st.composite
def candidates(draw: st.DrawFn) -> Candidate:
    return candidate(
        distance_km=draw(st.floats(0, 60)),
        rung=draw(st.sampled_from(Rung)),
        provider_id=UUID(int=draw(st.integers(1, 2**128 - 1))),
        name="城南家电维修部",
        credit=draw(st.integers(0, 120)),
        capacity=draw(st.integers(0, 40)),
        open_jobs=draw(st.integers(0, 40)),
        load=draw(st.integers(0, 40)),
        price_kind="fixed",
        price_fen=draw(st.integers(0, 1_000_000)),
        accepted=draw(counts),
        declined=draw(counts),
        expired=draw(counts),
        counted=draw(counts),
        completed=draw(counts),
        returned=draw(counts),
        has_papers=draw(st.booleans()),
        is_open=draw(st.booleans()),
        reachable=draw(st.booleans()),
        barred=draw(st.booleans()),
        tried=draw(st.booleans()),
        too_far=draw(st.booleans()),
        off_ladder=draw(st.booleans()),
    )


many = st.lists(candidates(), max_size=12, unique_by=lambda candidate: candidate.provider_id)
weights = st.fixed_dictionaries({name: st.integers(0, 10) for name in CRITERIA}).filter(lambda w: sum(w.values()) > 0)


@given(many, candidates(), weights)
def test_adding_an_ineligible_provider_changes_nothing(
    others: list[Candidate], extra: Candidate, weights: dict[str, float]
) -> None:
    full = extra._replace(load=extra.capacity)
    assert rank([*others, full], weights) == rank(others, weights)


@given(many, weights, st.randoms())
def test_the_order_of_input_does_not_matter(others: list[Candidate], weights: dict[str, float], random: Random) -> None:
    shuffled = list(others)
    random.shuffle(shuffled)
    assert rank(shuffled, weights) == rank(others, weights)


@given(candidates(), weights)
def test_one_that_is_better_on_every_criterion_never_ranks_lower(worse: Candidate, weights: dict[str, float]) -> None:
    worse = worse._replace(
        capacity=max(worse.open_jobs, worse.load) + 1,
        has_papers=True,
        is_open=True,
        reachable=True,
        barred=False,
        tried=False,
        too_far=False,
        off_ladder=False,
    )
    better = worse._replace(
        provider_id=UUID(int=2**128 - 1),
        distance_km=worse.distance_km / 2,
        credit=worse.credit + 1,
        capacity=worse.capacity + 1,
        accepted=worse.accepted + 1,
        completed=worse.completed + 1,
        counted=max(0, worse.counted - 1),
        price_fen=worse.price_fen // 2,
    )
    assert rank([worse, better], weights)[0].candidate == better


@given(many.filter(bool), weights)
def test_the_citizens_own_choice_comes_first_if_it_can_come_at_all(
    others: list[Candidate], weights: dict[str, float]
) -> None:
    chosen = others[-1].provider_id
    ranked = rank(others, weights, chosen)
    if others[-1].rejection() is None:
        assert ranked[0].candidate.provider_id == chosen
    else:
        assert chosen not in [each.candidate.provider_id for each in ranked]


@given(candidates(), weights)
def test_the_total_is_the_weighted_mean_of_the_scores(one: Candidate, weights: dict[str, float]) -> None:
    [ranked] = score([one], weights)
    mean = sum(ranked.scores[name] * weight for name, weight in weights.items()) / sum(weights.values())
    assert ranked.total == pytest.approx(mean, abs=1e-6)


@given(many, weights)
def test_scores_lie_between_0_and_1(others: list[Candidate], weights: dict[str, float]) -> None:
    for ranked in rank(others, weights):
        assert all(0 <= score <= 1 for score in [*ranked.scores.values(), ranked.total])


@given(st.lists(st.tuples(counts, st.integers(1, 99)), max_size=12, unique_by=lambda pair: pair[1]), st.randoms())
def test_of_equals_the_fewest_recent_offers_come_first_then_always_the_same(
    equals: list[tuple[int, int]], random: Random
) -> None:
    alike = [candidate(provider_id=UUID(int=number), counted=counted) for counted, number in equals]
    random.shuffle(alike)
    order = [(each.candidate.counted, each.candidate.provider_id.int) for each in rank(alike, {"credit": 1})]
    assert order == sorted(equals)


def test_the_first_filter_that_stops_a_provider_is_its_reason() -> None:
    stopped = candidate(load=5, reachable=False, barred=True, tried=True)
    assert stopped.rejection() is UnmatchedReason.FULL


def test_distance_is_the_great_circles() -> None:
    drum_tower, station = (29.8757, 121.5447), (29.863, 121.535)
    assert abs(distance_km(*drum_tower, *station) - 1.695) < 0.01
