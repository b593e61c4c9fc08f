import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.uscc import (
    CHARACTERS,
    Former,
    bare,
    check_character,
    former_kind,
    is_possible,
    is_valid,
    organisation_check,
    organisation_code,
)
from tests.registry.applications import application, apply
from tests.world import World, ok, refused

BODIES = st.builds(
    "{}{}{}".format,
    st.text(CHARACTERS, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(CHARACTERS, min_size=9, max_size=9),
)


@pytest.mark.parametrize(
    "code",
    ["91350100M000100Y43", "91330100799655058B", "9144030071526726XG", "914403001922038216", "91110000802100433B"],
)
def test_published_codes_check(code: str) -> None:
    assert is_valid(code)
    assert is_possible(code)


@pytest.mark.parametrize(
    "body",
    [
        "00000000000000000",  # no authority
        "B1330203MA2AF0001",
        "94330203MA2AF0001",  # the market's authority registers no such type
        "Y2330203MA2AF0001",
        "91000000MA2AF0001",  # no province
        "91160203MA2AF0001",
        "91990203MA2AF0001",
        "91338803MA2AF0001",  # no prefecture
    ],
)
def test_an_impossible_authority_type_or_region_is_noticed(body: str) -> None:
    code = body + check_character(body)
    assert is_valid(code)
    assert not is_possible(code)


@pytest.mark.parametrize("body", ["54330203MA2AF0001", "91320594MA2AF0001", "11990000MA2AF0001", "N2330203MA2AF0001"])
def test_committees_development_zones_and_the_corps_are_possible(body: str) -> None:
    assert is_possible(body + check_character(body))


@given(BODIES, st.data())
def test_one_wrong_character_is_noticed(body: str, data: st.DataObject) -> None:
    code = body + check_character(body)
    assert is_valid(code)
    place = data.draw(st.integers(0, 17))
    wrong = data.draw(st.sampled_from([character for character in CHARACTERS if character != code[place]]))
    assert not is_valid(code[:place] + wrong + code[place + 1 :])


@given(BODIES, st.integers(0, 16))
def test_two_neighbours_swapped_are_noticed(body: str, place: int) -> None:
    code = body + check_character(body)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert is_valid(swapped) == (swapped == code)


@pytest.mark.parametrize(
    "code",
    ["", "91330100799655058", "91330100799655058B ", "91330100799655058b", "9133O100799655058B", "91３30100799655058B"],
)
def test_malformed_codes_are_not_valid(code: str) -> None:
    assert not is_valid(code)


def test_a_malformed_body_has_no_check_character() -> None:
    with pytest.raises(ValueError, match="Unified Social Credit Code"):
        check_character("913301007996550I8")


@pytest.mark.parametrize(
    ("code", "kind", "inner"),
    [
        ("79965505-8", Former.ORGANISATION, "799655058"),
        ("71526726Ｘ", Former.ORGANISATION, "71526726X"),
        ("3301 0079 9655 058", Former.TAX, "799655058"),
        ("440301103097413", Former.REGISTRATION, None),
        ("440301103448669", Former.REGISTRATION, None),
        ("440301103097414", None, None),  # check digit
        ("79965505-9", None, None),
        ("91330100799655058B", None, "799655058"),
    ],
)
def test_former_codes_are_known_by_their_check_characters(code: str, kind: Former | None, inner: str | None) -> None:
    assert (former_kind(bare(code)), organisation_code(bare(code))) == (kind, inner)


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=8, max_size=8), st.data())
def test_one_wrong_character_of_an_organisation_code_is_noticed(base: str, data: st.DataObject) -> None:
    code = base + organisation_check(base)
    assert former_kind(code) is Former.ORGANISATION
    place = data.draw(st.integers(0, 7))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != code[place]]))
    different = (int(other, 36) - int(code[place], 36)) % 11 != 0
    assert (former_kind(code[:place] + other + code[place + 1 :]) is None) == different


OURS = "91330203799655058"
OURS += check_character(OURS)
BRANCH = "93330212799655058"
WRITINGS = [OURS.lower(), f" {OURS[:8]}-{OURS[8:16]}－{OURS[16:]}", "".join(chr(ord(one) + 0xFEE0) for one in OURS)]


@pytest.mark.parametrize("typed", WRITINGS)
async def test_a_code_is_kept_in_one_writing(world: World, typed: str) -> None:
    provider = await apply(world, uscc=f"{typed}\u200b")
    assert provider["uscc"] == OURS


@pytest.mark.parametrize("code", [*WRITINGS, "79965505-8", "330203799655058", "330212799655058"])
async def test_a_provider_is_found_and_known_as_a_duplicate_by_former_codes(world: World, code: str) -> None:
    provider = await apply(world, uscc=OURS)
    [found] = (await ok(world.registrar.get("/providers", params={"q": code})))["items"]
    assert found["id"] == provider["id"]
    problem = await refused(world.registrar.post("/providers", json=application(2, uscc=code)), 409, "provider_exists")
    assert (problem["id"], problem["same"]) == (provider["id"], ["uscc"])
    known = await refused(
        world.anonymous.post("/public/applications", json=application(2, uscc=code)), 409, "provider_known"
    )
    assert known["same"] == "credit code"


async def test_one_organisation_code_is_one_provider_wherever_it_is_registered(world: World) -> None:
    await apply(world, uscc=OURS)
    branch = application(2, uscc=BRANCH + check_character(BRANCH))
    await refused(world.registrar.post("/providers", json=branch), 409, "provider_exists")


@pytest.mark.parametrize(
    ("code", "zh"),
    [("79965505-8", "组织机构代码"), ("330203799655058", "税务登记号"), ("440301103097413", "工商注册号")],
)
async def test_a_former_code_of_no_known_provider_is_refused_by_its_kind(world: World, code: str, zh: str) -> None:
    for client, path in ((world.registrar, "/providers"), (world.anonymous, "/public/applications")):
        chinese = {"Accept-Language": "zh-CN"}
        answer = client.post(path, json=application(uscc=code), headers=chinese)
        assert f"旧的{zh}" in (await refused(answer, 422, "former_code"))["title"]


async def test_a_waiting_application_counts_as_a_duplicate(world: World) -> None:
    await ok(world.anonymous.post("/public/applications", json=application(uscc=OURS)))
    again = application(2, uscc="330203799655058")
    await refused(world.anonymous.post("/public/applications", json=again), 409, "provider_known")
