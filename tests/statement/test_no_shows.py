"""Absent citizens are on record: for the provider that came, and for the operator who takes the next call."""

from tests.world import DRAIN, SampleProvider, World, ok

PHONE = "13957412345"


async def come_for_nothing(world: World, provider: SampleProvider) -> str:
    """Have the provider come while the citizen is absent. Return the job."""
    made = await world.dispatch(DRAIN, chosen_provider_id=str(provider.id))
    job = await ok(provider.client.put(f"/provider/offers/{made['offers'][0]['id']}/acceptance"))
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    given_back = {"reason": "citizen_absent", "note": "按约到场，敲门十五分钟无人应答"}
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/return", json=given_back))
    return str(job["id"])


async def test_a_no_show_is_recorded(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    job = await come_for_nothing(world, provider)
    [mine] = (await ok(provider.client.get("/provider/no-shows")))["items"]
    assert (mine["job_id"], mine["note"]) == (job, "按约到场，敲门十五分钟无人应答")
    for staff in (world.operator, world.registrar):
        assert (await ok(staff.get(f"/providers/{provider.id}/no-shows")))["items"] == [mine]
    [theirs] = (await ok(world.operator.get(f"/citizens/{PHONE}/no-shows")))["items"]
    assert (theirs["job_id"], theirs["provider_name"]) == (job, provider.name)
    assert (await ok(world.operator.get("/citizens/13805741688/no-shows")))["items"] == []
    assert (await ok(provider.client.get("/provider/statement")))["months"][-1]["no_shows"] == 1


async def test_a_no_show_that_was_not_the_citizens_fault_is_struck_off(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    job = await come_for_nothing(world, provider)
    finding = {"fault": "provider", "note": "单位走错楼栋"}
    await ok(world.supervisor.put(f"/jobs/{job}/arbitration", json=finding))
    assert (await ok(provider.client.get("/provider/no-shows")))["items"] == []
    assert (await ok(world.operator.get(f"/providers/{provider.id}/no-shows")))["items"] == []
    assert (await ok(world.operator.get(f"/citizens/{PHONE}/no-shows")))["items"] == []
