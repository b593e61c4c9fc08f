"""Store what operators ask about an item and to whom they relay it, and what the citizen answered.

The three columns are NULL, so adding them takes ACCESS EXCLUSIVE on `items` and `requests` for milliseconds and
rewrites nothing. The downgrade loses the citizens' answers.
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
