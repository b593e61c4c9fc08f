"""Variants of a name compare as equal, in Python and in PostgreSQL; the name is stored as it was written."""

import random
from typing import Any
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from app.kit.names import same_form
from app.kit.phones import Phone
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
    """For all characters that both know, because Unicode grows with each version of Python and of PostgreSQL."""
    every = [*range(1, 0xD800), *range(0xE000, 0x10000), *range(0xE0100, 0xE01F0)]
    async with world.context.db.begin() as tx:
        known = await tx.driver.fetch("SELECT p FROM unnest($1::int[]) p WHERE unicode_assigned(chr(p))", every)
    points = [point for (point,) in known if category(chr(point)) != "Cn"]
    texts = [*WRITINGS, *("x".join(map(chr, points[begin : begin + 500])) for begin in range(0, len(points), 500))]
    async with world.context.db.begin() as tx:
        for text in texts:
            assert await tx.driver.fetchval("SELECT same_form($1)", text) == same_form(text)


@pytest.mark.parametrize("q", [*WRITINGS, "（宁波）开锁", "91330203MA2AF0001A", "MA2AF0001", "ma2af000-1"])
async def test_a_provider_is_found_and_known_as_a_duplicate_in_any_writing(world: World, q: str) -> None:
    provider = await world.add_provider(DRAIN)
    async with world.context.db.begin() as tx:
        await tx.driver.execute("UPDATE providers SET uscc = '91330203MA2AF0001A'")
    rename = {"name": WRITINGS[0]}
    await ok(world.registrar.patch(f"/providers/{provider.id}", json=rename, headers={"If-Match": '"1"'}))
    found = (await ok(world.registrar.get("/providers", params={"q": q})))["items"]
    assert [(one["id"], one["name"]) for one in found] == [(str(provider.id), WRITINGS[0])]
    if q in WRITINGS:
        body = application(name=q)
        problem = await refused(world.anonymous.post("/public/applications", json=body), 409, "provider_known")
        assert problem["same"] == "name"


ALIKE = {"(": "（[【〔<《", ")": "）]】〕>》", "-": "－–—‐", "·": "•・‧"}
BETWEEN = ["", "", "", " ", "　", "\u200b", "\ufeff", "\u00a0", "\u2060"]


def written(text: str, rng: random.Random) -> str:
    """Return the text as somebody else might write it."""
    characters = []
    for character in text:
        full = chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character
        other = rng.choice([character, full, *ALIKE.get(character, ())])
        characters += [rng.choice([other, other.upper(), other.lower()]), rng.choice(BETWEEN)]
    return "".join(characters)[:50]


async def found(world: World, path: str, q: str, **wanted: str) -> list[Any]:
    """Return what the list finds for it."""
    answer = await ok(world.operator.get(path, params={"q": q, **wanted}))
    return list(answer["items"] if isinstance(answer, dict) else answer)


async def test_every_search_finds_a_name_in_any_writing(world: World) -> None:
    rng = random.Random(14)
    provider = await world.add_provider(DRAIN)
    rename = {"name": "海曙阿里·安顺(Home)开锁"}
    await ok(world.registrar.patch(f"/providers/{provider.id}", json=rename, headers={"If-Match": '"1"'}))
    code = (await ok(world.registrar.get(f"/providers/{provider.id}")))["uscc"]
    facts = {"contact_name": "阿依古丽·买买提", "address": "段塘(东)A座-302", "description": "水管爆了 PVC管"}
    made = (await world.dispatch(DRAIN, phone="13957412345", **facts))["request"]
    for _ in range(12):
        for text in ("阿里·安顺(home)", code, code[8:17]):
            [one] = await found(world, "/providers", written(text, rng))
            assert (one["id"], one["name"]) == (str(provider.id), rename["name"])
        for text in ("古丽·买买提", "段塘(东)a座-302", "水管爆了pvc", "13957412345", str(made["number"])):
            assert [one["id"] for one in await found(world, "/requests", written(text, rng))] == [made["id"]]
        for text in ("13957412345", "+8613957412345"):
            phone = written(text, rng)
            assert (await ok(world.operator.get(f"/citizens/{phone}")))["phone"] == "13957412345"
            listed = await ok(world.operator.get("/requests", params={"citizen_phone": phone}))
            assert [one["id"] for one in listed["items"]] == [made["id"]]
        assert "PE02" in [item["code"] for item in await found(world, "/items", written("通下水道", rng))]
        assert "330203001001" in [
            place["code"] for place in await found(world, "/communities", written("澄浪社区", rng))
        ]
    shown = await ok(world.operator.get(f"/requests/{made['id']}"))
    assert (shown["description"], shown["contact_name"]) == (facts["description"], "阿" + "*" * 7)


async def test_searches_by_words_are_refused_to_managers_and_audited(world: World) -> None:
    await refused(world.manager.get("/requests", params={"q": "王"}), 403, "not_allowed")
    await ok(world.operator.get("/requests", params={"q": "王"}))
    [entry] = (await ok(world.admin.get("/audit", params={"subject": "requests"})))["items"]
    assert entry["action"] == "personal_data.revealed"
    for nothing in ("\u200b", " "):
        assert await found(world, "/requests", nothing) == []


PHONES = [
    "１３９５７４１２３４５", "139-5741-2345", "139 5741 2345", "139.5741.2345", "+86 139 5741 2345",
    "0086-13957412345", "8613957412345", "（+86）13957412345", "139\u200b57412345", "\u202d13957412345\u202c",
    "013957412345",
]  # fmt: skip


@pytest.mark.parametrize("typed", PHONES)
async def test_a_phone_number_has_one_form_for_citizens_and_providers(world: World, typed: str) -> None:
    first = (await world.dispatch(DRAIN))["request"]
    caller = await ok(world.operator.get(f"/citizens/{typed}"))
    assert [one["id"] for one in caller["open_requests"]] == [first["id"]]
    provider = await world.add_provider(DRAIN)
    edit = {"phone": typed}
    edited = await ok(world.registrar.patch(f"/providers/{provider.id}", json=edit, headers={"If-Match": '"1"'}))
    assert edited["phone"] == "13957412345"


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("（0574）8712 3456", "057487123456"),
        ("+86 574 8712 3456", "057487123456"),
        ("+86-(0)574-87123456", "057487123456"),
        ("86-0574-87123456", "057487123456"),
        ("010 6512 3456", "01065123456"),
        ("8612 3456", "057486123456"),
    ],
)
def test_a_fixed_line_is_one_number_too(typed: str, phone: str) -> None:
    assert TypeAdapter(Phone).validate_python(typed) == phone
