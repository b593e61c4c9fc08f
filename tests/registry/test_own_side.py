"""What a provider reads and sets itself, with a key from the registrar."""

from sqlalchemy import select

from app.auth.models import ProviderKey
from app.auth.tokens import token_hash
from tests.registry.applications import apply
from tests.world import DRAIN, World, ok, refused


async def test_a_provider_reads_its_own_document_and_no_other(world: World) -> None:
    mine, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    document = await ok(mine.client.get("/provider"))
    assert (document["id"], document["name"], document["phone"][:3]) == (str(mine.id), mine.name, "179")
    for provider in (mine, other):
        await refused(mine.client.get(f"/providers/{provider.id}"), 403, "not_allowed")
    await refused(mine.client.get("/providers"), 403, "not_allowed")
    await refused(world.registrar.get("/provider"), 403, "not_allowed")


async def test_a_provider_switches_itself_off_and_dispatch_is_woken(world: World) -> None:
    provider = await world.add_provider(DRAIN, capacity=5)
    async with world.context.pubsub.subscribe("dispatch") as woken:
        response = await provider.client.patch("/provider/availability", json={"reachable": False, "capacity": 2})
        assert woken.is_set()
    document = response.json()
    assert (document["reachable"], document["capacity"], response.headers["etag"]) == (False, 2, '"2"')
    document = await ok(provider.client.patch("/provider/availability", json={"reachable": True}))
    assert (document["reachable"], document["capacity"]) == (True, 2)
    await refused(provider.client.patch("/provider/availability", json={"capacity": 2}), 422, "invalid_input")


async def test_a_key_signs_in_until_it_is_revoked(world: World) -> None:
    provider = await apply(world)
    url = f"/providers/{provider['id']}/keys"
    made = await ok(world.registrar.post(url, json={"label": "前台电脑"}))
    async with world.context.db.begin() as tx:
        kept = (await tx.session.execute(select(ProviderKey))).scalars().one()
    key = made.pop("key")
    assert kept.token_hash == token_hash(key)
    await refused(world.registrar.post(url, json={"label": "前台电脑"}), 409, "key_label_taken")
    assert await ok(world.registrar.get(url)) == [made]
    client = await world.client(key)
    assert (await ok(client.get("/provider")))["id"] == provider["id"]
    assert (await world.registrar.delete(f"{url}/前台电脑")).status_code == 204
    await refused(client.get("/provider"), 401, "not_signed_in")
    await refused(world.registrar.delete(f"{url}/前台电脑"), 404, "not_found")
    assert await ok(world.registrar.get(url)) == []
    again = await ok(world.registrar.post(url, json={"label": "前台电脑"}))
    assert again["key"] != key
