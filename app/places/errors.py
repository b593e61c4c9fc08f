"""What can be wrong with a place of the centre's own."""

from app.kit.errors import HotlineError


class PlaceExists(HotlineError):
    en = "{township} has a place {zh} of this kind already."
    zh = "{township}已有同类地点“{zh}”。"


class Nowhere(HotlineError):
    status = 422
    en = "Say where the place is: its point, its community or its township."
    zh = "请说明地点所在：坐标、社区或街道（乡镇）。"


class AreasDisagree(HotlineError):
    status = 422
    en = "Community {community} is not in township {township}."
    zh = "社区 {community} 不在街道（乡镇）{township} 内。"


class TooFar(HotlineError):
    status = 422
    en = "The point is {km} km away from the district: check it, and which of its numbers is the latitude."
    zh = "坐标离辖区 {km} 公里，请核对，并检查经纬度是否填反。"
