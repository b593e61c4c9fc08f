"""Of whom a caller speaks decides which lines of a script are read out."""

import asyncio
from typing import Any

import pytest

from app.danger.kinds import DangerKind, InDanger
from app.danger.people import in_danger
from app.danger.snapshot import read_scripts
from tests.world import World, ok, refused

OTHER, CALLER = InDanger.OTHER, InDanger.CALLER


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("我女儿说她不想活了", OTHER),
        ("楼上邻居要跳楼", OTHER),
        ("我们班一个学生在手上划口子", OTHER),
        ("我听见隔壁在打老婆", OTHER),
        ("同事发消息跟我说再见，电话打不通", OTHER),
        ("我爸半边身子动不了", OTHER),
        ("有人掉河里了", OTHER),
        ("电梯里困了个小孩", OTHER),
        ("my daughter says she wants to die", OTHER),
        ("I can hear my neighbour beating his wife", OTHER),
        ("我不想活了", CALLER),
        ("我右手突然没力气，讲话不清楚", CALLER),
        ("我被困在电梯里", CALLER),
        ("I don't want to live anymore", CALLER),
        ("不想活了", None),
        ("我老公打我", None),
        ("", None),
    ],
)
def test_it_is_told_who_is_in_danger(words: str, who: InDanger | None) -> None:
    assert in_danger(words, DangerKind.STROKE) == who


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("他还在外头，我不敢大声", CALLER),
        ("前男友在门口踹门", None),
        ("老公在打孩子", OTHER),
        ("楼上男的打老婆", OTHER),
    ],
)
def test_an_attacker_is_not_the_one_in_danger(words: str, who: InDanger | None) -> None:
    assert in_danger(words, DangerKind.VIOLENCE) == who


async def hear(world: World, words: str) -> dict[str, Any]:
    answer = await ok(world.operator.post("/catalog/suggestions", json={"words": words}))
    return dict(answer["dangers"][0])


async def test_the_answer_says_who_is_in_danger(world: World) -> None:
    for words, kind, who in (
        ("我女儿说她不想活了", "self_harm", "other"),
        ("我不想活了", "self_harm", "caller"),
        ("不想活了，想跳楼", "self_harm", "caller"),
        ("我老公打我，快来", "violence", "caller"),
        ("嘴歪了，说话不清楚，半边手抬不起来", "stroke", "other"),
    ):
        heard = await hear(world, words)
        assert (heard["kind"], heard["who"]) == (kind, who), words


def test_every_script_has_something_to_say_and_never_to_do_for_either() -> None:
    for kind, guide in read_scripts().items():
        for who in InDanger:
            assert len([one for one in guide.say if one.who in (None, who)]) >= 4, kind
            assert [one for one in guide.dont if one.who in (None, who)], kind
    assert all("你" not in said.zh for said in read_scripts()[DangerKind.STROKE].say if said.who == OTHER)


async def test_a_script_without_a_line_for_one_of_them_is_refused(world: World) -> None:
    content = (await ok(world.registrar.get("/dangers/gas")))["approved"]["content"]
    body = content | {"say": [{"zh": "走。", "en": "Go.", "who": "caller"}]}
    refusal = await refused(
        world.registrar.put("/dangers/gas/draft", json=body, headers={"If-Match": '"1"'}), 422, "invalid_input"
    )
    assert refusal["errors"][0]["field"] == "body.say"


async def test_a_script_is_a_sample_until_the_centre_has_its_own(world: World) -> None:
    assert (await hear(world, "厨房煤气味好重"))["sample"] is True
    content = (await ok(world.registrar.get("/dangers/gas")))["approved"]["content"]
    await ok(world.registrar.put("/dangers/gas/draft", json=content, headers={"If-Match": '"1"'}))
    await ok(world.supervisor.put("/dangers/gas/versions/2/approval"))
    async with asyncio.timeout(10):
        while (await hear(world, "厨房煤气味好重"))["sample"]:
            await asyncio.sleep(0.01)
