"""What can be wrong with a complaint."""

from app.kit.errors import HotlineError


class ComplaintDecided(HotlineError):
    en = "The complaint was decided at {decided_at}, otherwise."
    zh = "该投诉已于 {decided_at} 作出不同的裁定。"


class NoProviderToBlame(HotlineError):
    status = 422
    en = "The complaint is not about a provider's work, so the fault is not a provider's."
    zh = "该投诉不涉及服务单位，责任方不能是服务单位。"


class NotASupervisor(HotlineError):
    status = 422
    en = "A complaint is looked after by an active supervisor."
    zh = "投诉须由在岗的值班长负责。"


class AnswerNotTaken(HotlineError):
    en = "Take the call first: an attempt without an answer counts once each time it is taken."
    zh = "请先领取该回复电话：每次领取只记一次未接通。"
