"""The same name is the same name, in Python and in PostgreSQL; what was written is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.names import same_form
from tests.registry.applications import application
from tests.world import DRAIN, World, ok, refused

WRITINGS = [
    "海曙安顺(宁波)开锁ABC",
    "海曙安顺（宁波）开锁ＡＢＣ",
    "海曙安顺【宁波】开锁abc",
    " 海曙 安顺（宁波）　开锁Abc ",
    "海\u200b曙安\ufeff顺(宁\u202d波\u202c)开锁ABC",
    "海曙安顺〔宁波〕开锁A\u00a0B\u2060C",
]


def test_all_writings_of_a_name_share_one_form() -> None:
    assert {same_form(writing) for writing in WRITINGS} == {"海曙安顺(宁波)开锁abc"}
    assert same_form("阿里·买买提") == same_form("阿里•买买提") == same_form("阿里・买买提")
    assert same_form("安顺一店") != same_form("安顺二店")


@given(st.text())
def test_a_form_has_no_other_form(text: str) -> None:
    assert same_form(same_form(text)) == same_form(text)


async def test_the_database_gives_the_same_form(world: World) -> None:
    points = [*range(1, 0xD800), *range(0xE000, 0x10000), *range(0xE0100, 0xE01F0)]
    texts = [*WRITINGS, *("x".join(map(chr, points[begin : begin + 500])) for begin in range(0, len(points), 500))]
    async with world.context.db.begin() as tx:
        for text in texts:
            assert await tx.driver.fetchval("SELECT same_form($1)", text) == same_form(text)


@pytest.mark.parametrize("q", [*WRITINGS, "（宁波）开锁", "91330203MA2AF0001A", "MA2AF0001", "ma2af000-1"])
async def test_a_firm_is_found_and_told_as_a_double_however_it_is_written(world: World, q: str) -> None:
    firm = await world.add_provider(DRAIN)
    async with world.context.db.begin() as tx:
        await tx.driver.execute("UPDATE providers SET uscc = '91330203MA2AF0001A'")
    rename = {"name": WRITINGS[0]}
    await ok(world.registrar.patch(f"/providers/{firm.id}", json=rename, headers={"If-Match": '"1"'}))
    found = (await ok(world.registrar.get("/providers", params={"q": q})))["items"]
    assert [(one["id"], one["name"]) for one in found] == [(str(firm.id), WRITINGS[0])]
    if q in WRITINGS:
        body = application(name=q)
        problem = await refused(world.anonymous.post("/public/applications", json=body), 409, "firm_known")
        assert problem["same"] == "name"
