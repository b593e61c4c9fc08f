"""Add an index for lists of credit entries by status.

It is built concurrently, so nobody waits for it. The downgrade only drops it.
"""

from collections.abc import Sequence

from migrations.indexes import build_index, drop_index

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NAME, TABLE = "ix_credit_entries_status_id", "credit_entries"


def upgrade() -> None:
    build_index(NAME, TABLE, ["status", "id"])


def downgrade() -> None:
    drop_index(NAME, TABLE)
