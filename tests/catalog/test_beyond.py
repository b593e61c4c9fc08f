"""Recognising other districts and cities in an address."""

import pytest

from app.catalog.beyond import named_beyond


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("江北区外滩", "江北区"), ("余姚丈亭", "余姚"), ("杭州西湖区", "杭州"), ("鄞州区下应街道3号", "鄞州区"),
        ("宁波市镇海区3号", "镇海区"), ("我在慈溪浒山", "慈溪"), ("浙江省宁海县跃龙街道", "宁海县"),
        ("宁波鄞州", "鄞州"), ("江苏省南京市鼓楼区", "南京市"), ("我妈住北仑", "北仑"), ("象山石浦", "象山"),
        ("奉化溪口", "奉化"),
        ("上海市浦东新区", "上海市"), ("澄浪社区，不对，是江北区", "江北区"),
    ],
)  # fmt: skip
def test_another_district_is_named(address: str, named: str) -> None:
    assert [found.found_in for found in named_beyond(address)] == [named]


@pytest.mark.parametrize(
    "address",
    [
        "余姚路12号", "鄞州大道9号", "杭州湾路1号", "江北大道3号",
        "象山港路8号", "奉化江边3号", "北京路2号", "长春路5号",
        "鄞州银行楼上", "余姚人3幢", "南京西路3号", "慈溪市场路1号", "3幢余姚菜馆旁",
        "镇海支路7号", "江北岸12号", "3幢江北区域",
        "鄞江镇鄞江村", "西湖社区2幢", "",
    ],
)  # fmt: skip
def test_a_place_named_after_another_district_is_not_outside(address: str) -> None:
    assert list(named_beyond(address)) == []
