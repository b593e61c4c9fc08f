"""Operator rules in English as well; the catalogue's own come with the next load."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("items", sa.Column("rule_en", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("items", "rule_en")
