"""Gaps in the knowledge base, as editors and managers see them."""

from typing import Any

from tests.knowledge.articles import LOST_CARD, approve, article, noise_article, put_in_force, write_version
from tests.world import World, ok

DAYS = {"from": "2026-11-20", "to": "2026-11-30"}


async def gaps(world: World) -> dict[str, Any]:
    await world.work()
    found: dict[str, Any] = await ok(world.manager.get("/knowledge/gaps", params=DAYS))
    return found


async def test_answers_with_and_without_an_article(world: World) -> None:
    version = (await put_in_force(world, LOST_CARD))["approved"]["id"]
    await put_in_force(world, noise_article())
    await ok(world.create("GV02", answer="到派出所补领。", articles=[version]))
    await ok(world.create("GV02", answer="到派出所补领。", phone="13957412346"))
    await ok(world.create("GV01", answer="带身份证。", phone="13957412347"))
    await ok(world.create("GV01", phone="13957412348"))
    await put_in_force(world, article(slug="next-year", valid_from="2027-01-01"))
    await put_in_force(world, article(slug="over", valid_to="2026-11-24"))
    world.advance(days=1)
    found = await gaps(world)
    assert found["answered_in_call"] == {"numerator": 3, "denominator": 4, "rate": 0.75}
    assert found["answered_by_article"]["numerator"] == 1
    assert found["without_article"] == [
        {"item": "GV01", "times": 1, "answers": 1},
        {"item": "GV02", "times": 1, "answers": 2},
    ]
    assert [one["slug"] for one in found["unused"]] == ["noise-complaint"]
    assert (found["in_force"], found["samples"], found["reviews_due"]) == (2, 0, 0)


async def test_an_answer_followed_by_a_second_call_within_seven_days(world: World) -> None:
    version = (await put_in_force(world, LOST_CARD))["approved"]["id"]
    for phone, days, item in (("13957412341", 2, "GV02"), ("13957412342", 8, "GV02"), ("13957412343", 1, "GV01")):
        await ok(world.create("GV02", answer="到派出所补领。", articles=[version], phone=phone))
        world.advance(days=days)
        await ok(world.create(item, phone=phone))
        world.advance(days=-days)
    assert (await gaps(world))["called_again"] == [{"slug": "lost-id-card", "times": 1, "answers": 3}]


async def test_an_answer_from_two_versions_of_an_article_counts_once(world: World) -> None:
    first = (await put_in_force(world, LOST_CARD))["approved"]["id"]
    await write_version(world, "lost-id-card", 1)
    second = (await approve(world, "lost-id-card", 2))["approved"]["id"]
    await ok(world.create("GV02", answer="到派出所补领。", articles=[first, second]))
    world.advance(days=1)
    await ok(world.create("GV02"))
    assert (await gaps(world))["called_again"] == [{"slug": "lost-id-card", "times": 1, "answers": 1}]


async def test_a_range_is_bounded(world: World) -> None:
    answer = await world.registrar.get("/knowledge/gaps", params={"from": "2026-01-01", "to": "2026-11-30"})
    assert (answer.status_code, answer.json()["code"]) == (422, "range_invalid")
