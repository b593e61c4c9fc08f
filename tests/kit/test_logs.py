"""Logs name no citizen."""

import io
import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.kit.db import Database
from app.kit.logs import FORMAT, PrivateFormatter, without_quotations
from app.kit.steps import describe

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


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(PrivateFormatter(FORMAT))
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


def test_what_follows_a_quotation_stays() -> None:
    said = "refused\nDETAIL:  Key (phone)=(1) exists,\n\nand so on.\nHINT:  Use another.\n[SQL: INSERT]"
    assert without_quotations(said).endswith("\nHINT:  Use another.\n[SQL: INSERT]")
