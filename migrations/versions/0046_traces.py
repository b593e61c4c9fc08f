"""Store the trace of each event, which leads to the call or the worker's step that caused it.

The column is NULL, so adding it takes ACCESS EXCLUSIVE on `events` for milliseconds and rewrites nothing. The downgrade
loses the traces.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0046"
down_revision: str | None = "0045"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("events", sa.Column("trace_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("events", "trace_id")
