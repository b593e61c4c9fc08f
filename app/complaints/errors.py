"""Problems with complaints."""

from app.kit.errors import HotlineError


class ComplaintDecided(HotlineError):
    en = "The complaint was already decided differently, at {decided_at}."
    zh = "该投诉已于 {decided_at} 作出不同的裁定。"


class NoProviderToBlame(HotlineError):
    status = 422
    en = "The complaint is not about a provider's work, so no provider can be at fault."
    zh = "该投诉不涉及服务单位，责任方不能是服务单位。"


class NotASupervisor(HotlineError):
    status = 422
    en = "The owner of a complaint must be an active supervisor."
    zh = "投诉须由在岗的值班长负责。"


class AnswerNotTaken(HotlineError):
    en = "Take the call first: each time you take it, one unanswered attempt counts."
    zh = "请先领取该回复电话：每次领取只记一次未接通。"
