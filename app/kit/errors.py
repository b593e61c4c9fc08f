"""Errors that a caller can understand. Each class is one problem (RFC 9457); the class's name gives its code.

`OfferExpired` is sent as `{"type": "/problems/offer_expired", "code": "offer_expired", ...}`. `en` and `zh` are the
sentences shown. The error's facts fill them and are also members of the document.
"""

import re
from typing import Any, ClassVar

from app.kit.languages import Language, say
from app.kit.terms import Term
from app.kit.wording import WORDS

RESERVED = {"type", "title", "status", "code"}


class HotlineError(Exception):
    """A problem in the words of the domain. `facts` fill its sentence and become members of the response."""

    status: ClassVar[int] = 409
    retry_after: ClassVar[int | None] = None
    """Seconds after which a retry makes sense."""
    en: ClassVar[str]
    zh: ClassVar[str]

    def __init__(self, **facts: Any) -> None:
        assert not RESERVED & facts.keys(), f"{RESERVED} are the document's own members"
        self.facts = facts
        super().__init__(self.en.format(**_spelled(facts, Language.EN)))

    @classmethod
    def code(cls) -> str:
        """Return the stable code: the class's name in snake case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def headers(self) -> dict[str, str]:
        """Return the headers of the response."""
        return {"Retry-After": str(self.retry_after)} if self.retry_after else {}

    def document(self, language: Language) -> dict[str, Any]:
        """Return the problem document in this language."""
        sentence = say(self, language).format(**_spelled(self.facts, language))
        return {
            "type": f"/problems/{self.code()}",
            "title": sentence,
            "status": self.status,
            "code": self.code(),
            **self.facts,
        }


class InvalidField(ValueError):
    """A validator's complaint about a field, in each language."""

    def __init__(self, en: str, zh: str) -> None:
        self.en, self.zh = en, zh
        super().__init__(en)


def _spelled(facts: dict[str, Any], language: Language) -> dict[str, Any]:
    """Return the facts as they read in a sentence: lists joined, terms and codes in its language."""

    words = WORDS[language]

    def word(value: Any) -> Any:
        if isinstance(value, Term):
            return say(value, language)
        return words.get(value, value) if isinstance(value, str) else value

    return {
        name: language.separator.join(str(word(one)) for one in value)
        if isinstance(value, (list, tuple, set, frozenset))
        else word(value)
        for name, value in facts.items()
    }


class NotFound(HotlineError):
    status = 404
    en = "There is no {what} {key}."
    zh = "没有找到 {what} {key}。"


class InvalidJson(HotlineError):
    status = 400
    en = "The request body is not valid JSON (near character {place})."
    zh = "请求内容无法按 JSON 读取（第 {place} 个字符附近）。"


class InvalidInput(HotlineError):
    status = 422
    en = "Some fields are missing or invalid; see errors."
    zh = "有字段缺失或不正确，详见 errors。"


class UnknownParameter(HotlineError):
    status = 422
    en = "There is no parameter {unknown} here; the parameters are: {known}."
    zh = "此处没有参数 {unknown}；可用的参数：{known}。"


class TextUnstorable(HotlineError):
    status = 422
    en = "A text or number cannot be stored: it has a NUL character, half a surrogate pair, or a number out of range."
    zh = "有文字或数字无法保存：含有空字符、不完整的字符，或数字超出范围。"


class BodyTooLarge(HotlineError):
    status = 413
    en = "The request body is larger than {limit} bytes."
    zh = "请求内容超过 {limit} 字节。"


class DatabaseUnavailable(HotlineError):
    status = 503
    retry_after = 2
    en = "The database is unavailable at the moment. Nothing was changed; try again."
    zh = "数据库暂时无法连接，没有改动任何内容，请稍后重试。"


class DatabaseReadOnly(DatabaseUnavailable):
    """SQLSTATE 25006: a standby, or a primary set to read-only."""

    retry_after = 5
    en = "The database is read-only at the moment. Nothing was changed; try again."
    zh = "数据库暂时只读，没有改动任何内容，请稍后重试。"


class OutcomeUnknown(DatabaseUnavailable):
    """The connection was lost during COMMIT, so the server may or may not have saved the change."""

    en = (
        "The connection to the database was lost while saving, so the outcome is unknown. Retry with"
        " the same Idempotency-Key; if you sent none, check first whether the change was saved."
    )
    zh = "保存时与数据库的连接中断，结果未知。请用同一 Idempotency-Key 重试；如未使用，请先查看是否已保存。"


class ConstraintViolated(HotlineError):
    status = 409
    en = "The database does not allow this change ({constraint})."
    zh = "数据库不允许此改动（{constraint}）。"


class InternalError(HotlineError):
    status = 500
    en = "Something went wrong on our side. Nothing was changed; see the server's log for details."
    zh = "服务器内部出错，没有改动任何内容；详情见服务器日志。"


class DatabaseBusy(HotlineError):
    status = 503
    retry_after = 1
    en = "Somebody else was changing the same data, or it took too long. Nothing was changed; try again."
    zh = "有人正在同时修改相同内容，或处理超时；没有改动任何内容，请重试。"


class VersionRequired(HotlineError):
    status = 428
    en = "Send If-Match with the ETag you read, so that you do not overwrite somebody else's change."
    zh = "请在 If-Match 中带上读到的 ETag，以免覆盖他人的修改。"


class VersionStale(HotlineError):
    status = 412
    en = "It has changed since you read it. Read it again (current version {current})."
    zh = "内容在您读取后已被修改，请重新读取（当前版本 {current}）。"


class CursorInvalid(HotlineError):
    status = 422
    en = "The cursor did not come from this list."
    zh = "游标不是本列表给出的。"


class KeyReused(HotlineError):
    status = 422
    en = "This Idempotency-Key was already used with a different request body."
    zh = "该 Idempotency-Key 已用于另一个不同的请求内容。"


class KeyInvalid(HotlineError):
    status = 422
    en = "An Idempotency-Key must have 1 to 200 characters."
    zh = "Idempotency-Key 长度应为 1 到 200 个字符。"
