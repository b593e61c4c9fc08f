"""Finds changed word lists in CHECKs for `alembic revision --autogenerate`, and changes them on a live database.

Alembic does not compare CHECKs. Without this module a word added to an enum would get no migration, and the database
would refuse it.
"""

import re
from typing import Any

from alembic import op
from alembic.autogenerate import comparators, renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import MigrateOperation, ModifyTableOps
from sqlalchemy import CheckConstraint, Table

_WORD = re.compile(r"'([a-z]\w*)'")


def replace_check(table: str, name: str, condition: str) -> None:
    """Replace the CHECK with this name. Call it last in a migration, because it commits.

    It takes ACCESS EXCLUSIVE for milliseconds, then reads the table while others read and write. Raises IntegrityError
    if a row violates the condition.
    """
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID")
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


class ReplaceCheck(MigrateOperation):
    """A change of a CHECK, which a generated migration makes by calling `replace_check`."""

    def __init__(self, table: str, name: str, condition: str, former: str) -> None:
        self.table, self.name, self.condition, self.former = table, name, condition, former

    def reverse(self) -> "ReplaceCheck":
        """Return the change that undoes this one, for the downgrade."""
        return ReplaceCheck(self.table, self.name, self.former, self.condition)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return the change as `alembic check` prints it."""
        return ("replace_check", self.table, self.name, self.condition)


@comparators.dispatch_for("table")
def compare_words(
    context: AutogenContext,
    changes: ModifyTableOps,
    schema: str | None,
    table: str,
    present: Table | None,
    declared: Table | None,
) -> None:
    """Add a change for each CHECK in the database whose words differ from the model's."""
    if present is None or declared is None:
        return
    assert context.inspector
    assert context.dialect
    stored = {check["name"]: check["sqltext"] for check in context.inspector.get_check_constraints(table)}
    for check in declared.constraints:
        if isinstance(check, CheckConstraint):
            name = context.dialect.identifier_preparer.format_constraint(check) or ""
            condition, former = str(check.sqltext), stored.get(name, "")
            if set(_WORD.findall(condition)) != set(_WORD.findall(former)):
                changes.ops.append(ReplaceCheck(table, name, condition, former))


@renderers.dispatch_for(ReplaceCheck)
def render(context: AutogenContext, change: ReplaceCheck) -> str:
    """Return the source code of the call."""
    context.imports.add("from migrations.checks import replace_check")
    return f"replace_check({change.table!r}, {change.name!r}, {change.condition!r})"
