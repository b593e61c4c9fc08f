"""Logs without personal data: what PostgreSQL and its driver quote from rows and parameters is left out.

Every line is a JSON object, whoever wrote it (uvicorn, SQLAlchemy, our own code), with the trace id (app.kit.tracing)
of what caused it. On a terminal it is text.
"""

import json
import logging
import re
import sys
from types import TracebackType
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor

from app.kit.tracing import current_trace

LogFormat = Literal["json", "text"]
FACTS = ("method", "route", "status", "seconds")
"""What a record may carry besides its message (`extra`)."""
_QUOTED = (
    # PostgreSQL's DETAIL quotes whole rows, which may contain line breaks; it ends where the next known part begins.
    (re.compile(r"DETAIL: .*?(?=\n(?:HINT:|\[SQL:|\(Background|\n|Traceback|\d{4}-\d\d-\d\d )|\Z)", re.DOTALL), ""),
    (re.compile(r"(invalid input for query argument \$\d+: ).*?(?= \([^()\n]*\)(?:\n|\Z)|\n|\Z)", re.DOTALL), r"\1…"),
    (re.compile(r'(invalid input (?:syntax|value) for [^:\n]+: )".*?"(?=\n|\Z|\))', re.DOTALL), r"\1…"),
)


def without_quotations(text: str) -> str:
    """Return an error's text without the rows and parameters that it quotes: they name citizens and their numbers."""
    for pattern, replacement in _QUOTED:
        text = pattern.sub(replacement, text)
    return text


class PrivateFormatter(structlog.stdlib.ProcessorFormatter):
    """Formats records, tracebacks included, without what they quote from the database."""

    def __init__(self, log_format: LogFormat) -> None:
        """`log_format` is `json`, one object a line, or `text`, for people."""
        common: list[Processor] = [
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.stdlib.ExtraAdder(allow=FACTS),
            structlog.contextvars.merge_contextvars,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            _complete,
        ]
        render = _as_text if log_format == "text" else structlog.processors.JSONRenderer(_one_line)
        super().__init__(foreign_pre_chain=common, processors=[self.remove_processors_meta, render])


def _complete(_: Any, __: str, said: EventDict) -> EventDict:
    """Add the trace id, and take out what is quoted, while line breaks still show where a quotation ends."""
    if trace := current_trace():
        said["trace_id"] = trace
    return {name: without_quotations(value) if isinstance(value, str) else value for name, value in said.items()}


def _one_line(said: EventDict, **options: Any) -> str:
    return json.dumps(said, ensure_ascii=False, **options)


def _as_text(_: Any, __: str, said: EventDict) -> str:
    at, level, logger, event = (said.pop(name, "") for name in ("timestamp", "level", "logger", "event"))
    below = [said.pop(name) for name in ("exception", "stack") if name in said]
    facts = "".join(f" {name}={value}" for name, value in said.items())
    return "\n".join([f"{at} {level.upper()} {logger}: {event}{facts}", *below])


def set_up_logs(log_format: LogFormat | None = None) -> None:
    """Send the process's logs, its warnings and any exception that ends it to standard error.

    Without a format they are text on a terminal, and JSON anywhere else.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(PrivateFormatter(log_format or ("text" if sys.stderr.isatty() else "json")))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(True)
    sys.excepthook = _log_end


def _log_end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger(__name__).critical("the process ends: %s", kind.__name__, exc_info=(kind, error, trace))
