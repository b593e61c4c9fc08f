"""Logs without personal data: what PostgreSQL and its driver quote from rows and parameters is left out."""

import logging
import re

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_QUOTED = (
    # PostgreSQL's DETAIL quotes whole rows, which may contain line breaks; it ends where the next known part begins.
    (re.compile(r"DETAIL: .*?(?=\n(?:HINT:|\[SQL:|\(Background|\n|Traceback|\d{4}-\d\d-\d\d )|\Z)", re.DOTALL), ""),
    (re.compile(r"(invalid input for query argument \$\d+: ).*?(?= \([^()\n]*\)(?:\n|\Z)|\n|\Z)", re.DOTALL), r"\1…"),
    (re.compile(r'(invalid input (?:syntax|value) for [^:\n]+: )".*?"(?=\n|\Z|\))', re.DOTALL), r"\1…"),
)


class PrivateFormatter(logging.Formatter):
    """Formats records, tracebacks included, without what they quote from the database."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of the record."""
        return without_quotations(super().format(record))


def without_quotations(text: str) -> str:
    """Return an error's text without the rows and parameters that it quotes: they name citizens and their numbers."""
    for pattern, replacement in _QUOTED:
        text = pattern.sub(replacement, text)
    return text


def set_up_logs() -> None:
    """Send the process's logs to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(PrivateFormatter(FORMAT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
