"""Problems with codes and tiers of the catalogue."""

from app.kit.errors import HotlineError


class UnknownItem(HotlineError):
    status = 422
    en = "There is no service item {item}."
    zh = "没有服务项目 {item}。"


class UnknownCategory(HotlineError):
    status = 422
    en = "There is no category {category}."
    zh = "没有服务类别 {category}。"


class UnknownArea(HotlineError):
    status = 422
    en = "There is no township or community {area}."
    zh = "没有街道、乡镇或社区 {area}。"


class UnknownPlace(HotlineError):
    status = 422
    en = "There is no place {place}, or it is no longer in use."
    zh = "没有地点 {place}，或已停用。"


class CapNeeded(HotlineError):
    status = 422
    en = "Item {item} has a low-fee tier and therefore needs a cap."
    zh = "服务项目 {item} 设有低偿档，必须设定最高收费。"


class TierNotAllowed(HotlineError):
    status = 422
    en = "Item {item} has no tier {tier}; its tiers are {allowed}."
    zh = "服务项目 {item} 没有 {tier} 档，只有 {allowed}。"
