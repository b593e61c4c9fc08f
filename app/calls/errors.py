"""Problems with calls."""

from app.kit.errors import HotlineError


class OutcomeNeeded(HotlineError):
    status = 422
    en = "Nothing recorded in this call shows how it ended; choose an outcome."
    zh = "本次通话没有受理、答复或查询记录，请选择通话结果。"


class CallOfAnother(HotlineError):
    en = "This call belongs to another operator."
    zh = "该通话由其他话务员接听。"


class CallTooOld(HotlineError):
    status = 422
    en = "Report a call within {days} days of its start; it cannot end before it begins."
    zh = "通话须在开始后 {days} 天内登记，且不得早于开始时间。"


class ExternalIdTaken(HotlineError):
    en = "Another call already has this external_id."
    zh = "该 external_id 已用于另一次通话。"
