import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.uscc import CHARACTERS, check_character, is_possible, is_valid

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
