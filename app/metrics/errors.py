"""What can be wrong with a question about figures."""

from app.kit.errors import HotlineError


class RangeInvalid(HotlineError):
    status = 422
    en = "A range goes from a day to the same or a later one, over at most {days} days here."
    zh = "日期范围应从起始日到同一天或之后的某天，此处最多 {days} 天。"
