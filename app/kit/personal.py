"""Masks personal data for people who do not need to know it."""

import re
from typing import overload


@overload
def mask_phone(phone: str) -> str: ...
@overload
def mask_phone(phone: str | None) -> str | None: ...
def mask_phone(phone: str | None) -> str | None:
    """Mask a phone number so that two callers can be told apart but not called: 138****5678, 057****1234,***, 87****56.

    At least four digits are hidden, or all if there are fewer.
    """
    if phone is None:
        return None
    number, comma, _ = phone.partition(",")
    digits = number.removeprefix("+")
    kept = max(0, len(digits) - 4)
    begin = number[: len(number) - len(digits) + min(3, kept // 2)] if len(digits) < 11 else number[:3]
    end = digits[len(digits) - min(4, kept - kept // 2) :] if kept else ""
    masked = f"{begin}****{end}" if kept else "****"
    return f"{masked},***" if comma else masked


def mask_name(name: str | None) -> str | None:
    """Mask a name except for its first character, usually the surname: 王**."""
    return name and name[0] + "*" * max(1, len(name) - 1)


def mask_text(text: str) -> str:
    """Mask an address except for its first three characters, which help to distinguish it from others."""
    return f"{text[:3]}***"


def hide(said: object) -> str:
    """Mask what somebody said entirely, because any word of it may identify them."""
    return "***"


SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵汪祁毛禹狄米贝明臧计伏成戴宋茅庞熊纪舒屈"
    "项祝董梁杜阮蓝闵席季贾路娄江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫房裘缪解应宗丁宣邓洪包诸左石崔吉龚程邢裴"
    "陆荣翁荀甄曲封储靳段焦侯宓全班秋仲宫宁仇栾甘厉戎祖武符刘景詹束龙叶幸司黎薄印白蒲邰赖卓屠蒙池乔闻党翟谭劳冉宰桑桂濮牛"
    "寿边扈燕尚农温庄晏柴瞿阎充慕连茹习宦艾鱼容向古易廖庾衡步都耿满弘匡国文寇广欧沃利蔚越隆师巩聂晁敖融訾辛阚那简饶曾沙鞠丰"
    "关查竺游权盖益桓肖"
)
_HAN = "[\u4e00-\u9fff]"
_TOLD = tuple(
    re.compile(pattern)
    for pattern in (
        r"()([\w.+-]+@[\w.-]+)",
        r"()([0-9][0-9 ()·-]*[0-9xX]|[0-9])",
        r"()([零〇一二三四五六七八九幺两]{5,})",
        rf"(名叫|我叫|他叫|她叫|叫做|名字叫|名字是|姓名是?|联系人是?|户主是?)(?![了个过一你人车救他她辆师上的来不]){_HAN}{{1,3}}",
        rf"(叫)(?!阿姨|老师|老板|小时|老人|小孩|小姐|老婆|老公)(?:[小阿老]{_HAN}{{1,2}}|[{SURNAMES}]{_HAN}{{1,2}})",
        rf"(姓)(?!名){_HAN}",
        f"()[{SURNAMES}](?=先生|女士|小姐|太太|老师|师傅|阿姨|叔叔|大爷|大妈|大伯|大姐|大哥|经理|医生|律师|老板|主任|奶奶|爷爷)",
        r"(住在?|住到|地址是?)(?![院宅家房户址])[^，。,.；;！!？?\s]{1,12}",
        f"(){_HAN}{{2,3}}(?=路|街|巷|弄|新村|小区|花园|公寓|大厦|家园|社区|苑)",
        r"()[零一二三四五六七八九十百]+(?=号|弄|幢|栋|室|单元|楼|期)",
        r"([Mm]y name is |[Tt]his is |I am |I'm |[Cc]all me |Mr\.? |Mrs\.? |Ms\.? )[A-Z][\w'-]*(?: [A-Z][\w'-]*)*",
        r"()[A-Z][\w'-]*(?: [A-Z][\w'-]*)*(?= (?:Road|Street|Lane|Rd|St|Avenue|Garden|Community))",
    )
)
"""Patterns of identifying text. Group 1 is the context before it, which stays readable."""


def mask_free_text(text: str) -> str:
    """Mask numbers, names and addresses in what somebody said, as far as their form gives them away.

    Masks too much rather than too little: the result is for counting words, not for reading.
    """
    for pattern in _TOLD:
        text = pattern.sub(lambda found: found[1] + "*" * (len(found[0]) - len(found[1])), text)
    return text
