"""Order the index of due webhook deliveries by id as well, so that many due at the same moment are read in order.

The new index is built concurrently and only then replaces the old one, so nobody waits. The downgrade rebuilds the
former index the same way and loses nothing.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.indexes import build_index, drop_index

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PENDING = sa.text("status = 'pending'")


def upgrade() -> None:
    _replace(["endpoint_id", "due_at", "id"])


def downgrade() -> None:
    _replace(["endpoint_id", "due_at"])


def _replace(columns: list[str]) -> None:
    name, table = "ix_webhook_deliveries_due", "webhook_deliveries"
    build_index(f"{name}_new", table, columns, postgresql_where=PENDING)
    drop_index(name, table)
    op.execute(f"ALTER INDEX {name}_new RENAME TO {name}")
