"""Problems when open work is handed over."""

from app.kit.errors import HotlineError


class NotAtTheDesk(HotlineError):
    en = "{username} is neither an operator nor a supervisor."
    zh = "{username} 既不是话务员也不是值班长。"
