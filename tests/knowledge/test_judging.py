"""Accuracy figures of suggestions, and how far labellers agree."""

from pathlib import Path

import pytest

from app.knowledge.judging import LabelledSentence, SentencesInvalid, agreements, judge, kappa, read_labelled

ITEMS = {"PE01", "PE02", "LS01"}


def test_hits_and_false_offers_are_counted_by_voice_and_category() -> None:
    answers = {"a": ["PE01"], "b": ["LS01", "PE02"], "c": [], "d": ["PE01"], "e": []}
    told = [
        LabelledSentence("a", {"PE01"}, "elder", "PE01"),
        LabelledSentence("b", {"PE02"}, "elder", "PE02"),
        LabelledSentence("c", {"LS01"}, "typo", "LS01"),
        LabelledSentence("d", set(), "typo", "none"),
        LabelledSentence("e", set(), "typo", "none"),
    ]
    judged = judge(told, lambda text: [(code, 0.9) for code in answers[text]])
    assert judged.all.shares == (1 / 3, 2 / 3, 1 / 2)
    assert judged.voices["elder"].shares == (1 / 2, 1.0, 0.0)
    assert (judged.categories["PE"].covered, judged.categories["none"].offered) == (2, 1)
    assert [miss.told.words for miss in judged.misses] == ["d", "c", "b"]


def test_an_item_is_right_if_the_writer_meant_it_or_all_labellers_named_it(tmp_path: Path) -> None:
    file = tmp_path / "told.tsv"
    file.write_text(
        "sentence\titem\tvoice\tone\ttwo\n"
        "堵了\tPE01\telder\tPE02|PE01\tPE02\n"
        "喂\tnone\ttypo\tnone\tLS01\n"
        "锁\tLS01|PE01\tkeyword\tLS01\tLS01\n",
        encoding="utf-8",
    )
    told = read_labelled(file, ITEMS)
    assert [one.items for one in told] == [{"PE01", "PE02"}, set(), {"LS01", "PE01"}]
    found = agreements(told)
    assert found.keys() == {"writer and labeller 1", "writer and labeller 2", "labeller 1 and labeller 2"}
    assert found["labeller 1 and labeller 2"][:2] == (2 / 3, 2 / 3)
    assert found["writer and labeller 1"].met == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"a sentence alone", ":1: "), (b"x\tPE01\ty\nx\tXX99\ty", ":2: no item XX99"), (b"\xff\t", "utf-8")],
)
def test_an_unreadable_file_is_refused_with_the_reason(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "told.tsv").write_bytes(content)
    with pytest.raises(SentencesInvalid, match=words):
        read_labelled(tmp_path / "told.tsv", ITEMS)


def test_kappa_is_agreement_beyond_chance() -> None:
    assert kappa([("a", "a"), ("b", "b")]) == 1
    assert kappa([("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")]) == 0
    assert kappa([("a", "a")]) == 1
