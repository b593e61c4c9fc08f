"""Problems with statements and their links."""

from app.kit.errors import HotlineError


class MonthsInvalid(HotlineError):
    status = 422
    en = "The last month must not be before the first, and the range may cover at most {most} months."
    zh = "月份范围应从起始月到同月或之后的月份，最多 {most} 个月。"


class LinkInvalid(HotlineError):
    status = 404
    en = "This link is invalid, has expired or was revoked. Ask the centre for a new one."
    zh = "该链接无效、已过期或已撤销，请向服务中心索取新的链接。"


class LinkOpenedTooOften(HotlineError):
    status = 429
    retry_after = 3600
    en = "This link has been opened {most} times within the hour. Try again later."
    zh = "该链接一小时内已打开 {most} 次，请稍后再试。"
