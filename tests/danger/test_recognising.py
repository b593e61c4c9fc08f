"""What is recognised as a danger, and what is not."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.danger import lexemes, recognising
from app.danger.evaluation import evaluate, read_sentences
from app.danger.kinds import DangerKind
from app.danger.lexemes import plain
from app.danger.model import read_model
from app.danger.recognising import recognise, trained_model
from app.danger.training import EMERGENCIES, Sentence, count, learn, leave_out, threshold_of, write
from app.danger.words import Rules, Words, parse, read_rules
from app.knowledge.judging import KEPT_APART

RULES = read_rules()
HERE = Path(__file__).parent
LEAST_RECALL, MOST_FALSE_ALARMS, LEAST_FIRST, MOST_ORDINARY = 0.97, 0.03, 0.89, 0.035
"""As measured. The recall falls short of the goal of 0.98 (docs/decisions/0021-danger.md)."""
LEAST_AMONG, MOST_AMONG = 0.8, 0.05
"""Among three ordinary calls, as measured."""


def kinds(text: str, rules: Rules = RULES) -> list[DangerKind]:
    return [one.kind for one in recognise(text, rules)]


def rules(kind: DangerKind, *recognise_: str, take_back: tuple[str, ...] = ()) -> Rules:
    return Rules({kind: Words(recognise_, take_back)})


def test_held_out_sentences_are_recognised() -> None:
    dangers = evaluate(read_sentences(HERE / "danger.tsv"), RULES)["all"]
    harmless = evaluate(read_sentences(HERE / "harmless.tsv"), RULES)["all"]
    recall, alarms = dangers.share(dangers.told), harmless.share(harmless.told)
    figures = f"recall {recall:.3f} of {dangers.total}, false alarms {alarms:.3f} of {harmless.total}"
    assert (dangers.total, harmless.total) == (660, 1080)
    assert recall >= LEAST_RECALL, figures
    assert alarms <= MOST_FALSE_ALARMS, figures
    assert dangers.share(dangers.first) >= LEAST_FIRST, f"the kind first {dangers.share(dangers.first):.3f}"


def ordinary_calls() -> list[str]:
    rows = [line.split("\t") for line in KEPT_APART.read_text(encoding="utf-8").splitlines()[1:]]
    return [text for text, items, *_ in rows if not EMERGENCIES & set(items.split("|"))]


def test_held_out_ordinary_calls_raise_no_danger() -> None:
    texts = ordinary_calls()
    alarms = [text for text in texts if recognise(text, RULES)]
    assert len(texts) > 1_400
    assert len(alarms) <= MOST_ORDINARY * len(texts), f"{len(alarms)} of {len(texts)}: {alarms}"


def test_a_danger_among_other_matters_is_recognised() -> None:
    dice = Random(1)
    dangers = [text for _, text in read_sentences(HERE / "danger.tsv")][::5]
    ordinary = [text for text in ordinary_calls() if not recognise(text, RULES)]
    rambles = [dice.sample(ordinary, 3) for _ in dangers]
    alarms = sum(bool(recognise("，".join(ramble), RULES)) for ramble in rambles)
    for ramble, danger in zip(rambles, dangers, strict=True):
        ramble.insert(dice.randrange(4), danger)
    found = sum(bool(recognise("，".join(ramble), RULES)) for ramble in rambles)
    assert found >= LEAST_AMONG * len(dangers), f"{found} of {len(dangers)}"
    assert alarms <= MOST_AMONG * len(dangers), f"{alarms} of {len(dangers)}"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("我不想活了", DangerKind.SELF_HARM),
        ("厨房有煤气味头有点晕", DangerKind.GAS),
        ("小孩反锁在房间里炉子上烧着水", DangerKind.TRAPPED),
        ("电瓶车在楼道里冒烟", DangerKind.SMOKE),
        ("阿拉老头子嘴巴歪嘞，闲话讲弗清", DangerKind.STROKE),
        ("ｉ　ｓｍｅｌｌ　ｇａｓ", DangerKind.GAS),
        ("My grandpa fell and can't get up", DangerKind.FALL),
        ("我爸胸口痛，冒冷汗", DangerKind.CHEST_PAIN),
    ],
)
def test_each_danger_is_recognised(text: str, kind: DangerKind) -> None:
    assert kinds(text)[:1] == [kind]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("厨房煤气泄露", DangerKind.GAS),
        ("厨房煤氣洩漏", DangerKind.GAS),
        ("着火着火", DangerKind.FIRE),
        ("煤\u200b气泄\u2060漏", DangerKind.GAS),
        ("家里着\u0301火\u0336了", DangerKind.FIRE),
        ("煤.气.泄.漏", DangerKind.GAS),
        ("煤，气，泄，漏", DangerKind.GAS),
        ("着 火 了，快 来", DangerKind.FIRE),
        ("着😀火😀了快来", DangerKind.FIRE),
        ("<b>着</b>火<br/>了", DangerKind.FIRE),
        ("有人觸電了", DangerKind.ELECTRIC_WATER),
        ("我要跳樓", DangerKind.SELF_HARM),
        ("jia li zhao huo le", DangerKind.FIRE),
        ("wǒ jiā zháohuǒ le", DangerKind.FIRE),
        ("jia1li3zhao2huo3le", DangerKind.FIRE),
        ("Meiqi xielou le", DangerKind.GAS),
    ],
)
def test_spelling_hides_no_danger(text: str, kind: DangerKind) -> None:
    assert kinds(text)[:1] == [kind]


def test_spelling_hides_no_word_of_the_centres_own() -> None:
    own = rules(DangerKind.CRIME, "独角兽")
    for text in ("獨角獸", "独\u200d角\u0301兽", "独·角·兽", "独<i>角</i>兽", "独🦄角 兽"):
        assert kinds(f"这里有{text}", own) == [DangerKind.CRIME], text


@pytest.mark.parametrize("before", [280, 295, 500, 950])
def test_a_long_text_is_heard_to_its_end(before: int) -> None:
    text = ("想问一下空调清洗的价格。" * 100)[:before]
    assert kinds(text) == []
    assert DangerKind.FIRE in kinds(f"{text}家里着火了，快来救命")


@pytest.mark.parametrize(
    "text",
    [
        *("我家煤气灶打不着火", "灯泡烧了", "灯泡烧了，换一个多少钱", "打印机卡纸了", "门打不开", "电梯", "我", "喂"),
        *("", " ", "\x00", "。", "...", "помогите"),
    ],
)
def test_similar_sounding_calls_are_no_danger(text: str) -> None:
    assert kinds(text) == []


@given(st.text(max_size=400) | st.text("煤气着火快救命打我\u200b😀\x00\u202e'a ", max_size=400))
def test_any_text_has_an_answer(text: str) -> None:
    found = recognise(text, RULES)
    assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)
    assert all(0 < one.confidence <= 1 for one in found)
    assert len({one.kind for one in found}) == len(found)


def test_only_the_beginning_of_a_huge_text_is_read() -> None:
    assert kinds("着火了快来救命" + "！" * 100_000)[:1] == [DangerKind.FIRE]


def test_a_taken_back_phrase_hides_no_other_danger() -> None:
    words = rules(DangerKind.FIRE, "火 + 窗帘", "着火", take_back=("发火 + 窗帘",))
    assert DangerKind.FIRE not in kinds("他发火扯了窗帘", words)
    assert DangerKind.FIRE in kinds("他发火扯了窗帘，现在房子着火了", words)


def test_a_taken_back_kind_is_not_recognised_by_the_trained_model() -> None:
    assert kinds("厨房一股煤气味", Rules({}))[:1] == [DangerKind.GAS]
    assert DangerKind.GAS not in kinds("厨房一股煤气味", rules(DangerKind.GAS, "没有这回事", take_back=("煤气味",)))


def test_a_centres_own_word_is_enough() -> None:
    assert kinds("这里有独角兽", Rules({})) == []
    assert kinds("这里有独角兽", rules(DangerKind.CRIME, "独角兽")) == [DangerKind.CRIME]


def test_latin_words_are_whole_words_and_dots_stand_for_a_few() -> None:
    english, gap = parse("on fire"), parse("叫…不应")
    assert english.finds(plain("屋子ON  FIRE了".replace("  ", " ")))
    assert not english.finds("on firewood")
    assert gap.finds(plain("阿爷叫其弗应"))
    assert not gap.finds("叫他来。说好了又不应")


@pytest.mark.parametrize("pattern", ["", " ", "火", "+", "着火+", "着火/", "a+/b", "火/着火"])
def test_an_invalid_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"'.*': "):
        parse(pattern)


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"7000\tx\t1\n",
        b"1\t2\t3\nfire\t1\n",
        b"\xff\xfe",
        b"1\t2\t3\nfire\t1\t1\tz9\n",
        b"1\t2\t3\nfire\t0\t1\t\n",
    ],
)
def test_without_what_was_learned_words_alone_tell(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "weights.tsv"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setattr(recognising, "trained_model", lambda: trained_model(file))
    assert recognise("我们家着火了", RULES)[0].kind == DangerKind.FIRE
    assert recognise("我要交电费", RULES) == []
    assert "words alone" in caplog.text


def test_what_was_learned_is_read_as_it_was_written(tmp_path: Path) -> None:
    texts = [
        (DangerKind.FIRE if number % 2 else None, writer, f"{said}{end}")
        for writer in ("1", "2")
        for number, said in enumerate(["多少钱一次", "房子着火了", "哪里可以修", "厨房着火"])
        for end in ("", "啊", "，快点")
    ]
    known = count(Sentence(*one) for one in texts)
    writers = list(leave_out(known))
    threshold = threshold_of(writers)
    assert [(writer.name, writer.recall(threshold)) for writer in writers] == [("1", 1.0), ("2", 1.0)]
    write(learn(known), threshold, tmp_path / "weights.tsv")
    learned = read_model(tmp_path / "weights.tsv")
    heard = {text: learned.find_lexemes(lexemes.lexemes(text)) for text in ("商店着火", "多少钱")}
    assert learned.likelihood(heard["商店着火"]) > learned.likelihood(heard["多少钱"])
    assert max(learned.kinds(heard["商店着火"]).items(), key=lambda one: one[1])[0] == DangerKind.FIRE
