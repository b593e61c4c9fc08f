"""Problems with signing in, permissions, accounts and passwords."""

from app.kit.errors import HotlineError


class NotSignedIn(HotlineError):
    status = 401
    en = "Sign in first: the token is missing, unknown, signed out or expired."
    zh = "请先登录：令牌缺失、无效、已退出或已过期。"


class NotAllowed(HotlineError):
    status = 403
    en = "This requires one of these roles: {roles}."
    zh = "此操作需要以下角色之一：{roles}。"


class NoStaffRole(HotlineError):
    status = 422
    en = "Staff roles are: {roles}."
    zh = "工作人员的角色有：{roles}。"


class FormerProvider(HotlineError):
    status = 403
    en = "This provider has left or was expelled: it can only read its statement and credit, and appeal."
    zh = "该单位已退出或已被清退：仅可查看对账单和信用分并进行申述，不能再办理业务。"


class PasswordDue(HotlineError):
    status = 403
    en = "Change your password first (PUT /account/password): somebody else set the current one."
    zh = "请先修改密码（PUT /account/password）：当前密码是他人设置的临时密码。"


class SecondFactorDue(HotlineError):
    status = 403
    en = "Set up a second factor first (PUT /account/second-factor): the centre requires it for your role."
    zh = "请先设置动态验证码（PUT /account/second-factor）：中心要求您的角色使用两步验证。"


class CrossSite(HotlineError):
    status = 403
    en = "This request comes from another site's page, or from a browser that does not say where it comes from."
    zh = "该操作来自其他网站的页面，或浏览器没有说明来源。"


class KeyRefused(HotlineError):
    status = 401
    en = "The key is unknown, expired or revoked; contact the registrar."
    zh = "密钥无效或已停用，请联系加盟管理员。"


class NoSession(HotlineError):
    en = "A provider's key is not a session; contact the registrar to revoke it."
    zh = "服务单位密钥不是登录会话，停用请联系加盟管理员。"


class SignInFailed(HotlineError):
    status = 401
    en = "The user name or the password is wrong."
    zh = "用户名或密码不正确。"


class TooManyAttempts(HotlineError):
    status = 429
    en = "Too many failed sign-ins from here; try again in {wait_seconds} seconds."
    zh = "此处登录失败次数过多，请 {wait_seconds} 秒后再试。"

    def headers(self) -> dict[str, str]:
        """Return the wait, in seconds, as Retry-After."""
        return {"Retry-After": str(self.facts["wait_seconds"])}


class SignInsCrowded(HotlineError):
    status = 503
    retry_after = 2
    en = "Too many people are signing in right now; try again in a moment."
    zh = "当前登录人数过多，请稍后再试。"


class CodeNeeded(HotlineError):
    status = 401
    en = "Enter the six-digit code from your authenticator app, or a recovery code."
    zh = "请输入验证器应用中的六位动态验证码，或一个恢复码。"


class CodeWrong(HotlineError):
    status = 401
    en = "The code is wrong, has expired or was used before."
    zh = "验证码不正确、已过期或已使用过。"


class PasswordRunOut(HotlineError):
    status = 401
    en = "The temporary password has expired; ask an administrator for a new one."
    zh = "临时密码已过期，请联系系统管理员重新设置。"


class PasswordWrong(HotlineError):
    status = 422
    en = "The current password is wrong."
    zh = "当前密码不正确。"


class PasswordWeak(HotlineError):
    status = 422
    en = "This password is too easy to guess; try several unrelated words."
    zh = "该密码过于简单、容易被猜中，请换一个，例如几个互不相关的词。"


class PasswordSame(HotlineError):
    status = 422
    en = "The new password is the same as the current one."
    zh = "新密码与当前密码相同。"


class SecondFactorExists(HotlineError):
    en = "A second factor is already set up; remove it first."
    zh = "两步验证已设置，请先解除。"


class NoSecondFactor(HotlineError):
    en = "No second factor is being set up."
    zh = "尚未开始设置两步验证。"


class CodeNotRight(HotlineError):
    status = 422
    en = "The code does not match the app's current one; check that the phone's clock is right."
    zh = "与验证器应用当前的验证码不符，请检查手机时间是否准确。"


class LastAdmin(HotlineError):
    en = "{username} is the last active administrator; appoint another one first."
    zh = "{username} 是最后一名在用的系统管理员，请先设置另一名。"


class StaffInactive(HotlineError):
    en = "{username}'s account is deactivated."
    zh = "{username} 的账号已停用。"


class UsernameTaken(HotlineError):
    en = "The user name {username} is already taken."
    zh = "用户名 {username} 已存在。"
