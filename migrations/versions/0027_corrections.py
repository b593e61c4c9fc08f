"""Allow requests, and the bills of jobs, to be corrected.

The columns are NULL or have a constant default, so adding them takes ACCESS EXCLUSIVE on `requests` and `jobs` for
milliseconds and rewrites nothing. The downgrade keeps the corrected values. It loses when they were corrected, and the
versions of requests.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("requests", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column("requests", sa.Column("corrected_at", MOMENT))
    op.add_column("jobs", sa.Column("corrected_at", MOMENT))
    op.add_column("jobs", sa.Column("amount_corrected_at", MOMENT))


def downgrade() -> None:
    op.drop_column("jobs", "amount_corrected_at")
    op.drop_column("jobs", "corrected_at")
    op.drop_column("requests", "corrected_at")
    op.drop_column("requests", "version")
