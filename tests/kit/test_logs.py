"""Logs are JSON, whoever writes them, and name no citizen."""

import io
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from app.kit.db import Database
from app.kit.logs import LogFormat, PrivateFormatter, set_up_logs, without_quotations
from app.kit.steps import describe
from app.kit.tracing import begin_trace

PHONE = "13957412345"
SPOILT = {
    "a row that a constraint refuses": (
        "INSERT INTO citizens (id, phone, name, created_at) VALUES (gen_random_uuid(), NULL, :phone, NULL)",
        {"phone": f"{PHONE}\nHINTED: 2\n\tat home"},
    ),
    "a second row of the same key": (
        "WITH one AS (SELECT :phone AS phone) INSERT INTO staff (id, username, name, password_hash, roles, created_at)"
        " SELECT gen_random_uuid(), phone, '', '', '{}', now() FROM one, generate_series(1, 2)",
        {"phone": PHONE},
    ),
    "a text where a number is wanted": ("SELECT CAST(CAST(:phone AS text) AS uuid)", {"phone": PHONE}),
    "a parameter of another type": ("SELECT CAST(:phone AS integer)", {"phone": PHONE}),
}


@pytest.fixture(params=["json", "text"])
def log_format(request: pytest.FixtureRequest) -> LogFormat:
    return "json" if request.param == "json" else "text"


@pytest.fixture
def logged(log_format: LogFormat) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(PrivateFormatter(log_format))
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize("spoilt", SPOILT)
async def test_errors_of_the_database_quote_no_rows(db: Database, logged: io.StringIO, spoilt: str) -> None:
    statement, given = SPOILT[spoilt]
    with pytest.raises(Exception, match=r"(?s).") as raised:
        async with db.engine.connect() as connection:
            await connection.execute(text(statement), given)
    logging.getLogger("app.worker").error("it failed", exc_info=raised.value)
    assert PHONE not in logged.getvalue()
    assert PHONE not in describe(raised.value)
    assert "it failed" in logged.getvalue()
    assert type(raised.value).__name__ in logged.getvalue()


def test_text_after_a_quotation_is_kept() -> None:
    said = "refused\nDETAIL:  Key (phone)=(1) exists,\n\nand so on.\nHINT:  Use another.\n[SQL: INSERT]"
    assert without_quotations(said).endswith("\nHINT:  Use another.\n[SQL: INSERT]")


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("log_format", ["json"], indirect=True)
@pytest.mark.parametrize("name", ["uvicorn.error", "sqlalchemy.pool", "app.worker"])
def test_each_line_is_an_object_with_the_trace(logged: io.StringIO, name: str) -> None:
    """A line used to be text, a traceback many lines, and nothing said which call a line belonged to."""
    trace = begin_trace()
    try:
        raise ValueError("first line\nsecond line")
    except ValueError:
        logging.getLogger(name).exception("it %s", "failed", extra={"color_message": "it failed in red"})
    [line] = lines(logged)
    assert (line["logger"], line["level"], line["event"], line["trace_id"]) == (name, "error", "it failed", trace)
    assert line["timestamp"].endswith("Z")
    assert "second line" in line["exception"]
    assert "color_message" not in line


@pytest.mark.parametrize("log_format", ["json"], indirect=True)
def test_uncaught_errors_are_logged(
    logged: io.StringIO, log_format: LogFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The traceback that ended a process used to quote the row."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    logging.captureWarnings(False)  # pytest took back what a command of an earlier test had set
    set_up_logs(log_format)
    try:
        error = ValueError(f"refused\nDETAIL:  Key (phone)=({PHONE}) exists.")
        sys.excepthook(ValueError, error, None)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("this will go", stacklevel=1)
    finally:
        logging.captureWarnings(False)
    ended, warned = lines(logged)
    assert ended["level"] == "critical"
    assert PHONE not in logged.getvalue()
    assert (warned["logger"], warned["level"]) == ("py.warnings", "warning")
