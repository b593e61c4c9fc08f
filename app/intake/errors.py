"""What can be wrong with a request for help."""

from app.kit.errors import HotlineError


class NotEntitled(HotlineError):
    en = (
        "Tier {asked} needs an entitlement that the citizen does not have, or has used up this month; "
        "open to the citizen is {entitled}, if they agree to it."
    )
    zh = "{asked} 档需要资格，该求助人没有资格或本月次数已用完；经其同意可按 {entitled} 档办理。"


class UnknownAsk(HotlineError):
    status = 422
    en = "Item {item} has no question {ask}; it has {asks}."
    zh = "服务项目 {item} 没有问题 {ask}，只有 {asks}。"


class NotDispatchable(HotlineError):
    status = 422
    en = "Item {item} is not dispatched to providers: {why}."
    zh = "服务项目 {item} 不派单：{why}。"


class RelayFirst(HotlineError):
    status = 422
    en = "Item {item} goes to the emergency line, utility or 12345 first: give relay as well."
    zh = "服务项目 {item} 须先转接应急电话、公用事业或 12345：请同时填写 relay。"


class NobodyToCall(HotlineError):
    status = 422
    en = (
        "There is no number under which the firm could call: give one of the caller's or of whoever is helped, or say"
        " that the firm comes without calling (unannounced)."
    )
    zh = "没有可供服务单位联系的号码：请填写求助人或来电人的号码，或确认服务单位不打电话、直接上门（unannounced）。"


class OneOutcome(HotlineError):
    status = 422
    en = "A request is answered, or relayed and/or dispatched; not answered and one of the others."
    zh = "答复与转接、派单不能同时选择。"


class ArticlesOfAnswer(HotlineError):
    status = 422
    en = "Articles are named with an answer only."
    zh = "只有当场答复时才能注明所用条目。"


class DangerHeard(HotlineError):
    """The operator has not said whether it is one: `danger` is the kind."""

    status = 422
    en = "The text tells of a danger: {danger_en}. Relay it first, or say that there is none."
    zh = "内容听起来有险情：{danger_zh}。请先转接应急电话；确认没有险情的，请先排除。"


class DangerNotRelayed(HotlineError):
    """The guard before every way to a company, and before an answer that would close the request."""

    en = "The request tells of a danger, and no emergency line has it yet: record the relay, or take the danger back."
    zh = "该请求有险情，尚未转接应急电话：请先记录转接，或撤销险情。"


class NotItsLine(HotlineError):
    status = 422
    en = "{line} is no line for this danger; connect {lines}."
    zh = "{line} 不是处置这种险情的电话，请转接 {lines}。"


class NoDanger(HotlineError):
    en = "The request tells of no danger; there is nothing to relay."
    zh = "该请求没有标为险情，无需转接应急电话。"


class AreaNeeded(HotlineError):
    status = 422
    en = "The area is needed: nothing is dispatched without it."
    zh = "请填写地点（area）：没有地点不能派单。"


class WindowInvalid(HotlineError):
    status = 422
    en = "The wanted window must end after it starts, and within a year from now."
    zh = "期望时间段的结束须晚于开始，且在今后一年之内。"


class HoldInvalid(HotlineError):
    status = 422
    en = "A request is held until a moment to come, within a year from now."
    zh = "暂缓的截止时间须晚于现在，且在今后一年之内。"


class MembershipOver(HotlineError):
    status = 422
    en = "A membership that ended on {expires_on} opens nothing; today is {today}."
    zh = "该资格已于 {expires_on} 到期（今天是 {today}），请填写今天或以后的日期。"


class QuantityNotCounted(HotlineError):
    status = 422
    en = "Item {item} is not charged by a unit, so its quantity is 1; what there is to do belongs into the description."
    zh = "服务项目 {item} 不按数量计价，数量只能为 1；工作量请写在情况说明中。"


class UnknownProvider(HotlineError):
    status = 422
    en = "There is no provider {provider}."
    zh = "没有服务单位 {provider}。"


class TierNotDearer(HotlineError):
    status = 422
    en = "The request is served at tier {served} already; consent is to a dearer one, not to {tier}."
    zh = "该请求目前按 {served} 档服务；求助人只需同意更高的档次，而不是 {tier} 档。"
