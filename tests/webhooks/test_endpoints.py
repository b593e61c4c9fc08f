"""Endpoints over the API: ownership, refusals, and that a refusal changes nothing."""

import asyncio
import base64

import pytest

from app.webhooks.actions import LIMIT
from tests.webhooks.receivers import register
from tests.world import World, ok, refused

URL = "https://127.0.0.1/hotline"


async def test_an_endpoint_is_registered_changed_paused_and_deleted(world: World) -> None:
    provider = await world.add_provider()
    made = await register(provider.client, URL, types=["offer.made"])
    url = f"/webhooks/{made['id']}"
    key = base64.b64decode(made["secret"].removeprefix("whsec_"))
    assert len(key) == 32
    [listed] = await ok(provider.client.get("/webhooks"))
    assert listed == {name: value for name, value in made.items() if name != "secret"}
    await refused(provider.client.patch(url, json={"label": "调度"}), 428, "version_required")
    changed = await provider.client.patch(url, json={"label": "调度", "types": None}, headers={"If-Match": '"1"'})
    assert changed.headers["etag"] == '"2"'
    assert (changed.json()["label"], changed.json()["types"]) == ("调度", None)
    await refused(
        provider.client.patch(url, json={"state": "paused"}, headers={"If-Match": '"1"'}), 412, "version_stale"
    )
    paused = await ok(provider.client.patch(url, json={"state": "paused"}, headers={"If-Match": '"2"'}))
    assert paused["state"] == "paused"
    await ok(provider.client.delete(url))
    await refused(provider.client.get(url), 404, "not_found")
    audit = await ok(world.admin.get("/audit", params={"subject": f"webhook:{made['id']}"}))
    assert [row["action"] for row in audit["items"]][::-1] == [
        "webhook.added",
        "webhook.proven",
        "webhook.changed",
        "webhook.changed",
        "webhook.deleted",
    ]


async def test_providers_and_other_systems_see_their_own_endpoints_only(world: World) -> None:
    provider, other = await world.add_provider(), await world.add_provider()
    mine = await register(provider.client, URL)
    system = await register(world.admin, URL)
    for client in (other.client, world.admin):
        for method, path in [("GET", ""), ("DELETE", ""), ("POST", "/test"), ("POST", "/secrets")]:
            await refused(client.request(method, f"/webhooks/{mine['id']}{path}"), 404, "not_found")
        await refused(client.get(f"/webhooks/{mine['id']}/deliveries"), 404, "not_found")
    await refused(provider.client.get(f"/webhooks/{system['id']}"), 404, "not_found")
    assert [one["id"] for one in await ok(world.admin.get("/webhooks"))] == [system["id"]]


async def test_a_repeated_key_gives_the_same_endpoint_and_secret(world: World) -> None:
    provider = await world.add_provider()
    headers = {"Idempotency-Key": "webhook-1"}
    body = {"url": URL, "label": "派单系统"}
    first, again = [await ok(provider.client.post("/webhooks", json=body, headers=headers)) for _ in range(2)]
    assert first == again
    rotate = f"/webhooks/{first['id']}/secrets"
    new, same = [await ok(provider.client.post(rotate, headers={"Idempotency-Key": "rotate-1"})) for _ in range(2)]
    assert new == same
    assert new["secret"] != first["secret"]
    await refused(provider.client.post("/webhooks", json=body), 409, "webhook_exists")


async def test_an_unknown_event_cannot_be_subscribed_to(world: World) -> None:
    provider = await world.add_provider()
    body = {"url": URL, "label": "派单系统", "types": ["offer.made", "offer.maid"]}
    answer = await refused(provider.client.post("/webhooks", json=body), 422, "invalid_input")
    assert {error["field"] for error in answer["errors"]} == {"body.types.1"}


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "example.com",
        "https://",
        "https://user:secret@example.com/",
        "https://example.com/#part",
        "https://exa mple.com/",
        "https://example.com:99999/",
        "javascript:alert(1)",
    ],
)
async def test_an_invalid_url_is_refused(world: World, url: str) -> None:
    provider = await world.add_provider()
    await refused(provider.client.post("/webhooks", json={"url": url, "label": "派单系统"}), 422, "webhook_url_invalid")
    assert await ok(provider.client.get("/webhooks")) == []


