"""Problems with what a citizen asks about their own data."""

from app.kit.errors import HotlineError


class StillOpen(HotlineError):
    en = "Requests that concern this citizen are still open: {numbers}. Finish or cancel them first."
    zh = "该求助人尚有未办结的请求：{numbers}。请先办结或取消。"
