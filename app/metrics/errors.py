"""Problems with a query for figures."""

from app.kit.errors import HotlineError


class RangeInvalid(HotlineError):
    status = 422
    en = "The range must end on or after the day it starts, and span at most {days} days here."
    zh = "日期范围应从起始日到同一天或之后的某天，此处最多 {days} 天。"
