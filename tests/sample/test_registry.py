from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time
from math import cos, hypot, radians
from random import Random

import pytest

from app.catalog.models import Kind, Tier
from app.registry.models import PriceKind, ProviderKind, ReachedBy, Rung, Standing
from app.registry.uscc import is_valid
from app.sample.behaviour import behaviour_of
from app.sample.market import Market
from app.sample.reference import KM_PER_DEGREE, sample_items, sample_townships
from app.sample.registry import SampleProvider, generate_registry
from app.sample.shape import draw_day

TODAY = date(2026, 3, 10)
DISPATCHABLE = [item for item in sample_items().values() if item.kind in (Kind.SERVICE, Kind.VOLUNTEER)]
ALL_DAY = (time(0), time(0))


@pytest.fixture(scope="module")
def providers() -> list[SampleProvider]:
    return generate_registry(TODAY)


def in_order(provider: SampleProvider, item: str) -> bool:
    """Return whether the provider can be offered this work on the day: not suspended, and with all the item's licences
    valid."""
    valid = {paper.code for paper in provider.papers if paper.issued_on <= TODAY <= paper.expires_on}
    return provider.standing is not Standing.SUSPENDED and valid.issuperset(sample_items()[item].papers)


def offers(providers: list[SampleProvider]) -> Iterator[tuple[tuple[str, Tier], SampleProvider]]:
    """Yield every (item, tier) with each provider that can be offered it on the day."""
    for provider in providers:
        for line in provider.lines:
            if in_order(provider, line.item) and line.valid_from <= TODAY <= line.valid_to:
                yield (line.item, line.tier), provider


def test_there_are_over_480_of_all_kinds(providers: list[SampleProvider]) -> None:
    kinds = Counter(provider.kind for provider in providers)
    assert sum(kinds.values()) >= 480
    assert kinds[ProviderKind.COMPANY] >= 430
    assert kinds[ProviderKind.VOLUNTEER_TEAM] >= 30
    assert kinds[ProviderKind.PUBLIC_BODY] >= 12
    assert kinds[ProviderKind.WELFARE] >= 8


def test_the_network_stands_from_the_district_centre_to_the_stations(providers: list[SampleProvider]) -> None:
    centre, *_ = (provider for provider in providers if provider.trade == "district_centre")
    assert (centre.name, centre.kind, centre.rung) == (
        "海曙区81890求助服务中心", ProviderKind.PUBLIC_BODY, Rung.DISTRICT_CENTRE,
    )  # fmt: skip
    streets = [provider for provider in providers if provider.trade == "street_centre"]
    assert {street.township for street in streets} == set(sample_townships())
    stations = [provider for provider in providers if provider.rung is Rung.COMMUNITY_STATION]
    assert len(stations) == len({station.community for station in stations}) == 40
    for body in (*streets, *stations):
        assert body.coverage == (body.township,)
        assert {line.tier for line in body.lines} == {Tier.FREE}
    known = {community.code for township in sample_townships().values() for community in township.communities}
    assert known.issuperset(station.community for station in stations if station.community)
    assert all(station.community and station.community.startswith(station.township) for station in stations)
    assert {provider.community for provider in providers if provider not in stations} == {None}
    street_care = {provider.rung for provider in providers if provider.trade == "street_care"}
    assert street_care == {Rung.STREET_CENTRE}


def test_in_the_past_too_a_station_was_asked_by_its_own_community_alone(providers: list[SampleProvider]) -> None:
    market, rng = Market(providers, {"distance": 1.0}), Random(5)

    def drawn(community: str) -> set[str | None]:
        drawn = (market.draw(rng, "EL07", Tier.FREE, "330203001", community, TODAY, None, set()) for _ in range(2_000))
        return {one.sample.community for one in drawn if one}

    assert drawn("330203001001") == {None, "330203001001"}
    assert drawn("330203001002") == {None}


def test_adding_the_network_changes_no_earlier_provider(providers: list[SampleProvider]) -> None:
    assert {provider.trade for provider in providers[491:]} == {"district_centre", "street_centre", "station"}
    assert (providers[0].name, providers[490].name) == ("宁波惠康家政保洁有限公司", "海曙区曙亿公益维修服务社")


def test_another_reference_date_moves_dates_only(providers: list[SampleProvider]) -> None:
    def undated(provider: SampleProvider) -> SampleProvider:
        lines = tuple(replace(line, valid_from=TODAY, valid_to=TODAY) for line in provider.lines)
        baseline = provider.baseline and replace(provider.baseline, month=TODAY)
        return replace(provider, joined_on=TODAY, baseline=baseline, lines=lines, papers=())

    later = generate_registry(date(2027, 11, 30))
    assert list(map(undated, later)) == list(map(undated, providers))
    assert [provider.joined_on for provider in later] != [provider.joined_on for provider in providers]


def test_another_seed_makes_other_providers(providers: list[SampleProvider]) -> None:
    assert {provider.uscc for provider in generate_registry(TODAY, seed=1)} & {p.uscc for p in providers} == {None}


def test_credit_codes_are_valid_and_unique(providers: list[SampleProvider]) -> None:
    codes = {provider.number: provider.uscc for provider in providers if provider.uscc}
    assert all(is_valid(code) and code[2:8] == "330203" for code in codes.values())
    assert len(set(codes.values())) == len(codes)
    assert {p.number for p in providers if p.kind is not ProviderKind.VOLUNTEER_TEAM} == set(codes)


def test_names_and_phones_are_unique(providers: list[SampleProvider]) -> None:
    assert len({provider.name for provider in providers}) == len(providers)
    assert len({provider.phone for provider in providers}) == len(providers)
    assert all(len(provider.phone) == 11 and provider.phone.startswith("179") for provider in providers)


