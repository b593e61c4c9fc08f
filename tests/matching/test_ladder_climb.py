"""Climbing the ladder: never goes down, never stays on a rung past its time, and skips rungs with nobody on them."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.matching.ladder import CurrentRung, climb
from app.matching.policy import MIN_TIMEOUT, Step
from app.registry.models import Rung

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TIMEOUTS = st.integers(60, 7_200)
ladders = st.permutations(list(Rung)).flatmap(
    lambda rungs: st.tuples(st.integers(0, len(rungs)), st.lists(TIMEOUTS, min_size=5, max_size=5)).map(
        lambda drawn: [Step(rung=rung, timeout_seconds=s) for rung, s in zip(rungs[: drawn[0]], drawn[1], strict=False)]
    )
)
helpers = st.sets(st.sampled_from(Rung))
standings = st.none() | st.builds(
    CurrentRung, st.sampled_from(Rung), st.integers(-3_600, 7_200).map(lambda s: NOW + timedelta(seconds=s))
)


@given(ladders, helpers, standings)
def test_the_climb_stops_on_a_rung_with_helpers_and_time_for_an_offer(
    steps: list[Step], there: set[Rung], current: CurrentRung | None
) -> None:
    found = climb(steps, there, current, NOW)
    if found:
        assert found.rung in there
        [step] = [step for step in steps if step.rung is found.rung]
        if current and current.rung is found.rung:
            assert found.until == current.until >= NOW + MIN_TIMEOUT
        else:
            assert found.until == NOW + timedelta(seconds=step.timeout_seconds)


@given(ladders, helpers, standings)
def test_the_climb_never_goes_down_and_skips_no_rung_with_helpers(
    steps: list[Step], there: set[Rung], current: CurrentRung | None
) -> None:
    order = [step.rung for step in steps]
    start = order.index(current.rung) if current and current.rung in order else 0
    found = climb(steps, there, current, NOW)
    end = order.index(found.rung) if found else len(order)
    assert end >= start
    over = bool(current) and current is not None and current.until < NOW + MIN_TIMEOUT
    for rung in order[start:end]:
        assert rung not in there or (current is not None and rung is current.rung and over)


@given(ladders, helpers)
def test_with_its_time_used_up_each_rung_is_reached_once_until_the_end(steps: list[Step], there: set[Rung]) -> None:
    reached, current, now = [], None, NOW
    while current := climb(steps, there, current, now):
        reached.append(current.rung)
        now = current.until
    assert reached == [step.rung for step in steps if step.rung in there]