@pytest.mark.parametrize(
    "host",
    [
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "[fe80::1]",
        "[::ffff:10.0.0.1]",
        "2130706433",
        "0x7f.1",
        "localhost",
    ],
)
async def test_a_private_address_is_refused_and_nothing_is_kept(world: World, host: str) -> None:
    world.context.settings.provider_webhook_networks = []
    provider = await world.add_provider()
    body = {"url": f"https://{host}:8443/hotline", "label": "派单系统"}
    await refused(provider.client.post("/webhooks", json=body), 422, "webhook_address_refused")
    await refused(
        provider.client.post("/webhooks", json=body | {"url": f"http://{host}/"}), 422, "webhook_url_invalid"
    )  # no private network is allowed, so plain http is refused too
    assert await ok(provider.client.get("/webhooks")) == []


async def test_a_private_address_is_refused_in_a_change_too(world: World) -> None:
    provider = await world.add_provider()
    made = await register(provider.client, URL)
    edit = {"url": "https://192.168.0.1/", "label": "内网"}
    call = provider.client.patch(f"/webhooks/{made['id']}", json=edit, headers={"If-Match": '"1"'})
    await refused(call, 422, "webhook_address_refused")
    kept = await ok(provider.client.get(f"/webhooks/{made['id']}"))
    assert (kept["url"], kept["label"], kept["version"]) == (URL, "派单系统", 1)


async def test_there_is_a_limit_and_replays_reach_back_as_far_as_deliveries_are_kept(world: World) -> None:
    provider = await world.add_provider()
    made = [await register(provider.client, f"{URL}/{n}") for n in range(20)]
    await refused(provider.client.post("/webhooks", json={"url": URL, "label": "派单系统"}), 409, "too_many_webhooks")
    since = {"since": "2026-11-01T08:00:00+08:00"}
    await refused(provider.client.put(f"/webhooks/{made[0]['id']}/replay", json=since), 422, "replay_too_old")


async def test_the_secret_cannot_be_made_from_the_database_alone(world: World) -> None:
    provider = await world.add_provider()
    headers = {"Idempotency-Key": "webhook-1"}
    made = await ok(provider.client.post("/webhooks", json={"url": URL, "label": "派单系统"}, headers=headers))
    secret = base64.b64decode(made["secret"].removeprefix("whsec_"))
    async with world.context.db.begin() as tx:
        seed = await tx.driver.fetchval("SELECT seed FROM webhook_endpoints")
        answers = await tx.driver.fetch("SELECT answer FROM idempotency_keys")
    assert secret != seed
    assert not any(made["secret"].encode() in row["answer"] for row in answers)


async def test_the_openapi_document_describes_what_is_sent(world: World) -> None:
    document = world.application.openapi()
    [event] = document["webhooks"].values()
    body = event["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert len(body["anyOf"]) > 5
    headers = {parameter["name"] for parameter in event["post"]["parameters"]}
    assert headers == {"webhook-id", "webhook-timestamp", "webhook-signature"}


async def test_concurrent_registrations_respect_the_limit(world: World) -> None:
    provider = await world.add_provider()
    bodies = [{"url": f"{URL}/{n // 2}", "label": "x"} for n in range(2 * LIMIT + 6)]
    world.application.state.quotas.costly.most = len(bodies)
    answers = await asyncio.gather(*(provider.client.post("/webhooks", json=body) for body in bodies))
    made = [answer.json()["url"] for answer in answers if answer.status_code == 201]
    assert len(made) == len(set(made)) == LIMIT
    assert {answer.json()["code"] for answer in answers if answer.status_code != 201} <= {
        "webhook_exists",
        "too_many_webhooks",
    }
