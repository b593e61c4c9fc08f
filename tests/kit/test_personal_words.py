"""Masking personal data in what somebody said."""

import pytest

from app.kit.personal import mask_free_text


@pytest.mark.parametrize(
    ("told", "hidden"),
    [
        ("我叫王建国", "王建国"),
        ("他叫小芳", "小芳"),
        ("我姓陈", "陈"),
        ("李女士要坐", "李"),
        ("电话13957412345", "1395741"),
        ("０５７４ 87651234", "8765"),
        ("打 139 5741 2345", "5741"),
        ("一三九五七四幺二三四五", "五七四"),
        ("身份证33020319800101123X丢了", "123X"),
        ("住在柳汀街230号", "柳汀"),
        ("地址是南门三市路5号", "三市"),
        ("三号楼二单元", "三"),
        ("My name is John Smith and", "Smith"),
        ("12 Zhongshan Road", "Zhongshan"),
        ("写信到 a.b@c.cn", "a.b@"),
    ],
)
def test_personal_words_are_masked(told: str, hidden: str) -> None:
    masked = mask_free_text(told)
    assert hidden not in masked
    assert len(masked) == len(told)


@pytest.mark.parametrize(
    "told", ["叫个阿姨来拖地", "叫辆车去机场", "住院陪护要多少钱", "马桶堵了", "my toilet is blocked"]
)
def test_words_about_the_work_are_kept(told: str) -> None:
    assert mask_free_text(told) == told
