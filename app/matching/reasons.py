"""Why a provider was not asked, each with a stable code and a sentence in both languages."""

from enum import StrEnum
from typing import NamedTuple

from app.intake.models import UnmatchedReason


class PassedOver(StrEnum):
    """Why others were asked first, though it passes every filter; it may still be asked."""

    CLOSED_NOW = "closed_now"


Reason = UnmatchedReason | PassedOver


def read_reason(code: str) -> Reason:
    """The reason that this code is of."""
    return PassedOver(code) if code in {*PassedOver} else UnmatchedReason(code)


class Sentence(NamedTuple):
    zh: str
    en: str


SENTENCES: dict[Reason, Sentence] = {
    UnmatchedReason.ITEM_NOT_OFFERED: Sentence("没有单位提供该服务项目", "nobody offers the item"),
    UnmatchedReason.TIER_NOT_OFFERED: Sentence("没有单位以该档次提供此项目", "nobody offers the item at this tier"),
    UnmatchedReason.NOT_ACTIVE: Sentence("提供此项目的单位均未在营", "none of those who offer it is active"),
    UnmatchedReason.OUTSIDE_AREA: Sentence("不服务该街道或乡镇", "does not serve this township"),
    UnmatchedReason.TOO_FAR: Sentence("超出派单策略允许的距离", "is farther away than the policy allows"),
    UnmatchedReason.NOT_ON_LADDER: Sentence("不在无偿服务逐级派单范围内", "is on no step of the ladder of free help"),
    UnmatchedReason.PAPERS: Sentence("所需证照缺失或已过期", "a required paper is missing or expired"),
    UnmatchedReason.CLOSED_THEN: Sentence("期望时间段内不营业", "is closed in the wanted time"),
    UnmatchedReason.FULL: Sentence(
        "承接工单已满（应急期间含待其答复的派单）",
        "has as many unfinished jobs as it can take (in a surge, with what it is being asked about)",
    ),
    UnmatchedReason.UNREACHABLE: Sentence("目前联系不上或已暂停接单", "cannot be reached, or takes no work now"),
    UnmatchedReason.BARRED: Sentence("求助人不希望由该单位服务", "the citizen does not want this provider"),
    UnmatchedReason.TRIED_BEFORE: Sentence(
        "已就本次请求拒绝、超时或退单", "has declined, let expire or returned this request"
    ),
    UnmatchedReason.LADDER_ENDED: Sentence(
        "无偿服务已逐级派单至末级，无人接单", "free help was looked for on every step of the ladder"
    ),
    UnmatchedReason.RETURNED: Sentence("开工后退单或再次退单，由值班长裁定", "returned after starting, or again"),
    PassedOver.CLOSED_NOW: Sentence(
        "此刻不营业或夜间不宜致电，先询问能更早答复的单位",
        "is closed, or not to be phoned at night: others can answer sooner",
    ),
    UnmatchedReason.FAILED: Sentence("开工后未能完成，由值班长裁定", "begun and could not be done"),
}
