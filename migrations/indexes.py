"""Builds and drops indexes while others read and write.

Each statement commits by itself, together with what the migration did before it, so everything before it must be
repeatable as well (`if_not_exists`, `if_exists`, CREATE OR REPLACE).
"""

from collections.abc import Sequence
from typing import Any

from alembic import op
from sqlalchemy import TextClause


def build_index(name: str, table: str, columns: Sequence[str | TextClause], **options: Any) -> None:
    """Build an index without blocking anybody. `options` are those of `op.create_index`.

    A build that gives up leaves an invalid index behind, which IF NOT EXISTS would accept. So whatever has this name
    is dropped first.
    """
    drop_index(name, table)
    with op.get_context().autocommit_block():
        op.create_index(name, table, columns, postgresql_concurrently=True, **options)


def drop_index(name: str, table: str) -> None:
    """Drop an index, if it exists, without blocking anybody."""
    with op.get_context().autocommit_block():
        op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
