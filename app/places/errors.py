"""Problems with one of the centre's own places."""

from app.kit.errors import HotlineError


class PlaceExists(HotlineError):
    en = "{township} already has a place {zh} of this kind."
    zh = "{township}已有同类地点“{zh}”。"


class Nowhere(HotlineError):
    status = 422
    en = "Give the place a point, a community or a township."
    zh = "请说明地点所在：坐标、社区或街道（乡镇）。"


class AreasDisagree(HotlineError):
    status = 422
    en = "Community {community} is not in township {township}."
    zh = "社区 {community} 不在街道（乡镇）{township} 内。"


class TooFar(HotlineError):
    status = 422
    en = "The point is {km} km from the district. Check it, and check that latitude and longitude are not swapped."
    zh = "坐标离辖区 {km} 公里，请核对，并检查经纬度是否填反。"
