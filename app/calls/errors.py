"""What can be wrong with a call."""

from app.kit.errors import HotlineError


class OutcomeNeeded(HotlineError):
    status = 422
    en = "Nothing was recorded in this call that says how it ended: give its outcome."
    zh = "本次通话没有受理、答复或查询记录，请选择通话结果。"


class CallOfAnother(HotlineError):
    en = "This call is another operator's."
    zh = "该通话由其他话务员接听。"


class CallTooOld(HotlineError):
    status = 422
    en = "A call is told within {days} days, and not before it begins."
    zh = "通话须在开始后 {days} 天内登记，且不得早于开始时间。"


class ExternalIdTaken(HotlineError):
    en = "Another call has this external_id."
    zh = "该 external_id 已用于另一次通话。"
