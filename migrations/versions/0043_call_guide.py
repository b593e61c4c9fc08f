"""What is asked of an item and whom it is relayed to, and what a citizen answered.

Three columns without defaults: ACCESS EXCLUSIVE on items and on requests for milliseconds, nothing is rewritten.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0043"
down_revision: str | None = "0042"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("items", sa.Column("asks", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("items", sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("requests", sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def downgrade() -> None:
    op.drop_column("requests", "details")
    op.drop_column("items", "lines")
    op.drop_column("items", "asks")
