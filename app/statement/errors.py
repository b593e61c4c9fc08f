"""What can be wrong with a question about a statement."""

from app.kit.errors import HotlineError


class MonthsInvalid(HotlineError):
    status = 422
    en = "Months go from one to the same or a later one, at most {most} of them."
    zh = "月份范围应从起始月到同月或之后的月份，最多 {most} 个月。"


class LinkInvalid(HotlineError):
    status = 404
    en = "This link leads to no statement: it is wrong, has expired, or was revoked. Ask the centre for a new one."
    zh = "该链接无效、已过期或已撤销，请向服务中心索取新的链接。"


class LinkOpenedTooOften(HotlineError):
    status = 429
    retry_after = 3600
    en = "This link was opened {most} times within the hour; try again later."
    zh = "该链接一小时内已打开 {most} 次，请稍后再试。"
