"""Add an index for lists of credit entries by status.

It is built concurrently, so nobody waits for it. The downgrade only drops it.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXES = {
    "credit_entries": ("ix_credit_entries_status_id", ["status", "id"]),
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table, (name, columns) in INDEXES.items():
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
            op.create_index(name, table, columns, postgresql_concurrently=True)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for table, (name, _) in INDEXES.items():
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
