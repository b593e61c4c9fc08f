"""What is recognised as a danger, and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.danger.kinds import DangerKind
from app.danger.recognising import recognise
from app.danger.words import Rules, Words, parse, read_rules

RULES = read_rules()


def rules(kind: DangerKind, *recognise_: str, take_back: tuple[str, ...] = ()) -> Rules:
    return Rules({kind: Words(recognise_, take_back)})


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    assert isinstance(recognise(text, RULES), list)


def test_what_is_taken_back_hides_no_danger_beside_it() -> None:
    words = rules(DangerKind.FIRE, "火/着火 + 大/火", take_back=("发火 + 大",))
    assert not recognise("他发火，声音大", words)
    assert [one.kind for one in recognise("他发火，房子着火了", words)] == [DangerKind.FIRE]


def test_latin_words_are_whole_words() -> None:
    words = rules(DangerKind.FIRE, "on fire")
    assert recognise("屋子ON FIRE了", words)
    assert not recognise("on firewood", words)


@pytest.mark.parametrize("pattern", ["", " ", "火", "+", "着火+", "着火/", "a+/b", "火/着火"])
def test_a_pattern_that_says_nothing_is_none(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"'.*': "):
        parse(pattern)
