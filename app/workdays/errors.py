"""Problems with changes to the calendar."""

from app.kit.errors import HotlineError


class DayPast(HotlineError):
    en = "{day} has begun, so its deadlines no longer change. Enter days from {first}."
    zh = "{day} 已经开始，当时的计时不再更改；请填写 {first} 及以后的日期。"
