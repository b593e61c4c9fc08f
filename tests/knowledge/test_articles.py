"""An article's life: written by a registrar, approved by a supervisor, never edited, found only while it is valid."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.knowledge.articles import LOST_CARD, approve, article, find, put_in_force, slugs, write_version
from tests.world import CHENGLANG, NANMEN, World, decoded, ok, refused


async def test_only_what_a_supervisor_has_approved_is_found(world: World) -> None:
    await ok(world.registrar.post("/knowledge/articles", json=LOST_CARD))
    assert await slugs(world, "身份证丢了") == []
    await refused(world.registrar.put("/knowledge/articles/lost-id-card/versions/1/approval"), 403, "not_allowed")
    await approve(world, "lost-id-card", 1)
    [found] = await find(world, "身份证丢了")
    assert found["slug"] == "lost-id-card"
    assert found["content"]["phones"] == LOST_CARD["phones"]


async def test_an_approved_version_replaces_the_former_one(world: World) -> None:
    first = await put_in_force(world, LOST_CARD)
    await write_version(world, "lost-id-card", 1, answer={"zh": "现在网上也可以补办。"}, change="网上可办")
    [still] = await find(world, "身份证丢了")
    assert still["version_id"] == first["approved"]["id"]
    await approve(world, "lost-id-card", 2)
    [found] = await find(world, "身份证丢了")
    assert found["content"]["answer"]["zh"] == "现在网上也可以补办。"
    versions = await ok(world.operator.get("/knowledge/articles/lost-id-card/versions"))
    assert [(one["number"], one["status"]) for one in versions] == [(2, "approved"), (1, "superseded")]
    assert versions[1]["content"]["answer"] == LOST_CARD["answer"]


async def test_an_edit_of_an_older_version_is_refused(world: World) -> None:
    await put_in_force(world, LOST_CARD)
    await write_version(world, "lost-id-card", 1)
    body = {name: value for name, value in LOST_CARD.items() if name != "slug"}
    draft = "/knowledge/articles/lost-id-card/draft"
    await refused(world.registrar.put(draft, json=body), 428, "version_required")
    await refused(world.registrar.put(draft, json=body, headers={"If-Match": '"1"'}), 412, "version_stale")


async def test_two_approvals_at_once_put_one_version_in_force(world: World) -> None:
    await put_in_force(world, LOST_CARD)
    await write_version(world, "lost-id-card", 1)
    path = "/knowledge/articles/lost-id-card/versions/2/approval"
    answers = await asyncio.gather(*(world.supervisor.put(path) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    versions = await ok(world.operator.get("/knowledge/articles/lost-id-card/versions"))
    assert [one["status"] for one in versions] == ["approved", "superseded"]
    await write_version(world, "lost-id-card", 2)
    await write_version(world, "lost-id-card", 3)
    await refused(world.supervisor.put("/knowledge/articles/lost-id-card/versions/3/approval"), 409, "not_newest")


async def test_approvals_of_articles_with_the_same_words_do_not_stop_each_other(world: World) -> None:
    names = [f"lost-id-card-{number}" for number in range(6)]
    for name in names:
        await ok(world.registrar.post("/knowledge/articles", json=article(slug=name)))
    await asyncio.gather(*(approve(world, name, 1) for name in names))
    assert sorted(await slugs(world, "身份证丢了", limit=20)) == names


async def test_a_repeated_key_creates_one_article(world: World) -> None:
    headers = {"Idempotency-Key": "a"}
    first = await ok(world.registrar.post("/knowledge/articles", json=LOST_CARD, headers=headers))
    assert await ok(world.registrar.post("/knowledge/articles", json=LOST_CARD, headers=headers)) == first
    await refused(world.registrar.post("/knowledge/articles", json=LOST_CARD), 409, "article_exists")


async def test_an_article_is_found_only_within_its_validity(world: World) -> None:
    today = world.clock.now().date()
    begins, ends = today + timedelta(days=1), today + timedelta(days=2)
    await put_in_force(world, article(valid_from=str(begins), valid_to=str(ends)))
    seen = []
    for _ in range(4):
        seen.append(await slugs(world, "身份证丢了"))
        world.advance(days=1)
    assert seen == [[], ["lost-id-card"], ["lost-id-card"], []]
    await refused(world.supervisor.put("/knowledge/articles/lost-id-card/versions/2/approval"), 404, "not_found")
    await write_version(world, "lost-id-card", 1, valid_to=str(ends))
    await refused(world.supervisor.put("/knowledge/articles/lost-id-card/versions/2/approval"), 409, "article_over")


async def test_a_withdrawn_article_is_not_found_and_can_be_written_anew(world: World) -> None:
    await put_in_force(world, LOST_CARD)
    gone = {"note": "规定已废止"}
    for _ in range(2):
        article_now = await ok(world.registrar.put("/knowledge/articles/lost-id-card/withdrawal", json=gone))
        assert article_now["approved"] is None
    assert await slugs(world, "身份证丢了") == []
    await write_version(world, "lost-id-card", 1)
    await approve(world, "lost-id-card", 2)
    assert await slugs(world, "身份证丢了") == ["lost-id-card"]


async def test_a_refused_draft_leaves_the_version_in_force(world: World) -> None:
    await put_in_force(world, LOST_CARD)
    await write_version(world, "lost-id-card", 1)
    path = "/knowledge/articles/lost-id-card/versions/2/refusal"
    for _ in range(2):
        shown = await ok(world.supervisor.put(path, json={"note": "收费标准有误"}))
        assert (shown["approved"]["number"], shown["draft"]) == (1, None)
    await refused(world.supervisor.put("/knowledge/articles/lost-id-card/versions/2/approval"), 409, "status_conflict")


async def test_reviews_come_due_and_a_review_moves_them_on(world: World) -> None:
    await put_in_force(world, LOST_CARD)
    assert (await ok(world.registrar.get("/knowledge/reviews")))["items"] == []
    world.advance(days=160)
    [due] = (await ok(world.registrar.get("/knowledge/reviews")))["items"]
    assert due["slug"] == "lost-id-card"
    review = "/knowledge/articles/lost-id-card/review"
    await refused(world.registrar.put(review, json={"review_on": "2026-11-25"}), 422, "review_in_the_past")
    await ok(world.registrar.put(review, json={"review_on": "2028-01-01"}))
    assert (await ok(world.registrar.get("/knowledge/reviews")))["items"] == []


async def test_an_article_for_one_area_is_found_there_and_first(world: World) -> None:
    await put_in_force(world, LOST_CARD)
    await put_in_force(world, article(slug="lost-id-card-nanmen", areas=[NANMEN]))
    assert await slugs(world, "身份证丢了", area=CHENGLANG) == ["lost-id-card-nanmen", "lost-id-card"]
    elsewhere = next(code for code in world.catalog.townships if code != NANMEN)
    assert await slugs(world, "身份证丢了", area=elsewhere) == ["lost-id-card"]


async def test_drafts_that_wait_are_listed(world: World) -> None:
    await put_in_force(world, LOST_CARD)
    await ok(world.registrar.post("/knowledge/articles", json=article(slug="waits", items=["GV01"])))
    asked: list[dict[str, Any]] = [{"status": "draft"}, {"item": "GV02"}, {}, {"limit": 1}]
    seen = [
        [one["slug"] for one in (await ok(world.supervisor.get("/knowledge/articles", params=one)))["items"]]
        for one in asked
    ]
    assert seen == [["waits"], ["lost-id-card"], ["lost-id-card", "waits"], ["lost-id-card"]]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"items": ["XX99"]}, "unknown_item"),
        ({"areas": ["999"]}, "unknown_area"),
        ({"valid_from": "2027-01-02", "valid_to": "2027-01-01"}, "invalid_input"),
        ({"items": []}, "invalid_input"),
        ({"answer": {"zh": "长" * 1001}}, "invalid_input"),
        ({"slug": "Lost Card"}, "invalid_input"),
        ({"phones": [{"number": "call me"}]}, "invalid_input"),
        ({"answer": {"zh": "   "}}, "invalid_input"),
        ({"title": {"zh": "空\x00字符"}}, "text_unstorable"),
    ],
)
async def test_an_invalid_article_is_refused_and_not_kept(world: World, facts: dict[str, Any], code: str) -> None:
    await refused(world.registrar.post("/knowledge/articles", json=article(**facts)), 422, code)
    assert (await ok(world.registrar.get("/knowledge/articles")))["items"] == []


async def test_a_megabyte_of_text_is_refused(world: World) -> None:
    body = article(answer={"zh": "长" * 400_000})
    await refused(world.registrar.post("/knowledge/articles", json=body), 413, "body_too_large")
    await refused(world.operator.post("/knowledge/searches", json={"words": "长" * 400_000}), 413, "body_too_large")


async def test_markup_is_kept_as_text(world: World) -> None:
    script = "<script>alert('身份证')</script> <b>丢了</b>"
    await put_in_force(world, article(title={"zh": script}))
    [found] = await find(world, "身份证丢了")
    assert found["content"]["title"]["zh"] == script
    marked = [script[mark["start"] : mark["end"]] for mark in found["marked_title"]["zh"]]
    assert marked == ["身份证", "丢了"]


async def test_an_answer_names_the_article_versions_used(world: World) -> None:
    version = (await put_in_force(world, LOST_CARD))["approved"]["id"]
    made = await ok(world.create("GV02", answer="到派出所补领。", articles=[version]))
    assert made["request"]["articles"] == [version]
    nobody = "00000000-0000-7000-8000-000000000000"
    await refused(world.create("GV02", answer="到派出所补领。", articles=[nobody]), 422, "unknown_article")
    await refused(world.create("GV02", articles=[version]), 422, "articles_of_answer")
    draft = (await write_version(world, "lost-id-card", 1))["draft"]["id"]
    await refused(world.create("GV02", answer="到派出所补领。", articles=[draft]), 422, "unknown_article")
    await refused(world.create("GV02", answer="到派出所补领。", articles=[version] * 11), 422, "invalid_input")
    later = (await ok(world.create("GV02")))["request"]["id"]
    answered = await ok(
        world.operator.put(f"/requests/{later}/answer", json={"answer": "到派出所补领。", "articles": [version] * 2})
    )
    assert answered["articles"] == [version]


async def test_operators_learn_that_a_version_they_used_was_replaced(world: World) -> None:
    version = (await put_in_force(world, LOST_CARD))["approved"]["id"]
    await write_version(world, "lost-id-card", 1)
    second = (await approve(world, "lost-id-card", 2))["approved"]["id"]
    [standing] = await ok(world.operator.get("/knowledge/standings", params={"version": version}))
    assert (standing["status"], standing["in_force"]) == ("superseded", second)


async def test_operators_learn_that_a_version_they_used_has_expired(world: World) -> None:
    today = world.clock.now().date()
    version = (await put_in_force(world, article(valid_to=str(today))))["approved"]["id"]
    in_force = []
    for _ in range(2):
        [standing] = await ok(world.operator.get("/knowledge/standings", params={"version": version}))
        in_force.append(standing["in_force"])
        world.advance(hours=14)  # midnight in Ningbo
    assert in_force == [version, None]


async def test_canned_texts_are_written_read_and_deleted(world: World) -> None:
    path = "/knowledge/texts/wait"
    await ok(world.registrar.put(path, json={"zh": "请稍等。"}))
    await ok(world.supervisor.put(path, json={"zh": "请您稍等。", "en": "One moment."}))
    [text] = await ok(world.operator.get("/knowledge/texts"))
    assert (text["name"], text["zh"]) == ("wait", "请您稍等。")
    await refused(world.operator.put(path, json={"zh": "不"}), 403, "not_allowed")
    await refused(world.registrar.put("/knowledge/texts/a b", json={"zh": "不"}), 422, "invalid_input")
    await ok(world.registrar.delete(path))
    await ok(world.registrar.delete(path))
    assert await ok(world.operator.get("/knowledge/texts")) == []
    for kept in await asyncio.gather(*(world.registrar.put(path, json={"zh": "请稍等。"}) for _ in range(3))):
        assert decoded(kept)["zh"] == "请稍等。"  # all but one used to get the name of a constraint
