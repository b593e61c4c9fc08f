"""What can be wrong with an entry of the registry."""

from app.kit.errors import HotlineError


class InvalidUscc(HotlineError):
    status = 422
    en = "{uscc} is not a Unified Social Credit Code: form, check character, authority, type or region is wrong."
    zh = "{uscc} 不是有效的统一社会信用代码：格式、校验码、登记部门、机构类别或区划有误。"


class FormerCode(HotlineError):
    status = 422
    en = "{uscc} is a {kind} of before 2015: give the Unified Social Credit Code, 18 characters, of the licence."
    zh = "{uscc} 是旧的{kind}，请填写现营业执照上的 18 位统一社会信用代码。"


class UsccMissing(HotlineError):
    status = 422
    en = "A company needs its Unified Social Credit Code."
    zh = "企业须填写统一社会信用代码。"


class ProviderExists(HotlineError):
    en = "{name} (number {number}) is in the registry and has the same {same}; it is {standing}."
    zh = "{name}（编号 {number}）已在加盟名录中，{same} 相同，当前状态为 {standing}。"


class UnknownPaper(HotlineError):
    status = 422
    en = "There is no kind of licence or certificate {paper}."
    zh = "没有证照类别 {paper}。"


class GivenTwice(HotlineError):
    status = 422
    en = "{what} is given twice."
    zh = "{what} 重复填写。"


class PapersExpired(HotlineError):
    en = "A paper of the firm itself has expired; file the renewed one first: {papers}."
    zh = "单位证照已过期，请先登记换发的证照：{papers}。"


class DayOutOfRange(HotlineError):
    status = 422
    en = "Other hours can be set for today and the {days} days after it, not for {day}."
    zh = "特殊营业时间只能设定在今天起 {days} 天内，不能是 {day}。"


class HoursInvalid(HotlineError):
    status = 422
    en = "Opening hours must close after they open (midnight is 00:00) and not overlap on one day."
    zh = "营业时间须先开后关（午夜记为 00:00），同一天的时段不能重叠。"


class ValidityInvalid(HotlineError):
    status = 422
    en = "It must not end before it begins, and a price must not begin before today, {day}."
    zh = "结束日期不能早于开始日期，价格的开始日期不能早于今天（{day}）。"


class ItemNotDispatched(HotlineError):
    status = 422
    en = "Item {item} never goes to a provider, so nobody can offer it."
    zh = "服务项目 {item} 不派给服务单位，不能申报。"


class ItemWithoutPapers(HotlineError):
    en = "Item {item} needs papers that the provider does not hold valid today: {missing}."
    zh = "服务项目 {item} 所需证照缺失或今日无效：{missing}。"


class PriceNotAllowed(HotlineError):
    status = 422
    en = "At tier {tier} the price is free exactly when the tier is, and then 0; not {price_kind} at {price_fen} fen."
    zh = "{tier} 档的价格有误：仅无偿档免费且为 0 分，不能是 {price_kind}、{price_fen} 分。"


class PriceAboveCap(HotlineError):
    status = 422
    en = "The low-fee price of item {item} may be at most {cap_fen} fen, not {price_fen}."
    zh = "服务项目 {item} 的低偿价格最高 {cap_fen} 分，不能为 {price_fen} 分。"


class StandingNotAllowed(HotlineError):
    en = "A provider that is {standing} cannot become {wanted}; it can become: {possible}."
    zh = "当前状态为 {standing} 的服务单位不能改为 {wanted}，可改为：{possible}。"


class KeyExpiryInvalid(HotlineError):
    status = 422
    en = "A key expires after now ({now}) and within {days} days."
    zh = "密钥的到期时间须晚于现在（{now}），且在 {days} 天之内。"


class KeyLabelTaken(HotlineError):
    en = "The provider has a live key named {label}; revoke it first or take another name."
    zh = "该服务单位已有名为 {label} 的有效密钥，请先停用或换一个名称。"


class MonthNotOver(HotlineError):
    status = 422
    en = "The month {month} is not over yet; file it from the first of the next month on."
    zh = "{month} 尚未结束，请在次月1日起申报。"


class MonthLocked(HotlineError):
    en = "The return of {month} was reviewed and locked; ask the registrar to open it again for a correction."
    zh = "{month} 的月报已审核锁定；如需更正，请联系加盟管理员重新开启。"


class MonthChanged(HotlineError):
    en = "The return of {month} says something else by now; look at it again before you lock it."
    zh = "{month} 的月报内容已变化，请重新查看后再锁定。"
