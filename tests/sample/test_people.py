from random import Random

import pytest

from app.sample.people import Population
from app.sample.reference import sample_townships

POPULATION = Population(20_000)


def test_a_number_is_always_the_same_citizen() -> None:
    again = Population(20_000)
    for index in (0, 1, 9_999, 19_999):
        assert POPULATION.citizen(index) == again.citizen(index)
    with pytest.raises(IndexError):
        POPULATION.citizen(20_000)
    with pytest.raises(IndexError):
        POPULATION.citizen(-1)


def test_citizens_are_told_apart_by_phone_and_live_in_their_township() -> None:
    citizens = [POPULATION.citizen(index) for index in range(POPULATION.size)]
    assert len({citizen.phone for citizen in citizens}) == len(citizens)
    assert all(len(citizen.phone) == 11 and citizen.phone.startswith("154") for citizen in citizens)
    communities = {code: {place.code for place in unit.communities} for code, unit in sample_townships().items()}
    assert all(citizen.community in communities[citizen.township] for citizen in citizens)
    assert {citizen.township for citizen in citizens} == set(communities)
    assert len({(citizen.community, citizen.address) for citizen in citizens}) > 0.9 * len(citizens)


def test_groups_are_as_common_as_in_an_old_town() -> None:
    citizens = [POPULATION.citizen(index) for index in range(0, POPULATION.size, 2)]
    elders = [citizen for citizen in citizens if citizen.elder]
    assert 0.24 < len(elders) / len(citizens) < 0.28
    assert 0.03 < sum("aged_80" in citizen.groups for citizen in citizens) / len(citizens) < 0.06
    assert all(citizen.elder for citizen in citizens if {"aged_80", "living_alone"} & set(citizen.groups))
    for group in ("disabled", "hardship", "veteran_family"):
        assert 0.01 < sum(group in citizen.groups for citizen in citizens) / len(citizens) < 0.1


def test_callers_live_where_they_call_from_and_elders_ask_for_elder_care() -> None:
    rng = Random(4)
    for item, least, most in (("EL04", 0.88, 0.96), ("PE01", 0.37, 0.47), ("BZ02", 0.02, 0.09)):
        callers = [POPULATION.citizen(POPULATION.draw_caller(rng, "330203106", item)) for _ in range(2_000)]
        assert {caller.township for caller in callers} == {"330203106"}
        assert least < sum(caller.elder for caller in callers) / len(callers) < most


def test_some_citizens_call_again() -> None:
    rng = Random(6)
    callers = [POPULATION.draw_caller(rng, "330203003", "TR01") for _ in range(1_000)]
    assert 500 < len(set(callers)) < 1_000
