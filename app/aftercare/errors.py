"""Problems with callbacks."""

from app.kit.errors import HotlineError


class CallbackOutdated(HotlineError):
    en = "The request is being worked on again; no callback is needed about its earlier completion."
    zh = "该请求已重新处理，无需再就上一次办结进行回访。"


class CallbackNotTaken(HotlineError):
    en = "Take the callback first: each time you take it, one unanswered call counts."
    zh = "请先领取该回访：每次领取只记一次未接通。"
