"""The operator's own open requests, each with its running clocks."""

from datetime import datetime, timedelta

from tests.world import CLEANING, DRAIN, World, ok


async def test_requests_are_listed_by_due_time_and_without_clocks_last(world: World) -> None:
    await world.add_provider(CLEANING, DRAIN)
    cleaning = await world.dispatch(CLEANING, description="家里大扫除")
    drain = await world.dispatch(DRAIN)
    relayed = (await world.create("UT10", description="楼道里有人打架", relay={"to": "110"})).json()
    await world.create(client=world.supervisor, dispatch=True, phone="13957400001")

    mine = await ok(world.operator.get("/desk/requests"))

    assert [one["request"]["id"] for one in mine] == [answer["request"]["id"] for answer in (drain, cleaning, relayed)]
    assert [one["clocks"][0]["clock"] if one["clocks"] else None for one in mine] == ["accept", "accept", None]
    urgent = mine[0]["clocks"][0]
    due, yellow = datetime.fromisoformat(urgent["due_at"]), datetime.fromisoformat(urgent["yellow_at"])
    assert due - world.clock.now() == timedelta(minutes=10)
    assert due - yellow == timedelta(minutes=2.5)


async def test_closed_and_held_requests_have_no_clock(world: World) -> None:
    await world.create("GV01", description="问社保卡丢了怎么补办", answer="带身份证到就近社保网点，当场可补")
    held = (await world.create()).json()["request"]["id"]
    hold = {"cause": "citizen", "reason": "要等儿子到家", "until": "2026-11-25T09:00:00+08:00"}
    await ok(world.operator.put(f"/requests/{held}/hold", json=hold))

    [one] = await ok(world.operator.get("/desk/requests"))

    assert (one["request"]["id"], one["clocks"]) == (held, [])
