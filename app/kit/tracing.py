"""The trace id: everything that one call, or one piece of the worker's work, causes carries the same id.

It is in the answer's header, in every line of the log, in the events, and in the header of the webhook messages about
them.
"""

import re
from contextvars import ContextVar
from secrets import token_hex

HEADER = "X-Request-Id"
"""The header in which proxies pass the trace id. Its 'request' is an HTTP request, not a citizen's."""
_UUID = re.compile(rb"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_trace: ContextVar[str | None] = ContextVar("trace", default=None)


def begin_trace(given: bytes | None = None) -> str:
    """Give an id to what this task does from now on, and return it: 32 hexadecimal digits.

    The id is `given` if that is a UUID, because a UUID holds no personal data; otherwise it is new.
    """
    known = _UUID.fullmatch(given) if given else None
    trace = known[0].decode().replace("-", "").lower() if known else token_hex(16)
    _trace.set(trace)
    return trace


def current_trace() -> str | None:
    """Return the id of what this task does, or None if it was given none."""
    return _trace.get()
