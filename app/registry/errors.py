"""The problems that an edit of the registry can run into."""

from app.kit.errors import HotlineError


class InvalidUscc(HotlineError):
    status = 422
    en = (
        "{uscc} is not a valid Unified Social Credit Code: check its form, check character, authority, type and region."
    )
    zh = "{uscc} 不是有效的统一社会信用代码：格式、校验码、登记部门、机构类别或区划有误。"


class FormerCode(HotlineError):
    status = 422
    en = "{uscc} is a {kind} from before 2015. Enter the 18-character Unified Social Credit Code on the licence."
    zh = "{uscc} 是旧的{kind}，请填写现营业执照上的 18 位统一社会信用代码。"


class UsccMissing(HotlineError):
    status = 422
    en = "A company needs its Unified Social Credit Code."
    zh = "企业须填写统一社会信用代码。"


class ProviderExists(HotlineError):
    en = "{name} (number {number}, {standing}) is already in the registry with the same {same}."
    zh = "{name}（编号 {number}）已在加盟名录中，{same} 相同，当前状态为 {standing}。"


class UnknownPaper(HotlineError):
    status = 422
    en = "There is no licence or certificate of kind {paper}."
    zh = "没有证照类别 {paper}。"


class GivenTwice(HotlineError):
    status = 422
    en = "{what} is given twice."
    zh = "{what} 重复填写。"


class PapersExpired(HotlineError):
    en = "The provider's own licence has expired: {papers}. Record the renewed one first."
    zh = "单位证照已过期，请先登记换发的证照：{papers}。"


class DayOutOfRange(HotlineError):
    status = 422
    en = "Special hours can be set for today and the next {days} days, not for {day}."
    zh = "特殊营业时间只能设定在今天起 {days} 天内，不能是 {day}。"


class HoursInvalid(HotlineError):
    status = 422
    en = "Closing time must be after opening time (midnight is 00:00), and hours on one day must not overlap."
    zh = "营业时间须先开后关（午夜记为 00:00），同一天的时段不能重叠。"


class ValidityInvalid(HotlineError):
    status = 422
    en = "The last day must not be before the first, and a price must not begin before today, {day}."
    zh = "结束日期不能早于开始日期，价格的开始日期不能早于今天（{day}）。"


class ItemNotDispatched(HotlineError):
    status = 422
    en = "Item {item} is never dispatched to a provider, so it cannot be offered."
    zh = "服务项目 {item} 不派给服务单位，不能申报。"


class ItemWithoutPapers(HotlineError):
    en = "Item {item} needs licences that the provider lacks or that are not valid today: {missing}."
    zh = "服务项目 {item} 所需证照缺失或今日无效：{missing}。"


class PriceNotAllowed(HotlineError):
    status = 422
    en = "Tier {tier} does not allow {price_kind} at {price_fen} fen: only the free tier is free, and its price is 0."
    zh = "{tier} 档的价格有误：仅无偿档免费且为 0 分，不能是 {price_kind}、{price_fen} 分。"


class PriceAboveCap(HotlineError):
    status = 422
    en = "The low-fee price of item {item} may not exceed {cap_fen} fen; {price_fen} is too high."
    zh = "服务项目 {item} 的低偿价格最高 {cap_fen} 分，不能为 {price_fen} 分。"


class StandingNotAllowed(HotlineError):
    en = "A provider with standing {standing} cannot become {wanted}. Possible: {possible}."
    zh = "当前状态为 {standing} 的服务单位不能改为 {wanted}，可改为：{possible}。"


class KeyExpiryInvalid(HotlineError):
    status = 422
    en = "A key must expire after now ({now}) and within {days} days."
    zh = "密钥的到期时间须晚于现在（{now}），且在 {days} 天之内。"


class KeyLabelTaken(HotlineError):
    en = "The provider already has a live key named {label}. Revoke it first, or choose another name."
    zh = "该服务单位已有名为 {label} 的有效密钥，请先停用或换一个名称。"


class MonthNotOver(HotlineError):
    status = 422
    en = "{month} is not over yet. File its return from the first of the next month."
    zh = "{month} 尚未结束，请在次月1日起申报。"


class MonthLocked(HotlineError):
    en = "The return for {month} was reviewed and locked. Ask the registrar to reopen it for a correction."
    zh = "{month} 的月报已审核锁定；如需更正，请联系加盟管理员重新开启。"


class MonthChanged(HotlineError):
    en = "The return for {month} has changed. Review it again before you lock it."
    zh = "{month} 的月报内容已变化，请重新查看后再锁定。"
