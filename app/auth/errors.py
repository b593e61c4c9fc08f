"""What can go wrong when signing in or asking for something one may not have."""

from app.kit.errors import HotlineError


class NotSignedIn(HotlineError):
    status = 401
    en = "Sign in first: the token is missing, unknown, signed out or expired."
    zh = "请先登录：令牌缺失、无效、已退出或已过期。"


class NotAllowed(HotlineError):
    status = 403
    en = "This needs one of the roles: {roles}."
    zh = "此操作需要以下角色之一：{roles}。"


class CrossSite(HotlineError):
    status = 403
    en = "This change was asked for by a page of another site, or by a browser that does not say by which."
    zh = "该操作来自其他网站的页面，或浏览器没有说明来源。"


class KeyRefused(HotlineError):
    status = 401
    en = "The key is unknown or was revoked; ask the registrar."
    zh = "密钥无效或已停用，请联系中心登记处。"


class NoSession(HotlineError):
    en = "A provider's key is not a session: it holds until the registrar revokes it."
    zh = "服务单位密钥不是登录会话，停用请联系中心登记处。"


class SignInFailed(HotlineError):
    status = 401
    en = "The user name or the password is wrong."
    zh = "用户名或密码不正确。"


class TooManyAttempts(HotlineError):
    status = 429
    retry_after = 900
    en = "Too many failed sign-ins for this user; wait {minutes} minutes."
    zh = "该用户登录失败次数过多，请等待 {minutes} 分钟。"


class UsernameTaken(HotlineError):
    en = "There is already a user named {username}."
    zh = "用户名 {username} 已存在。"
