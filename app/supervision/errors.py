"""What can be wrong with a supervisor's decision."""

from app.kit.errors import HotlineError


class ExtensionDecided(HotlineError):
    en = "The extension is {state} already."
    zh = "该延期申请已是 {state} 状态。"


class NotToArbitrate(HotlineError):
    en = "Only work that failed, or was returned after starting or a second time, is arbitrated."
    zh = "只有未能完成、开工后退单或再次退单的工单才需裁定。"


class AlreadyArbitrated(HotlineError):
    en = "It was found already whose fault this was: {fault}."
    zh = "该工单已裁定（{fault}），不能更改。"
