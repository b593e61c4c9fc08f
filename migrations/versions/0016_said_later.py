"""Store when something was last said about a job that its provider has to be told.

The column is NULL, so adding it takes ACCESS EXCLUSIVE on `jobs` for milliseconds and rewrites nothing. The downgrade
loses these times.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("said_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("jobs", "said_at")
