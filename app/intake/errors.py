"""Problems that intake reports: about a new request, its danger, tiers, windows and memberships."""

from app.kit.errors import HotlineError


class NotEntitled(HotlineError):
    en = (
        "The citizen has no entitlement to tier {asked}, or has used it up this month. "
        "Tier {entitled} is available if the citizen agrees."
    )
    zh = "{asked} 档需要资格，该求助人没有资格或本月次数已用完；经其同意可按 {entitled} 档办理。"


class ConsentWithdrawn(HotlineError):
    en = "The citizen has withdrawn their consent to this: {purpose}. Ask them again, and record that they agree."
    zh = "求助人已撤回同意：{purpose}。请重新征得同意并登记。"


class RequestBlanked(HotlineError):
    en = "The personal data of request {number} has been removed. Take down a new request."
    zh = "请求 {number} 的个人信息已清除，请登记新的请求。"


class UnknownAsk(HotlineError):
    status = 422
    en = "Item {item} has no question {ask}; its questions are {asks}."
    zh = "服务项目 {item} 没有问题 {ask}，只有 {asks}。"


class NotDispatchable(HotlineError):
    status = 422
    en = "Item {item} is not dispatched to providers: {why}."
    zh = "服务项目 {item} 不派单：{why}。"


class RelayFirst(HotlineError):
    status = 422
    en = "Item {item} must first be relayed to an emergency line, a utility or 12345: fill in relay as well."
    zh = "服务项目 {item} 须先转接应急电话、公用事业或 12345：请同时填写 relay。"


class NobodyToCall(HotlineError):
    status = 422
    en = (
        "The provider has no number to call: give the number of the caller or of the person helped, or confirm that"
        " the provider comes without calling (unannounced)."
    )
    zh = "没有可供服务单位联系的号码：请填写求助人或来电人的号码，或确认服务单位不打电话、直接上门（unannounced）。"


class OneOutcome(HotlineError):
    status = 422
    en = "An answered request cannot also be relayed or dispatched."
    zh = "答复与转接、派单不能同时选择。"


class ArticlesOfAnswer(HotlineError):
    status = 422
    en = "Articles can only be named together with an answer."
    zh = "只有当场答复时才能注明所用条目。"


class DangerHeard(HotlineError):
    """The text mentions a danger of the kind `danger`, and the operator has neither named nor dismissed it."""

    status = 422
    en = "The text mentions a danger: {danger_en}. Relay it first, or confirm that there is none."
    zh = "内容听起来有险情：{danger_zh}。请先转接应急电话；确认没有险情的，请先排除。"


class DangerNotRelayed(HotlineError):
    """No emergency line has the request's danger yet, so it cannot be offered to a provider or closed by an answer."""

    en = "The request reports a danger that has not been relayed yet: record the relay, or withdraw the danger."
    zh = "该请求有险情，尚未转接应急电话：请先记录转接，或撤销险情。"


class NotItsLine(HotlineError):
    status = 422
    en = "{line} does not handle this danger. Connect one of: {lines}."
    zh = "{line} 不是处置这种险情的电话，请转接 {lines}。"


class NoDanger(HotlineError):
    en = "The request reports no danger, so there is nothing to relay."
    zh = "该请求没有标为险情，无需转接应急电话。"


class AreaNeeded(HotlineError):
    status = 422
    en = "Give the area: a request cannot be dispatched without it."
    zh = "请填写地点（area）：没有地点不能派单。"


class WindowInvalid(HotlineError):
    status = 422
    en = "The wanted time must end after it starts, in the future and within a year."
    zh = "期望时间段的结束须晚于开始，且在今后一年之内。"


class HoldInvalid(HotlineError):
    status = 422
    en = "A hold must end in the future and within a year."
    zh = "暂缓的截止时间须晚于现在，且在今后一年之内。"


class MembershipOver(HotlineError):
    status = 422
    en = "The membership expired on {expires_on} (today is {today}): give today or a later date."
    zh = "该资格已于 {expires_on} 到期（今天是 {today}），请填写今天或以后的日期。"


class QuantityNotCounted(HotlineError):
    status = 422
    en = "Item {item} has no charging unit, so its quantity must be 1: put the amount of work into the description."
    zh = "服务项目 {item} 不按数量计价，数量只能为 1；工作量请写在情况说明中。"


class UnknownProvider(HotlineError):
    status = 422
    en = "There is no provider {provider}."
    zh = "没有服务单位 {provider}。"


class TierNotDearer(HotlineError):
    status = 422
    en = "The request is already served at tier {served}: the citizen can consent only to a dearer tier, not to {tier}."
    zh = "该请求目前按 {served} 档服务；求助人只需同意更高的档次，而不是 {tier} 档。"
