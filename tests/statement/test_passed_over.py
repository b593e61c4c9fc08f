"""Why a provider was passed over: its own place or reason beside the best scores, without other providers' names."""

from datetime import timedelta

from tests.world import DRAIN, World, ok, refused


async def test_a_lower_ranked_provider_sees_its_rank_and_the_best_scores(world: World) -> None:
    near = await world.add_provider(DRAIN)
    far = await world.add_provider(DRAIN, point=(29.95, 121.40))
    request = (await world.dispatch(DRAIN))["request"]
    [decision] = await ok(far.client.get(f"/provider/decisions/{request['id']}"))
    assert (decision["asked"], decision["place"], decision["ranked"]) == (False, 2, 2)
    assert decision["total"] < decision["best"]["total"]
    assert decision["best"]["scores"]["distance"] > 0.5
    assert near.name not in str(decision)
    assert str(near.id) not in str(decision)
    [own] = await ok(near.client.get(f"/provider/decisions/{request['id']}"))
    assert (own["asked"], own["place"], own["best"]) == (True, 1, None)
    assert set(own["own"]) == set(decision["best"]["scores"])


async def test_who_was_filtered_out_sees_the_reason_in_words(world: World) -> None:
    await world.add_provider(DRAIN)
    full = await world.add_provider(DRAIN, capacity=0)
    request = (await world.dispatch(DRAIN))["request"]
    [listed] = (await ok(full.client.get("/provider/decisions")))["items"]
    assert (listed["number"], listed["reason"], listed["place"]) == (request["number"], "full", None)
    assert listed["zh"] == "承接工单已满（应急期间含待其答复的派单）"
    [read_out] = (await ok(world.operator.get(f"/providers/{full.id}/decisions")))["items"]
    assert read_out == listed


async def test_the_list_goes_day_by_day_and_page_by_page(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    for _ in range(3):
        await world.dispatch(DRAIN)
    first = await ok(provider.client.get("/provider/decisions", params={"limit": 2}))
    second = await ok(provider.client.get("/provider/decisions", params={"limit": 2, "cursor": first["next"]}))
    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)
    yesterday = (world.clock.now() - timedelta(days=1)).date().isoformat()
    assert (await ok(provider.client.get("/provider/decisions", params={"day": yesterday})))["items"] == []


async def test_a_provider_that_was_not_considered_sees_nothing(world: World) -> None:
    await world.add_provider(DRAIN)
    stranger = await world.add_provider()
    request = (await world.dispatch(DRAIN))["request"]
    await refused(stranger.client.get(f"/provider/decisions/{request['id']}"), 404, "not_found")
    assert (await ok(stranger.client.get("/provider/decisions")))["items"] == []
