"""Problems that steps on offers and jobs report."""

from app.kit.errors import HotlineError


class OfferExpired(HotlineError):
    en = "The offer expired at {expired_at}; the request has gone on to others."
    zh = "该派单已于 {expired_at} 超时，已转给其他单位。"


class OfferWithdrawn(HotlineError):
    en = "The offer was withdrawn: {reason}."
    zh = "该派单已撤回：{reason}。"


class OfferDecided(HotlineError):
    en = "The offer is already {state}."
    zh = "该派单已是 {state} 状态。"


class ProviderFull(HotlineError):
    en = "You have {open_jobs} unfinished jobs, and your capacity is {capacity}."
    zh = "您有 {open_jobs} 个未完成的工单，已达承接上限 {capacity}。"


class ProviderNotActive(HotlineError):
    en = "The provider is {standing} and cannot take work at present."
    zh = "该服务单位目前为 {standing} 状态，不能接单。"


class AppointmentsOverlap(HotlineError):
    en = (
        "Request {number} has an appointment from {appointment_from} to {appointment_to}, and the provider can take "
        "only {capacity} at a time: choose another time."
    )
    zh = (
        "服务单 {number} 已约定 {appointment_from} 至 {appointment_to} 上门，"
        "本单位同时最多承接 {capacity} 单，请另约时间。"
    )


class AppointmentInvalid(HotlineError):
    status = 422
    en = "The appointment must end after it starts and lie within the wanted time, {wanted_from} to {wanted_to}."
    zh = "预约时间的结束须晚于开始，且在求助人期望的 {wanted_from} 至 {wanted_to} 之内。"


class ConsentUnnamed(HotlineError):
    status = 422
    en = "Moving an appointment to a later time needs {missing}: who agreed to it, and how."
    zh = "改到更晚的时间须填写 {missing}：谁同意、以何种方式同意。"


class AppointmentTooFar(HotlineError):
    status = 422
    en = "The appointment must end by {latest}. For a later one, return the job or ask the centre to put it on hold."
    zh = "预约最晚须在 {latest} 之前结束；如需更晚，请退单，或由中心将工单暂缓。"


class TooManyMoves(HotlineError):
    en = "The appointment has already been moved {most} times; the centre has to arrange another move with the citizen."
    zh = "预约已改期 {most} 次；再次改期须由中心与求助人商定。"


class AmountOnFreeJob(HotlineError):
    status = 422
    en = "The job is free for the citizen; the amount must be 0, not {amount_fen} fen."
    zh = "该工单对求助人免费，金额须为 0，而不是 {amount_fen} 分。"


class AboveCap(HotlineError):
    status = 422
    en = "This low-fee work may cost at most {cap_fen} fen for a quantity of {quantity}, not {amount_fen} fen."
    zh = "该低偿服务数量 {quantity}，最高收费 {cap_fen} 分，不能为 {amount_fen} 分。"


class AboveConsent(HotlineError):
    en = "The citizen has agreed to {agreed_fen} fen. Record a new consent before billing {amount_fen} fen."
    zh = "求助人同意的金额为 {agreed_fen} 分；{amount_fen} 分须先取得并记录新的同意。"


class HappenedInFuture(HotlineError):
    status = 422
    en = "The reported time {happened_at} is in the future: it is {now}."
    zh = "上报的时间 {happened_at} 晚于当前时间 {now}。"


class PayoutNotAllowed(HotlineError):
    status = 422
    en = "Item {item} has no payout, because the provider pays the citizen nothing for it."
    zh = "服务项目 {item} 不存在向求助人付款，不能填写 payout。"


class NotCompleted(HotlineError):
    en = "The job is {state}, so there is no bill to correct."
    zh = "该工单当前为 {state}，尚无账单可更正。"


class AmountChanged(HotlineError):
    en = "The bill has changed to {amount_fen} fen; read it again."
    zh = "账单金额现为 {amount_fen} 分，请重新查看。"


class RequestOnHold(HotlineError):
    en = "The request is on hold until {until}; end the hold first."
    zh = "该工单已暂缓至 {until}，须先恢复办理。"


class JobOver(HotlineError):
    en = "The job is already {state}."
    zh = "该工单已是 {state} 状态。"


class ExtensionTooLate(HotlineError):
    en = "An extension had to be asked for before {due}."
    zh = "延期须在 {due} 之前申请。"


class ExtensionExists(HotlineError):
    en = "An extension until {until} was already asked for and is {state}; a job can have only one."
    zh = "该请求已申请过延期至 {until}，状态为 {state}；每个请求只能延期一次。"


class ExtensionUntilInvalid(HotlineError):
    status = 422
    en = "The new deadline must be after {complete_by}, by at most {days} days."
    zh = "延期后的时间须晚于 {complete_by}，且最多顺延 {days} 天。"
