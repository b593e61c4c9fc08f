"""What the command line says, in Chinese and English."""

from enum import StrEnum
from typing import Any


class Lang(StrEnum):
    ZH = "zh"
    EN = "en"


class Say:
    """Sentences in one language: `say("accepted", number=100023)`."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def __call__(self, key: str, **facts: Any) -> str:
        """The sentence of this key, filled in. Raises KeyError for an unknown key."""
        return _SENTENCES[key][self.lang is Lang.EN].format(**facts)

    def word(self, code: str) -> str:
        """The word for a code of the API; one not known here is shown as it is."""
        return _WORDS[code][self.lang is Lang.EN] if code in _WORDS else code


_SENTENCES = {
    "offers": ("派单", "Offers"),
    "jobs": ("工单", "Jobs"),
    "no_offers": ("暂无派单，等待中", "no offers; waiting"),
    "no_jobs": ("没有未完成的工单", "no unfinished jobs"),
    "id": ("编号", "id"),
    "number": ("单号", "number"),
    "left": ("剩余", "left"),
    "item": ("项目", "item"),
    "where": ("地点", "where"),
    "what": ("内容", "what"),
    "when": ("时间", "when"),
    "price": ("价格", "price"),
    "status": ("状态", "status"),
    "until": ("{end} 前", "by {end}"),
    "quote_from": ("{yuan} 元起，现场报价", "from ¥{yuan}, quote on site"),
    "fixed": ("{yuan} 元", "¥{yuan}"),
    "free": ("免费", "free"),
    "to_quote": ("待报价", "to be quoted"),
    "accepted": ("已接单 {number}（{id}）。", "Accepted {number} ({id})."),
    "declined": ("已拒单 {number}。", "Declined {number}."),
    "started": ("{number} 已到场开工。", "{number}: you are on site."),
    "agreed": ("{number} 报价 {yuan} 元，求助人已同意。", "{number}: quoted ¥{yuan}, agreed with the citizen."),
    "quoted": ("{number} 报价 {yuan} 元，等待求助人同意。", "{number}: quoted ¥{yuan}; the citizen is yet to agree."),
    "completed": ("{number} 已完工，收费 {yuan} 元。", "{number}: completed, ¥{yuan} billed."),
    "returned": ("{number} 已退单。", "{number}: returned."),
    "contact": ("联系人 {name}，电话 {phone}，地址 {address}", "Call {name}, {phone}; go to {address}"),
    "unknown": ("没有编号或单号为 {name} 的{kind}。", "There is nothing named {name} among your {kind}."),
    "ambiguous": ("{name} 对应多个{kind}，请多写几位。", "{name} fits several of your {kind}; write more of it."),
    "no_url": ("请用 --url 或环境变量 HOTLINE_URL 给出中心地址。", "Give the centre's address: --url or HOTLINE_URL."),
    "no_key": ("请在环境变量 HOTLINE_KEY 中设置密钥。", "Put your key into the environment variable HOTLINE_KEY."),
    "unreachable": ("连不上中心：{why}", "The centre cannot be reached: {why}"),
}

_WORDS = {
    "emergency": ("紧急", "emergency"),
    "urgent": ("加急", "urgent"),
    "same_day": ("当日", "same day"),
    "booked": ("预约", "booked"),
    "accepted": ("已接单", "accepted"),
    "started": ("已开工", "started"),
    "completed": ("已完工", "completed"),
}
