"""Problems with applications to join."""

from typing import ClassVar

from app.kit.errors import HotlineError


class ProviderKnown(HotlineError):
    en = "A provider with this {same} is already registered or has already applied. If it is yours, call the centre."
    zh = "该{same_zh}已在加盟名录或待审申请中；如为本单位，请致电中心。"


class ApplicationUnknown(HotlineError):
    status = 404
    en = "No application matches this number and query code."
    zh = "没有与此编号和查询码相符的申请。"


class TooManyApplications(HotlineError):
    status = 429
    retry_after: ClassVar[int | None] = 86_400
    en = "Too many applications are waiting for review; try again tomorrow or call the centre."
    zh = "待审申请过多，请明天再来或致电中心。"
