"""The errors of a call: the centre refuses, or it cannot be reached."""

from collections.abc import Mapping
from typing import Any, Self

import httpx


class Problem(Exception):
    """The centre's refusal (RFC 9457).

    `title` is a sentence for people and `code` is for programs. `members` is the whole document with its facts, such as
    `expired_at` or `cap_fen`.
    """

    def __init__(self, code: str, status: int, title: str, members: Mapping[str, Any]) -> None:
        self.code = code
        self.status = status
        self.title = title
        self.members = members
        super().__init__(title)

    @classmethod
    def of(cls, response: httpx.Response) -> Self:
        """Return the problem in a response. A proxy's page without a document gets a code such as `http_502`."""
        try:
            document = response.json()
        except ValueError:
            document = None
        members: dict[str, Any] = document if isinstance(document, dict) else {}
        code = members.get("code", f"http_{response.status_code}")
        return cls(code, response.status_code, members.get("title", response.reason_phrase), members)


class Unreachable(Exception):
    """No answer before patience ran out. Whether the last call was carried out is unknown; repeating it is safe.

    `kept` means that it was an action, which is in the journal, and `deliver` will repeat it.
    """

    def __init__(self, reason: str, *, kept: bool = False) -> None:
        super().__init__(reason)
        self.kept = kept
