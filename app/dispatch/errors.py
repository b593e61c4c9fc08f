"""Problems when a request is dispatched, cancelled, corrected, merged or reopened."""

from app.kit.errors import HotlineError


class ProviderNotEligible(HotlineError):
    en = "The request cannot be offered to this provider: it {why}."
    zh = "不能派给该单位：{why_zh}。"


class MergeIntoItself(HotlineError):
    status = 422
    en = "A request cannot be merged into itself."
    zh = "不能把工单合并到它自己。"


class MergeOfOtherKind(HotlineError):
    status = 422
    en = "A request of kind {kind} cannot be merged into one of kind {parent_kind}."
    zh = "{kind} 类工单不能合并到 {parent_kind} 类工单。"


class MergeTargetOver(HotlineError):
    en = "The request to merge into is {state}; it must be open and not merged itself."
    zh = "合并目标当前为 {state}，只能合并到未办结且自身未被合并的工单。"


class MergeTheOtherWay(HotlineError):
    en = "A provider has the work of request {number}, but none has that of {parent}: merge {parent} into {number}."
    zh = "工单 {number} 已有单位承接，{parent} 尚无；请把 {parent} 合并到 {number}。"


class WorkBegun(HotlineError):
    en = "The provider has started, and another item or tier changes the price: the provider must return the job first."
    zh = "服务单位已开始服务：更换服务项目或档次会改变价格，请先由其退回工单。"


class NotDeferred(HotlineError):
    en = "Request {number} was not deferred, so there is nothing to tell the citizen."
    zh = "工单 {number} 未被延后，无需告知求助人。"


class ReopenTooLate(HotlineError):
    en = "The request was closed more than {days} days ago; create a new one."
    zh = "该工单办结已超过 {days} 天，请新建工单。"


class ReopenWithoutDispatch(HotlineError):
    en = "Only a request that was dispatched can be reopened; create a new one."
    zh = "只有派过单的工单才能重新打开，请新建工单。"


class UndoOver(HotlineError):
    en = "A dispatch can be undone only within {seconds} seconds; cancel the request instead."
    zh = "派单只能在 {seconds} 秒内撤回，请按取消办理。"


class NotUndoable(HotlineError):
    en = (
        "Only a request that was dispatched in its call, was not relayed and has not been started can be undone; cancel"
        " it instead."
    )
    zh = "只有当场派出、未转接且单位尚未开工的可以撤回，请按取消办理。"
