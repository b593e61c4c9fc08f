"""Mistakes by callers: each gets a clear problem document with the right status and changes nothing."""

from typing import Any

import pytest
from sqlalchemy import func, select

from app.intake.models import Request
from tests.world import CLEANING, DOOR_LOCK, DRAIN, World, ok, refused


async def count_requests(world: World) -> int:
    async with world.context.db.begin() as tx:
        return (await tx.session.execute(select(func.count()).select_from(Request))).scalar_one()


@pytest.mark.parametrize(
    ("facts", "status", "code"),
    [
        ({"item": "ZZ99"}, 422, "unknown_item"),
        ({"area": "999999999"}, 422, "unknown_area"),
        ({"phone": "0000"}, 422, "invalid_input"),
        ({"phone": "+12120550100"}, 422, "invalid_input"),
        ({"description": "   "}, 422, "invalid_input"),
        ({"quantity": 0}, 422, "invalid_input"),
        ({"channel": "fax"}, 422, "invalid_input"),
        ({"colour": "red"}, 422, "invalid_input"),
        ({"item": CLEANING, "tier": "free"}, 422, "tier_not_allowed"),
        ({"tier": "free"}, 409, "not_entitled"),
        ({"item": "GV01", "dispatch": True}, 422, "not_dispatchable"),
        ({"item": "UT03", "dispatch": True, "relay": {"to": "燃气抢修"}}, 422, "not_dispatchable"),
        ({"item": "UT09", "dispatch": True}, 422, "relay_first"),
        ({"answer": "请找物业", "dispatch": True}, 422, "one_outcome"),
        ({"wanted_from": "2026-11-25T10:00:00+08:00", "wanted_to": "2026-11-25T09:00:00+08:00"}, 422, "window_invalid"),
        ({"wanted_from": "2020-01-01T10:00:00+08:00", "wanted_to": "2020-01-01T12:00:00+08:00"}, 422, "window_invalid"),
        ({"wanted_from": "2026-11-25T10:00:00"}, 422, "invalid_input"),
        ({"wanted_to": "9999-12-31T23:59:59Z"}, 422, "invalid_input"),
        ({"wanted_from": "0001-01-01T00:00:00Z"}, 422, "invalid_input"),
        ({"wanted_to": "2099-12-31T00:00:00Z"}, 422, "window_invalid"),
        ({"description": "漏水\u0000"}, 422, "text_unstorable"),
        ({"chosen_provider_id": "00000000-0000-7000-8000-000000000000"}, 422, "unknown_provider"),
    ],
)
async def test_a_wrong_request_is_refused_and_leaves_nothing(
    world: World, facts: dict[str, Any], status: int, code: str
) -> None:
    await refused(world.create(**facts), status, code)
    assert await count_requests(world) == 0


async def test_the_problem_speaks_the_callers_language(world: World) -> None:
    world.operator.headers["Accept-Language"] = "zh-CN,zh;q=0.9"
    problem = await refused(world.create(item="ZZ99"), 422, "unknown_item")
    assert problem["title"] == "没有服务项目 ZZ99。"
    assert problem["item"] == "ZZ99"
    assert problem["type"] == "/problems/unknown_item"


async def test_invalid_json_is_refused(world: World) -> None:
    call = world.operator.post("/requests", content=b'{"phone": ', headers={"Content-Type": "application/json"})
    await refused(call, 400, "invalid_json")


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_of_10_mb_is_refused(world: World, announced: bool) -> None:
    async def chunks() -> Any:
        for _ in range(10):
            yield b"x" * 1_048_576

    content: Any = b"x" * 10_485_760 if announced else chunks()
    await refused(world.operator.post("/requests", content=content), 413, "body_too_large")
    assert await count_requests(world) == 0


async def test_a_key_reused_for_another_body_is_refused(world: World) -> None:
    first = await ok(world.create(key="k1"))
    assert await ok(world.create(key="k1")) == first
    await refused(world.create(key="k1", description="换一个说法"), 422, "key_reused")
    await refused(world.create(key=""), 422, "key_invalid")
    await refused(world.create(key="x" * 201), 422, "key_invalid")
    assert await ok(world.create(key="k1", client=world.supervisor)) != first
    assert await count_requests(world) == 2


async def test_a_refused_creation_leaves_its_key_free(world: World) -> None:
    await refused(world.create(key="k2", item="ZZ99"), 422, "unknown_item")
    await refused(world.create(key="k2", tier="free"), 409, "not_entitled")
    assert (await world.create(key="k2")).status_code == 201


async def test_a_signed_out_token_is_refused_at_once(world: World) -> None:
    await ok(world.operator.get("/sessions/current"))
    await ok(world.operator.delete("/sessions/current"))
    await refused(world.operator.get("/sessions/current"), 401, "not_signed_in")


async def test_an_expired_session_is_refused(world: World) -> None:
    await ok(world.operator.get("/sessions/current"))
    world.advance(days=401)
    await refused(world.operator.get("/sessions/current"), 401, "not_signed_in")


async def test_an_offer_that_has_ended_cannot_be_accepted(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    [offer] = (await world.dispatch(DRAIN))["offers"]
    world.advance(minutes=10)
    accept = f"/provider/offers/{offer['id']}/acceptance"
    await refused(provider.client.put(accept), 409, "offer_expired")
    await world.work()
    await refused(provider.client.put(accept), 409, "offer_expired")
    await refused(provider.client.put(f"/provider/offers/{provider.id}/acceptance"), 404, "not_found")


async def test_another_providers_offer_and_job_are_not_found(world: World) -> None:
    provider, stranger = await world.add_provider(DRAIN), await world.add_provider()
    [offer] = (await world.dispatch(DRAIN))["offers"]
    await refused(stranger.client.put(f"/provider/offers/{offer['id']}/acceptance"), 404, "not_found")
    job = await world.complete(provider, offer["id"])
    await refused(stranger.client.get(f"/provider/jobs/{job['id']}"), 404, "not_found")
    await refused(stranger.client.put(f"/provider/jobs/{job['id']}/start"), 404, "not_found")
    assert await ok(stranger.client.get("/provider/jobs")) == []


async def test_an_item_without_papers_is_not_matched_and_says_so(world: World) -> None:
    provider = await world.add_provider(DOOR_LOCK, papers=())
    created = await world.dispatch(DOOR_LOCK)
    assert (created["matching"], created["unmatched_reason"]) == ("unmatched", "papers")
    candidates = await ok(world.operator.get(f"/requests/{created['request']['id']}/candidates"))
    assert [(row["provider_id"], row["reason"]) for row in candidates["rejected"]] == [(str(provider.id), "papers")]


async def test_an_unknown_path_and_method_are_problems_too(world: World) -> None:
    await refused(world.operator.get("/nothing-here"), 404, "http_404")
    await refused(world.operator.put("/items"), 405, "http_405")


async def test_a_made_up_cursor_is_refused(world: World) -> None:
    for cursor in ("nonsense", "W10=", "eyJhIjoxfQ=="):
        await refused(world.operator.get("/requests", params={"cursor": cursor}), 422, "cursor_invalid")
