"""Add the English text of operator rules.

The column is NULL, so adding it takes ACCESS EXCLUSIVE on `items` for milliseconds. The next load of the catalogue
(`hotline seed`) fills it. The downgrade loses the English texts.
"""

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
