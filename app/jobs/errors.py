"""What can be wrong with an offer or a job."""

from app.kit.errors import HotlineError


class OfferExpired(HotlineError):
    en = "The offer expired at {expired_at}; the request has gone on to others."
    zh = "该派单已于 {expired_at} 超时，已转给其他单位。"


class OfferWithdrawn(HotlineError):
    en = "The offer was withdrawn: {reason}."
    zh = "该派单已撤回：{reason}。"


class OfferDecided(HotlineError):
    en = "The offer is {state} already."
    zh = "该派单已是 {state} 状态。"


class ProviderFull(HotlineError):
    en = "You have {open_jobs} unfinished jobs, as many as your capacity of {capacity}."
    zh = "您有 {open_jobs} 个未完成的工单，已达承接上限 {capacity}。"


class ProviderNotActive(HotlineError):
    en = "The provider is {standing} and takes no work now."
    zh = "该服务单位目前为 {standing} 状态，不能接单。"


class AppointmentsOverlap(HotlineError):
    en = (
        "Request {number} has an appointment from {appointment_from} to {appointment_to}, and the firm takes only "
        "{capacity} at a time: name another time."
    )
    zh = (
        "服务单 {number} 已约定 {appointment_from} 至 {appointment_to} 上门，"
        "本单位同时最多承接 {capacity} 单，请另约时间。"
    )


class AppointmentInvalid(HotlineError):
    status = 422
    en = "The appointment must end after it starts and lie in the wanted window, {wanted_from} to {wanted_to}."
    zh = "预约时间的结束须晚于开始，且在求助人期望的 {wanted_from} 至 {wanted_to} 之内。"


class ConsentUnnamed(HotlineError):
    status = 422
    en = "A later appointment than the one that stands needs {missing}: who agreed to it, and how."
    zh = "改到更晚的时间须填写 {missing}：谁同意、以何种方式同意。"


class AppointmentTooFar(HotlineError):
    status = 422
    en = (
        "The appointment may end by {latest} at the latest; for a later one return the job, or have the centre hold it."
    )
    zh = "预约最晚须在 {latest} 之前结束；如需更晚，请退单，或由中心将工单暂缓。"


class TooManyMoves(HotlineError):
    en = "The appointment was moved {most} times already; the centre has to agree to another with the citizen."
    zh = "预约已改期 {most} 次；再次改期须由中心与求助人商定。"


class AmountOnFreeJob(HotlineError):
    status = 422
    en = "The job is free for the citizen; the amount must be 0, not {amount_fen} fen."
    zh = "该工单对求助人免费，金额须为 0，而不是 {amount_fen} 分。"


class AboveCap(HotlineError):
    status = 422
    en = "Low-fee work may cost at most {cap_fen} fen here, for a quantity of {quantity}, not {amount_fen}."
    zh = "该低偿服务数量 {quantity}，最高收费 {cap_fen} 分，不能为 {amount_fen} 分。"


class AboveConsent(HotlineError):
    en = "The citizen has agreed to {agreed_fen} fen; {amount_fen} needs a new recorded consent first."
    zh = "求助人同意的金额为 {agreed_fen} 分；{amount_fen} 分须先取得并记录新的同意。"


class HappenedInFuture(HotlineError):
    status = 422
    en = "What is reported cannot have happened at {happened_at}: it is {now}."
    zh = "上报的时间 {happened_at} 晚于当前时间 {now}。"


class PayoutNotAllowed(HotlineError):
    status = 422
    en = "For item {item} the provider pays the citizen nothing, so there is no payout."
    zh = "服务项目 {item} 不存在向求助人付款，不能填写 payout。"


class NotCompleted(HotlineError):
    en = "The job is {state}; only what was billed can be corrected."
    zh = "该工单当前为 {state}，尚无账单可更正。"


class AmountChanged(HotlineError):
    en = "The bill says {amount_fen} fen by now; look at it again."
    zh = "账单金额现为 {amount_fen} 分，请重新查看。"


class RequestOnHold(HotlineError):
    en = "The request is on hold until {until}; it has to be taken up again first."
    zh = "该工单已暂缓至 {until}，须先恢复办理。"


class JobOver(HotlineError):
    en = "The job is {state} already."
    zh = "该工单已是 {state} 状态。"


class ExtensionTooLate(HotlineError):
    en = "More time had to be asked for before {due}."
    zh = "延期须在 {due} 之前申请。"


class ExtensionExists(HotlineError):
    en = "More time was asked for once already, until {until}: it is {state}."
    zh = "该请求已申请过延期至 {until}，状态为 {state}；每个请求只能延期一次。"


class ExtensionUntilInvalid(HotlineError):
    status = 422
    en = "The new time must lie after {complete_by}, and at most {days} days after it."
    zh = "延期后的时间须晚于 {complete_by}，且最多顺延 {days} 天。"
