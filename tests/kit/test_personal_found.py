"""Phone numbers, identity-card numbers and names in free text: what is found, what stays, and how it is masked."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.personal import mask_phone
from app.kit.personal_words import find_personal, mask_personal

PHONES = [
    ("电话13957412345", "电话139****2345"),
    ("打139 5741 2345找我", "打139****2345找我"),
    ("139-5741-2345", "139****2345"),
    ("139.574.12345", "139****2345"),
    ("+86 139 5741 2345", "+86****2345"),
    ("0086-13957412345", "008****2345"),
    ("8613957412345", "861****2345"),
    ("１３９５７４１２３４５。", "139****2345。"),
    ("１３９－５７４１－２３４５", "139****2345"),
    ("١٣٩٥٧٤١٢٣٤٥", "139****2345"),
    ("139\u200b5741\u200b2345", "139****2345"),
    ("微信wx13957412345", "微信wx139****2345"),
    ("幺三九五七四幺二三四五", "139****2345"),
    ("0574-87123456", "057****3456"),
    ("(0574)8712 3456", "057****3456"),
    ("（０５７４）８７１２３４５６", "057****3456"),
    ("0574 8712-3456转801", "057****3456,***"),
    ("57487123456", "574****3456"),
    ("574-87123456", "574****3456"),
    ("家里87123456", "家里87****56"),
    ("家里8712 3456", "家里87****56"),
    ("座机8712-3456", "座机87****56"),
    ("电话8712345", "电话8****45"),
    ("010-65123456", "010****3456"),
    ("+852 9123 4567", "+85****4567"),
    ("2026-11-29 13957412345", "2026-11-29 139****2345"),
    ("3幢301 13957412345", "3幢301 139****2345"),
    ("13957412345，87123456", "139****2345，87****56"),
    ("13957412345/13800000009", "139****2345/138****0009"),
    ("打110还是13957412345", "打110还是139****2345"),
    ("13957412345元", "139****2345元"),
]


@pytest.mark.parametrize(("text", "masked"), PHONES)
def test_phone_numbers_are_found_in_every_form(text: str, masked: str) -> None:
    assert mask_personal(text) == masked
    assert {found.kind for found in find_personal(text)} == {"phone"}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("身份证330203198001011237", "身份证33****37"),
        ("33020319800101116X", "33****6X"),
        ("３３０２０３１９８００１０１１１６Ｘ", "33****6X"),
        ("330203 19800101 116x", "33****6X"),
        ("330203800101123", "33****23"),
        ("身份证号码：330203198001011230", "身份证号码：33****30"),
    ],
)
def test_identity_card_numbers_are_found(text: str, masked: str) -> None:
    assert mask_personal(text) == masked
    assert [found.kind for found in find_personal(text)] == ["id_number"]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("王阿姨家水管堵了", "王**家水管堵了"),
        ("找李先生", "找李**"),
        ("张师傅来过", "张**来过"),
        ("欧阳先生要", "欧***要"),
        ("联系陈秀英女士", "联系陈****"),
        ("我叫王建国，住三楼", "我叫王**，住三楼"),
        ("我叫王英住三楼", "我叫王*住三楼"),
        ("姓名：赵小明", "姓名：赵**"),
        ("联系人:阿依古丽", "联系人:阿***"),
        ("户主是周伟的房子", "户主是周*的房子"),
        ("我是李建国。", "我是李**。"),
        ("My name is John Smith and", "My name is J********* and"),
        ("ask Mr. Smith", "ask Mr. S****"),
    ],
)
def test_names_are_found_where_the_words_say_so(text: str, masked: str) -> None:
    assert mask_personal(text) == masked
    assert [found.kind for found in find_personal(text)] == ["name"]


def test_recorded_names_are_found_wherever_they_stand() -> None:
    assert mask_personal("钥匙在秀英那里，王秀英不在", ["王秀英", None]) == "钥匙在秀英那里，王**不在"
    assert mask_personal("物业说堵了", ["物业"]) == "物业说堵了"


@pytest.mark.parametrize(
    "text",
    [
        "拨打110、119、120或者12345",
        "打12345转接",
        "客服400-820-8820和95588",
        "客服4008208820",
        "中心电话81890",
        "2026-11-29上午",
        "20261129",
        "20261129前完成",
        "2026年11月29日 08:00-20:00",
        "2019-2026年",
        "请求100123",
        "订单号87123456",
        "快递单号 773012345678901",
        "工单2026112900017",
        "户号3301234567",
        "订单202611291234567890",
        "预算8000-9000元",
        "预算8000-9000",
        "15000-200000元",
        "共32000000",
        "报价45678901元",
        "每月1280.50元",
        "用水87123456吨",
        "88平米，3室2厅",
        "澄浪路88弄12号302室",
        "型号ABC-87123456",
        "条码6901234567890",
        "浙B12345",
        "330203198001011230",
        "999999800101123",
        "0193a7b2-4871-8923-9abc-87123456abcd",
        "马桶堵了",
        "叫个师傅来",
        "派单师傅说明天来",
        "保安师傅在门口",
        "谢谢阿姨",
        "让班主任知道",
        "买牛奶奶粉",
        "我叫了师傅",
        "我叫车去机场",
        "我是住在三楼的",
        "my toilet is blocked",
    ],
)
def test_other_numbers_and_words_stay(text: str) -> None:
    assert find_personal(text) == []
    assert mask_personal(text) == text


def test_places_are_counted_in_characters() -> None:
    text = "😀王阿姨 电话１３９５７４１２３４５"
    assert [(word.kind, text[word.start : word.end]) for word in find_personal(text)] == [
        ("name", "王阿姨"), ("phone", "１３９５７４１２３４５"),
    ]  # fmt: skip


@given(st.text("0123456789", min_size=1, max_size=20))
def test_four_digits_are_hidden_however_long_the_number(number: str) -> None:
    shown = mask_phone(number).replace("*", "")
    assert len(shown) <= max(0, len(number) - 4)


@given(st.text("0123456789０幺三 -()+转号室元年电话王阿姨我叫，", max_size=60))
def test_what_was_masked_holds_no_number_any_more(text: str) -> None:
    found = find_personal(text)
    assert all(0 <= word.start < word.end <= len(text) for word in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert not [word for word in find_personal(mask_personal(text)) if word.kind == "id_number"]
