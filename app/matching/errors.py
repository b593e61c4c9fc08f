"""Problems with a dispatch policy."""

from app.kit.errors import HotlineError


class UnknownUrgencies(HotlineError):
    status = 422
    en = "{field} names unknown urgencies: {unknown}. The urgencies are: {known}."
    zh = "{field} 中没有这样的紧急程度：{unknown}；现有 {known}。"


class UrgenciesMissing(HotlineError):
    status = 422
    en = "offer_timeouts must set a time for every urgency. Missing: {missing}."
    zh = "offer_timeouts 须为每个紧急程度给出时限，缺少：{missing}。"


class PolicyInPast(HotlineError):
    status = 422
    en = "A policy cannot take effect in the past ({effective_from})."
    zh = "派单策略不能从过去的时间（{effective_from}）起生效。"


class PolicyFiltersEverybody(HotlineError):
    """`zh` and `en` hold the reason in words."""

    status = 422
    en = "This policy would leave no provider for {count} service items, such as {items}: every provider {en}."
    zh = "按此策略，{count} 个服务项目（如 {items}）无单位可派：各单位均{zh}。"


class LastDefaultPolicy(HotlineError):
    en = "Policy {version} is the only policy in force for categories without their own. Put another in force first."
    zh = "策略 {version} 是目前唯一生效的通用策略，请先让另一份通用策略生效。"
