"""Problems with replies, appeals and decisions about credit."""

from app.kit.errors import HotlineError


class ReplyPeriodOver(HotlineError):
    en = "The reply period ended at {reply_by}; once the deduction is in effect, it can be appealed."
    zh = "申辩期已于 {reply_by} 截止；扣分生效后可以申诉。"


class ReplyPeriodRuns(HotlineError):
    en = "Points cannot be deducted before the reply period ends at {reply_by}."
    zh = "申辩期结束前不得扣分，截止时间：{reply_by}。"


class ProviderNotTold(HotlineError):
    en = "The provider has not been notified, so its reply period has not begun; read the notice to it first."
    zh = "尚未告知服务单位，申辩期还没有开始：请先向其宣读通知。"


class AppealPeriodOver(HotlineError):
    en = "The appeal period ended at {appeal_by}."
    zh = "申诉期已于 {appeal_by} 截止。"


class RulesVersionExists(HotlineError):
    en = "Version {version} of the credit rules already exists with other contents; give the new rules another version."
    zh = "信用规则版本 {version} 已存在且内容不同，请为新规则另取版本名。"


class NothingToAppeal(HotlineError):
    en = "Only deductions can be appealed."
    zh = "只有扣分可以申诉。"
