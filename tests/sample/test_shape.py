from collections import Counter
from datetime import date, timedelta
from random import Random

import holidays
import pytest

from app.catalog.models import Kind
from app.intake.models import Channel
from app.sample.reference import sample_data, sample_items, sample_townships
from app.sample.shape import Arrival, draw_day, draw_hour, event_on, expected, expected_day, typhoon_days

MONDAY = date(2026, 5, 11)
YEAR = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]


@pytest.fixture(scope="module")
def week() -> list[list[Arrival]]:
    rng = Random(3)
    return [draw_day(MONDAY + timedelta(days=n), rng) for n in range(7)]


def info_share(arrivals: list[Arrival]) -> float:
    return sum(sample_items()[arrival.item].kind is Kind.INFO for arrival in arrivals) / len(arrivals)


def test_every_day_of_the_year_brings_ten_thousand() -> None:
    assert min(expected_day(day) for day in YEAR) > 10_400
    for day in (min(YEAR, key=expected_day), MONDAY):
        assert len(draw_day(day, Random(1))) >= 10_000


def test_a_week_is_seventy_percent_information(week: list[list[Arrival]]) -> None:
    assert info_share([arrival for day in week for arrival in day]) == pytest.approx(0.70, abs=0.01)


def test_about_three_thousand_a_day_need_a_provider(week: list[list[Arrival]]) -> None:
    kinds = Counter(sample_items()[arrival.item].kind for day in week for arrival in day)
    assert 2_700 < kinds[Kind.SERVICE] / 7 < 3_300
    assert kinds[Kind.VOLUNTEER] > 1_000 < kinds[Kind.RELAY]


def test_arrivals_come_in_order_and_are_known(week: list[list[Arrival]]) -> None:
    for day in week:
        assert day == sorted(day, key=lambda arrival: arrival.second)
        assert 0 <= day[0].second <= day[-1].second < 86_400
        assert {arrival.item for arrival in day} <= set(sample_items())
        assert {arrival.township for arrival in day} <= set(sample_townships())
    assert {arrival.item for day in week for arrival in day} == set(sample_items())


def test_drawn_hours_meet_the_expected_ones() -> None:
    rng = Random(5)
    drawn = [sum(len(draw_hour(MONDAY, hour, rng, scale=0.5)) for _ in range(20)) / 20 for hour in range(24)]
    assert drawn == pytest.approx([expected(MONDAY, hour, 0.5) for hour in range(24)], rel=0.12, abs=2)
    assert sum(expected(MONDAY, hour) for hour in range(24)) == pytest.approx(expected_day(MONDAY))
    assert expected(MONDAY, 9) > 20 * expected(MONDAY, 3) > 0


def test_a_scale_of_zero_brings_no_requests() -> None:
    assert draw_day(MONDAY, Random(1), scale=0) == []


def test_sunday_asks_offices_less_and_cleaners_more(week: list[list[Arrival]]) -> None:
    monday, sunday = (Counter(arrival.item[:2] for arrival in day) for day in (week[0], week[6]))
    assert sunday["GV"] < 0.85 * monday["GV"]
    assert sunday["HK"] / sunday.total() > 1.05 * monday["HK"] / monday.total()


def test_heat_breaks_air_conditioners_and_rain_roofs() -> None:
    winter, plum, summer = (
        Counter(arrival.item for n in range(3) for arrival in draw_day(date(2027, month, 20 + n), Random(n)))
        for month in (1, 6, 7)
    )
    assert summer["AP01"] > 5 * winter["AP01"]
    assert plum["HR01"] > 2 * winter["HR01"]
    assert winter["AP06"] > 3 * summer["AP06"]


def test_a_typhoon_floods_the_lines() -> None:
    storm = min(typhoon_days(2026))
    calm = next(day for n in range(1, 30) if event_on(day := storm - timedelta(days=n)) is None)
    before, during = draw_day(calm, Random(1)), draw_day(storm, Random(1))
    assert len(during) > 1.15 * len(before)
    assert info_share(during) < 0.65
    trees = [sum(arrival.item == "UT09" for arrival in day) for day in (before, during)]
    assert trees[1] > 10 * trees[0]


def test_storms_come_every_summer_and_stay_the_same() -> None:
    for year in range(2024, 2034):
        assert typhoon_days(year)
        assert {day.month for day in typhoon_days(year)} <= {7, 8, 9}


def test_the_year_s_end_cleans_and_the_festival_is_quiet() -> None:
    rush, lull = date(2026, 2, 9), date(2026, 2, 18)
    assert (event_on(rush), event_on(lull)) == ("festival_rush", "festival_lull")
    assert expected_day(lull) < 0.9 * expected_day(rush)
    cleaning = [sum(a.item == "HK02" for a in draw_day(day, Random(2))) for day in (rush, MONDAY)]
    assert cleaning[0] > 2 * cleaning[1]


def test_the_chinese_new_years_are_the_calendar_s() -> None:
    for day in sample_data("shape.yaml")["spring_festival"]:
        assert "Spring Festival" in holidays.country_holidays("CN", years=day.year, language="en_US")[day]


def test_channels_have_their_hours_and_alarms_their_item(week: list[list[Arrival]]) -> None:
    arrivals = [arrival for day in week for arrival in day]
    shares = Counter(arrival.channel for arrival in arrivals)
    assert set(shares) == set(Channel)
    assert 0.7 < shares[Channel.PHONE] / len(arrivals) < 0.85
    for arrival in arrivals:
        assert (arrival.channel is Channel.ALARM) == (arrival.item == "EL01")
        assert arrival.channel is not Channel.STATION or 8 <= arrival.second // 3_600 < 17


def test_the_old_town_calls_most(week: list[list[Arrival]]) -> None:
    calls = Counter(arrival.township for day in week for arrival in day)
    urban = sum(calls[code] for code, township in sample_townships().items() if township.urban)
    assert 0.55 < urban / calls.total() < 0.75
    assert all(calls.values())
