"""Problems with webhook endpoints."""

from app.kit.errors import HotlineError


class WebhookUrlInvalid(HotlineError):
    status = 422
    en = "{url} cannot be a webhook URL: use https and a host, without user name, password or fragment."
    zh = "{url} 不能用作回调地址：须为 https，写明主机，且不得带用户名、密码或片段。"


class WebhookAddressRefused(HotlineError):
    status = 422
    en = "{host} is, or resolves to, an address that webhooks may not reach: private, loopback, link-local or reserved."
    zh = "{host} 是或指向不允许回调的地址：内网、本机、链路本地或保留地址。"


class WebhookExists(HotlineError):
    en = "An endpoint with this URL already exists."
    zh = "该回调地址已登记。"


class TooManyWebhooks(HotlineError):
    en = "You already have {limit} endpoints. Delete one first."
    zh = "已有 {limit} 个回调地址，请先删除一个。"


class WebhookDisabled(HotlineError):
    en = "The endpoint is disabled. Activate it first."
    zh = "该回调地址已停用，请先恢复。"


class ProofWrong(HotlineError):
    status = 422
    en = "This is not the code that was sent to the current URL. POST …/test sends it again."
    zh = "代码与推送到当前地址的不一致；可用 POST …/test 重新推送。"


class ReplayTooOld(HotlineError):
    status = 422
    en = "Deliveries are kept for {days} days. Choose a time within them."
    zh = "投递记录只保留 {days} 天，请给出此期间内的时间。"
