"""Problems with what a citizen asks about their own data."""

from app.kit.errors import HotlineError


class StillOpen(HotlineError):
    en = "Requests that concern this citizen are still open: {numbers}. Finish or cancel them first."
    zh = "该求助人尚有未办结的请求：{numbers}。请先办结或取消。"


class JoinedWithItself(HotlineError):
    status = 422
    en = "This is the same citizen. Give the id of another one."
    zh = "这是同一个求助人，请填写另一个求助人的编号。"


class AlreadyJoined(HotlineError):
    en = "One of the two is already joined with another citizen. Undo that first, or join with the main citizen."
    zh = "其中一人已与其他求助人合并。请先撤销该合并，或与主求助人合并。"