def test_every_item_is_offered_at_every_tier_by_three(providers: list[SampleProvider]) -> None:
    counts = Counter(offer for offer, _ in offers(providers))
    assert [(item.code, tier) for item in DISPATCHABLE for tier in item.tiers if counts[item.code, tier] < 3] == []


def test_every_township_is_served_with_every_item_at_every_tier(providers: list[SampleProvider]) -> None:
    served: defaultdict[tuple[str, Tier], set[str]] = defaultdict(set)
    for offer, provider in offers(providers):
        served[offer].update(provider.coverage)
    everywhere = set(sample_townships())
    assert [(i.code, tier) for i in DISPATCHABLE for tier in i.tiers if served[i.code, tier] != everywhere] == []


def test_urgent_items_are_served_at_night_everywhere(providers: list[SampleProvider]) -> None:
    served: defaultdict[str, set[str]] = defaultdict(set)
    for (item, _), provider in offers(providers):
        if {day for day, *hours in provider.hours if tuple(hours) == ALL_DAY} == set(range(1, 8)):
            served[item].update(provider.coverage)
    everywhere = set(sample_townships())
    assert [item.code for item in DISPATCHABLE if item.urgency == "urgent" and served[item.code] != everywhere] == []


def test_prices_keep_to_their_tier(providers: list[SampleProvider]) -> None:
    for provider in providers:
        prices = {(line.item, line.tier): line for line in provider.lines}
        assert len(prices) == len(provider.lines)
        for (item, tier), line in prices.items():
            assert tier in sample_items()[item].tiers
            assert (line.price_fen == 0) == (line.price_kind is PriceKind.FREE) == (tier is Tier.FREE)
            if tier is Tier.LOW_FEE:
                assert line.price_kind is PriceKind.FIXED
                assert line.price_fen <= sample_items()[item].cap_fen
                assert (item, Tier.PAID) not in prices or line.price_fen < prices[item, Tier.PAID].price_fen


def test_providers_keep_to_their_trade(providers: list[SampleProvider]) -> None:
    for provider in providers:
        items = {line.item for line in provider.lines}
        if provider.kind is ProviderKind.COMPANY and provider.trade != "funerals":
            assert 3 <= len(items) <= 15
            assert len({item[:2] for item in items}) <= 2


def test_papers_are_held_and_few_are_running_out(providers: list[SampleProvider]) -> None:
    for provider in providers:
        needed = {code for line in provider.lines for code in sample_items()[line.item].papers}
        assert {paper.code for paper in provider.papers} == needed
    left = [(paper.expires_on - TODAY).days for provider in providers for paper in provider.papers]
    assert 0 < sum(days < 0 for days in left) < 0.02 * len(left)
    assert 0.02 * len(left) < sum(0 <= days <= 30 for days in left) < 0.05 * len(left)


def test_seats_lie_in_their_township_and_are_covered(providers: list[SampleProvider]) -> None:
    for provider in providers:
        seat = sample_townships()[provider.township]
        east = (provider.lon - seat.lon) * cos(radians(seat.lat))
        assert hypot(provider.lat - seat.lat, east) * KM_PER_DEGREE <= seat.err_km + 0.01
        assert provider.township in provider.coverage


def test_standing_reach_and_baseline_are_a_real_registry_s(providers: list[SampleProvider]) -> None:
    standings = Counter(provider.standing for provider in providers)
    assert standings[Standing.ACTIVE] > 0.9 * len(providers)
    assert set(standings) == {Standing.ACTIVE, Standing.TRIAL, Standing.WATCH, Standing.SUSPENDED}
    queue = sum(provider.reached_by is ReachedBy.QUEUE for provider in providers)
    assert 0.6 < queue / len(providers) < 0.7
    for provider in providers:
        assert (provider.baseline is not None) == (provider.kind is ProviderKind.COMPANY)
        if provider.baseline:
            assert provider.baseline.month.day == 1
            assert 0 < (provider.joined_on.replace(day=1) - provider.baseline.month).days <= 31
            assert 0 < provider.baseline.profit_tax_fen < provider.baseline.turnover_fen


@pytest.mark.parametrize("day", [date(2026, 1, 12), date(2026, 7, 13)])
def test_every_trade_can_hold_a_day_and_a_half_of_peak_work(providers: list[SampleProvider], day: date) -> None:
    able: defaultdict[str, list[SampleProvider]] = defaultdict(list)
    for (item, tier), provider in offers(providers):
        if tier == sample_items()[item].tiers[0]:
            able[item].append(provider)
    load: defaultdict[str, float] = defaultdict(float)
    for arrival in draw_day(day, Random(7)):
        room = sum(provider.capacity for provider in able[arrival.item])
        for provider in able[arrival.item]:
            load[provider.trade] += provider.capacity / room
    capacity: Counter[str] = Counter()
    for provider in providers:
        assert 4 <= provider.capacity <= 60
        capacity[provider.trade] += provider.capacity
    assert [trade for trade in capacity if load[trade] * 1.5 > capacity[trade]] == []


def test_behaviour_is_the_provider_s_own_and_within_bounds(providers: list[SampleProvider]) -> None:
    behaviours = [behaviour_of(provider) for provider in providers]
    assert behaviours == [behaviour_of(provider) for provider in providers]
    assert len({behaviour.accept_rate for behaviour in behaviours}) > 100
    for behaviour in behaviours:
        assert 0.7 <= behaviour.accept_rate <= 0.98
        assert 0.75 < behaviour.punctuality < 1
        assert 0.85 < behaviour.solved_rate < 1
        assert 10 <= behaviour.response_seconds <= 400
