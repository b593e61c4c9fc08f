"""Codes of the API and what they are called. Written by `make surface`; never edited."""

from enum import StrEnum


class DeclineReason(StrEnum):
    """Why a provider declines an offer."""

    BUSY = "busy"
    TOO_FAR = "too_far"
    NOT_OUR_WORK = "not_our_work"
    PRICE = "price"
    NO_STAFF = "no_staff"
    OTHER = "other"


class ToldHow(StrEnum):
    """How the citizen agreed to another appointment."""

    BY_PHONE = "by_phone"
    ON_SITE = "on_site"
    IN_WRITING = "in_writing"


class ReturnReason(StrEnum):
    """Why a provider returns work, the most common reason first."""

    CITIZEN_ABSENT = "citizen_absent"
    CITIZEN_CHANGED = "citizen_changed"
    WRONG_ADDRESS = "wrong_address"
    OUT_OF_SCOPE = "out_of_scope"
    NO_PARTS = "no_parts"
    NO_STAFF = "no_staff"
    OTHER = "other"


TERMS = {
    "Urgency": {
        "emergency": ("紧急", "emergency"),
        "urgent": ("加急", "urgent"),
        "same_day": ("当日", "same day"),
        "booked": ("预约", "booked"),
        "info": ("即答", "in call"),
    },
    "JobStatus": {
        "accepted": ("已接单", "accepted"),
        "started": ("已开工", "started"),
        "completed": ("已完工", "completed"),
        "returned": ("已退单", "returned"),
        "failed": ("未能完成", "could not be done"),
        "cancelled": ("已取消", "cancelled"),
    },
    "DeclineReason": {
        "busy": ("忙不过来", "too busy"),
        "too_far": ("太远", "too far"),
        "not_our_work": ("不做此类服务", "not our work"),
        "price": ("价格不合适", "price"),
        "no_staff": ("没有人手", "nobody available"),
        "other": ("其他原因", "other"),
    },
    "ReturnReason": {
        "citizen_absent": ("求助人不在", "citizen absent"),
        "citizen_changed": ("求助人改主意", "citizen changed their mind"),
        "wrong_address": ("地址不对", "wrong address"),
        "out_of_scope": ("超出服务范围", "not our work"),
        "no_parts": ("缺配件", "parts missing"),
        "no_staff": ("没有人手", "nobody available"),
        "other": ("其他原因", "other"),
    },
    "EntryStatus": {
        "proposed": ("拟扣", "proposed"),
        "answered": ("已申辩，待裁定", "replied"),
        "applied": ("已生效", "in effect"),
        "dropped": ("不予执行", "dropped"),
        "appealed": ("已申诉，待裁定", "appealed"),
        "upheld": ("申诉未获支持", "appeal refused"),
        "revoked": ("申诉成立，已返还", "appeal granted"),
        "reversed": ("账单更正，已冲正", "reversed"),
    },
    "MonthStatus": {
        "filed": ("已提交", "filed"),
        "locked": ("已审定", "locked"),
    },
    "ComplaintStatus": {
        "open": ("待裁定", "open"),
        "decided": ("已裁定", "decided"),
        "answered": ("已告知", "answered"),
        "unreached": ("告知未接通", "never reached"),
    },
}
"""The words of each code, in Chinese and English."""
