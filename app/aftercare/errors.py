"""What can be wrong with a callback."""

from app.kit.errors import HotlineError


class CallbackOutdated(HotlineError):
    en = "The request was taken up again; nobody needs to be called about its earlier completion."
    zh = "该请求已重新处理，无需再就上一次办结进行回访。"


class CallbackNotTaken(HotlineError):
    en = "Take the callback first: an attempt without an answer counts once each time it is taken."
    zh = "请先领取该回访：每次领取只记一次未接通。"
