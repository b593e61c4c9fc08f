"""What can be wrong with a day of the calendar."""

from app.kit.errors import HotlineError


class DayPast(HotlineError):
    en = "{day} has begun: what was counted then stays. Enter days from {first} on."
    zh = "{day} 已经开始，当时的计时不再更改；请填写 {first} 及以后的日期。"
