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
