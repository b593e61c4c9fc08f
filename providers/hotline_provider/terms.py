"""What codes of the API are called, in Chinese and English. Written by `make surface`; never edited."""

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
