"""The server and the providers' process are killed with -9 during work: nothing is lost and nothing is doubled.

`python -m bench kill` does the same with 500 providers and a separate worker, for as long as you like.
"""

from datetime import UTC, datetime
from pathlib import Path

from app.auth.models import Role
from bench.kill import Plan, rehearse
from bench.stage import BenchProvider, Cast
from tests.providers.kit import key_of
from tests.world import CHENGLANG, DRAIN, World

PLAN = Plan(providers=12, requests=20, pace=0.05, kills=2, between=(0.3, 0.9), haste=10_000, worker_inside=True)


async def test_random_kills_lose_and_double_nothing(world: World, tmp_path: Path) -> None:
    hired = [await world.add_provider(DRAIN, capacity=50) for _ in range(PLAN.providers)]
    providers = [BenchProvider(provider.id, provider.name, key_of(provider), DRAIN, CHENGLANG) for provider in hired]
    operator = str(world.operator.headers["Authorization"]).removeprefix("Bearer ")
    clock = {
        "HOTLINE_CLOCK_START": world.clock.now().isoformat(),
        "HOTLINE_CLOCK_REAL_START": datetime.now(UTC).isoformat(),
    }
    url = str(world.context.settings.database_url)
    cast = Cast(operator, world.staff_ids[Role.OPERATOR], providers)
    found = await rehearse(url, cast, clock, tmp_path, PLAN)
    assert set(found.kills) == {"server", "providers"}
    assert found.confirmed > PLAN.requests
    assert (found.lost, found.doubled, found.requests_doubled) == (0, [], 0), found
