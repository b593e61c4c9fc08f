"""The schedule knows every table and every column that could hold a person's data."""

import pytest
from sqlalchemy import ARRAY, JSON, CheckConstraint, Column, LargeBinary, Table, Text

from app.privacy.schedule import BY_TABLE, SCHEDULE, Then
from app.schema import METADATA
from tests.surface import snapshots


def is_open(table: Table, column: Column[object]) -> bool:
    """Return whether the column can hold any text: it refers to no other row, and no CHECK lists its words."""
    if column.foreign_keys or not isinstance(column.type, (Text, JSON, ARRAY, LargeBinary)):
        return False
    checks = [str(check.sqltext) for check in table.constraints if isinstance(check, CheckConstraint)]
    return not any(check.startswith(f"{column.name} IN (") for check in checks)


def test_every_table_is_in_the_schedule_once() -> None:
    assert sorted(line.table for line in SCHEDULE) == sorted(METADATA.tables)


@pytest.mark.parametrize("name", sorted(METADATA.tables))
def test_every_text_is_personal_or_plain(name: str) -> None:
    line, table = BY_TABLE[name], METADATA.tables[name]
    texts = {column.name for column in table.columns if is_open(table, column)}
    assert texts == (set(line.blanks) | set(line.plain)) & texts, f"{name}: say what these are"
    assert set(line.blanks) | set(line.plain) <= set(table.columns.keys())
    assert not set(line.blanks) & set(line.plain)
    assert (line.then is Then.DELETED) <= (line.age is not None)


def test_the_page_shows_the_schedule() -> None:
    assert snapshots.personal_data() == snapshots.PERSONAL_DATA.read_text(encoding="utf-8"), "make surface"
