"""A tiny day through the real engine: the same seed gives the same day, and no invariant is broken."""

from datetime import UTC, datetime, timedelta

from app.catalog.snapshot import read_snapshot
from app.registry.opening import DAY, Opening
from app.settings import Settings
from app.simulate.arrivals import draw_calls
from app.simulate.figures import Figures, count_figures
from app.simulate.invariants import check_all
from app.simulate.play import Play
from app.simulate.scenarios import SCENARIOS
from app.simulate.stage import SimulatedProvider, set_stage, template
from hotline_provider.behaviour import Member

SCENARIO = SCENARIOS["vanish"]
SCALE = 0.004
MEMBER = Member("", "", 1.0, 1.0, 30.0, 1.0, 0.0, by_phone=False)


_WHEN = """
SELECT j.provider_id, j.accepted_at, CASE WHEN r.urgency NOT IN ('emergency', 'urgent') THEN j.started_at END AS came_at
FROM jobs j JOIN requests r ON r.id = j.request_id
"""
"""When each provider accepted and, unless the work was urgent, arrived."""


async def play(settings: Settings, origin: str) -> Figures:
    async with set_stage(settings, str(settings.database_url), origin, SCENARIO, None, keep=False) as stage:
        played = Play(stage, await read_snapshot(stage.context.db), SCENARIO, 7)
        await played.run(draw_calls(SCENARIO, settings, SCALE, 7))
        async with stage.context.db.begin() as tx:
            assert not any((await check_all(tx, played.created)).values())
            for job in await tx.driver.fetch(_WHEN):
                provider = stage.providers[job["provider_id"]]
                assert provider.open_from(job["accepted_at"]) == job["accepted_at"]
                assert job["came_at"] is None or provider.open_from(job["came_at"]) == job["came_at"]
            return await count_figures(tx)


async def test_one_seed_gives_one_day(settings: Settings) -> None:
    async with template(settings, str(settings.database_url), SCENARIO, keep=False) as origin:
        first = await play(settings, origin)
        assert first.counts["completed"] > 0
        assert list(first.rows()) == list((await play(settings, origin)).rows())


def test_a_closed_provider_waits_until_it_opens() -> None:
    nine = datetime(2026, 11, 24, 9, tzinfo=UTC)
    provider = SimulatedProvider(
        1, MEMBER, [Opening(nine + n * DAY, nine + n * DAY + timedelta(hours=8)) for n in (0, 1)]
    )
    assert provider.open_from(nine - timedelta(hours=1)) == nine
    assert provider.open_from(nine + timedelta(hours=3)) == nine + timedelta(hours=3)
    assert provider.open_from(nine + timedelta(hours=8)) == nine + DAY


def test_the_burst_comes_on_top_of_the_day_between_its_times(settings: Settings) -> None:
    typhoon = SCENARIOS["typhoon"]
    burst = typhoon.burst
    assert burst is not None
    calls = list(draw_calls(typhoon, settings, 0.1, 1))
    asked = [call for call in calls if call.item in burst.items and burst.begins <= call.at.time() < burst.ends]
    assert len(asked) >= 127
    assert calls == sorted(calls, key=lambda call: call.at)
