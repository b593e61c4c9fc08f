"""Mark requests that were dispatched by mistake and undone.

The column has a constant default, so adding it takes ACCESS EXCLUSIVE on `requests` for milliseconds and writes no row.
After the downgrade undone requests look like any cancelled ones.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0045"
down_revision: str | None = "0044"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("requests", sa.Column("undone", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    op.drop_column("requests", "undone")
