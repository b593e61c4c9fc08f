"""What can wait until the morning is neither assigned nor counted at night."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.events.act import act_of
from app.kit.ids import new_id
from app.registry.models import ReachedBy
from app.registry.notices import NoticeKind, send_notice
from tests.world import DRAIN, World, ok

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(("hour", "status"), [(2, 204), (7, 204), (8, 200), (19, 200), (20, 204), (23, 204)])
@pytest.mark.parametrize("kind", [NoticeKind.RELEASED, "as_written"])
async def test_notices_are_read_out_by_day(world: World, kind: str, hour: int, status: int) -> None:
    provider = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    world.clock.moment = datetime(2026, 11, 25, hour, tzinfo=ZONE)
    async with world.context.db.begin() as tx:
        words = {"zh": "请补交月报", "en": "File your month"}
        await send_notice(act_of(world.context), tx, provider.id, kind, str(new_id(world.clock.now())), words)
    listed = await ok(world.operator.get("/notices/to-phone"))
    taken = await world.operator.post("/notices/to-phone/next")
    assert (taken.status_code, len(listed)) == (status, int(status == 200))


async def test_callbacks_say_when_the_citizen_may_be_called(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    await world.complete(provider, created["offers"][0]["id"])
    await world.work()
    world.clock.moment = datetime(2026, 11, 25, 2, tzinfo=ZONE)
    [listed] = (await ok(world.operator.get("/callbacks")))["items"]
    assert datetime.fromisoformat(listed["due_at"]) == datetime(2026, 11, 25, 9, tzinfo=ZONE)
    world.clock.moment += timedelta(hours=8)
    [listed] = (await ok(world.operator.get("/callbacks")))["items"]
    assert datetime.fromisoformat(listed["due_at"]) <= world.clock.moment
    assert (await world.operator.post("/callbacks/next")).status_code == 200
