"""Simulated members only do what the centre allows."""

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from hotline_provider.behaviour import Answer, Member, decide, plan, quote_fen
from tests.providers.kit import ACCEPTED_AT as NOW
from tests.providers.kit import job

rngs = st.integers(0, 2**32).map(Random)
hours = st.integers(1, 48).map(lambda number: timedelta(hours=number))


def member(**habits: float) -> Member:
    usual = {"accept_rate": 0.8, "answer_rate": 0.5, "response_seconds": 60.0, "punctuality": 0.9, "return_rate": 0.0}
    return Member(key="k", name="海曙诚信疏通", by_phone=False, **(usual | habits))


def test_members_answer_as_often_as_their_rates_say() -> None:
    rng = Random(81890)
    decisions = [decide(member(accept_rate=0.7, answer_rate=0.5, response_seconds=90), rng) for _ in range(4_000)]
    share = {answer: sum(one.answer is answer for one in decisions) / len(decisions) for answer in Answer}
    assert abs(share[Answer.ACCEPT] - 0.7) < 0.03
    assert abs(share[Answer.DECLINE] - 0.15) < 0.03
    mean = sum((one.after for one in decisions), timedelta()) / len(decisions)
    assert abs(mean.total_seconds() - 90) < 5


@given(rng=rngs, opens=hours, lasts=hours)
def test_a_punctual_member_keeps_the_appointment_and_the_deadline(
    rng: Random, opens: timedelta, lasts: timedelta
) -> None:
    start, end = NOW + opens, NOW + opens + lasts
    booked = job(appointment_from=start, appointment_to=end, complete_by=end + timedelta(minutes=10))
    planned = plan(member(punctuality=1), booked, NOW, rng)
    assert start <= planned.arrive <= end
    assert planned.arrive < planned.finish <= end + timedelta(minutes=10)
    assert not planned.gives_back


@given(rng=rngs, within=hours)
def test_an_unpunctual_member_comes_after_the_deadline(rng: Random, within: timedelta) -> None:
    planned = plan(member(punctuality=0), job(arrive_by=NOW + within), NOW, rng)
    assert planned.arrive > NOW + within


@given(rng=rngs)
def test_only_work_that_was_not_started_is_given_back(rng: Random) -> None:
    careless = member(return_rate=1)
    assert plan(careless, job(), NOW, rng).gives_back
    assert not plan(careless, job(status="started"), NOW, rng).gives_back


@given(rng=rngs, starting=st.integers(500, 50_000), cap=st.none() | st.integers(0, 20_000))
def test_a_quote_starts_at_the_card_and_ends_at_the_cap(rng: Random, starting: int, cap: int | None) -> None:
    amount = quote_fen(job(cap_fen=cap), starting, rng)
    assert amount == cap or starting - 250 <= amount
    assert cap is None or amount <= cap
