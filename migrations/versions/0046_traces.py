"""The trace of each event: which call, or which work of the worker, caused it.

A column without a default: ACCESS EXCLUSIVE on events for milliseconds, no row is written.
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
