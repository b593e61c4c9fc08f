"""Finds districts, counties and cities in an address that lie outside the district that the centre serves."""

import re
from collections.abc import Iterator

from app.catalog.gazetteer import AROUND, Entry, Found, Known

YINZHOU = "330212"
"""The district that the western townships belonged to until 2016. Many people still write its name before theirs."""

_DISTRICTS = {
    "江北": ("330205", "区", "Jiangbei District"), "北仑": ("330206", "区", "Beilun District"),
    "镇海": ("330211", "区", "Zhenhai District"), "鄞州": (YINZHOU, "区", "Yinzhou District"),
    "奉化": ("330213", "区", "Fenghua District"), "象山": ("330225", "县", "Xiangshan County"),
    "宁海": ("330226", "县", "Ninghai County"), "余姚": ("330281", "市", "Yuyao"), "慈溪": ("330282", "市", "Cixi"),
}  # fmt: skip
_CITIES = {
    "北京": ("110000", "Beijing"), "天津": ("120000", "Tianjin"), "上海": ("310000", "Shanghai"),
    "重庆": ("500000", "Chongqing"), "石家庄": ("130100", "Shijiazhuang"), "太原": ("140100", "Taiyuan"),
    "沈阳": ("210100", "Shenyang"), "大连": ("210200", "Dalian"), "长春": ("220100", "Changchun"),
    "哈尔滨": ("230100", "Harbin"), "南京": ("320100", "Nanjing"), "无锡": ("320200", "Wuxi"),
    "常州": ("320400", "Changzhou"), "苏州": ("320500", "Suzhou"), "南通": ("320600", "Nantong"),
    "扬州": ("321000", "Yangzhou"), "杭州": ("330100", "Hangzhou"), "温州": ("330300", "Wenzhou"),
    "嘉兴": ("330400", "Jiaxing"), "湖州": ("330500", "Huzhou"), "绍兴": ("330600", "Shaoxing"),
    "金华": ("330700", "Jinhua"), "义乌": ("330782", "Yiwu"), "衢州": ("330800", "Quzhou"),
    "舟山": ("330900", "Zhoushan"), "台州": ("331000", "Taizhou"), "丽水": ("331100", "Lishui"),
    "合肥": ("340100", "Hefei"), "福州": ("350100", "Fuzhou"), "厦门": ("350200", "Xiamen"),
    "南昌": ("360100", "Nanchang"), "济南": ("370100", "Jinan"), "青岛": ("370200", "Qingdao"),
    "郑州": ("410100", "Zhengzhou"), "武汉": ("420100", "Wuhan"), "长沙": ("430100", "Changsha"),
    "广州": ("440100", "Guangzhou"), "深圳": ("440300", "Shenzhen"), "东莞": ("441900", "Dongguan"),
    "成都": ("510100", "Chengdu"), "贵阳": ("520100", "Guiyang"), "昆明": ("530100", "Kunming"),
    "西安": ("610100", "Xi'an"),
}  # fmt: skip
_KNOWN = {name: (code, f"宁波市{name}{kind}" if kind == "区" else name + kind, f"{en}, Ningbo" if kind == "区" else en)
          for name, (code, kind, en) in _DISTRICTS.items()} | {
    name: (code, f"{name}市", en) for name, (code, en) in _CITIES.items()
}  # fmt: skip
_NAMED = re.compile(
    rf"({'|'.join(_KNOWN)})([区市县](?![场学域政民])|)"
    r"(?![东南西北中]{0,2}[一二三四五六]?(?:路|街(?!道)|巷|弄|大道|支路)|[湾港江岸桥人话菜]|银行|市场|新村|小区|花园|大厦|宾馆|饭店|商会|杨梅)"
)
_BEFORE = re.compile(r"浙江省?|宁波市?|[\u4e00-\u9fff]{2,3}省")


def named_beyond(address: str) -> Iterator[Found]:
    """Yield the other districts and cities that the address names.

    A name counts anywhere if 区, 市 or 县 follows it, otherwise only at the beginning. Roads and rivers named after a
    city do not count.
    """
    said = set()
    for found in _NAMED.finditer(address):
        before = AROUND.sub("", _BEFORE.sub("", address[: found.start()]))
        code, zh, en = _KNOWN[found[1]]
        if (found[2] or not before) and code not in said:
            said.add(code)
            yield Found(Entry(Known.OUTSIDE, code, zh, en, "", None, None, None), 1.0, found[0], "")
