"""Writes tables that spreadsheet programs open safely, and reads the files that they save."""

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

BOM = "\ufeff"
"""Without a byte order mark, Excel reads UTF-8 as the local code page and shows no Chinese."""
_RISKY = re.compile(r"'*(?:[\t\r\n#]|[\s\ufeff]*[=+\-@＝＋－＠]|(?:0\d+|\d{12,})\Z)")
"""Excel in Chinese and Japanese takes a full-width ＝ for =, and some programs skip spaces before it."""


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the rows as CSV under their header. Each text is made `harmless`."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(map(harmless, row) for row in rows)
    return BOM + text.getvalue()


def harmless(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would take for a formula, or for a number whose digits it would
    lose. `plain` removes it."""
    return f"'{value}" if isinstance(value, str) and _RISKY.match(value) else value


def plain(value: str) -> str:
    """Return the text without the apostrophe that `harmless` added."""
    return value[1:] if value.startswith("'") and _RISKY.match(value) else value


def decode(content: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16 or GB18030 (which covers GBK), as Chinese Excel saves it.

    A byte order mark is optional. Raises ValueError when the encoding is none of these.
    """
    for encoding in ("utf-8-sig", *_wide(content), "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            if "\0" not in text:
                return text
    raise ValueError("neither UTF-8, UTF-16 nor GB18030")


def _wide(content: bytes) -> Sequence[str]:
    """Return the UTF-16 encodings to try, by the byte order mark or else by the position of zero bytes."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["utf-16"]
    even, odd = content[::2].count(0), content[1::2].count(0)
    return ["utf-16-le"] if odd > even else ["utf-16-be"] if even else []
