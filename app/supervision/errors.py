"""Problems with a supervisor's decisions."""

from app.kit.errors import HotlineError


class ExtensionDecided(HotlineError):
    en = "The extension has already been decided: {state}."
    zh = "该延期申请已是 {state} 状态。"


class NotToArbitrate(HotlineError):
    en = "Only work that failed, or was returned after its start or a second time, can be arbitrated."
    zh = "只有未能完成、开工后退单或再次退单的工单才需裁定。"


class AlreadyArbitrated(HotlineError):
    en = "This job has already been arbitrated: {fault}."
    zh = "该工单已裁定（{fault}），不能更改。"
