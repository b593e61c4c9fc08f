"""Store, for each urgency, how many days after the first deadline a moved appointment may lie.

`urgencies` has five rows: ACCESS EXCLUSIVE lasts milliseconds. All rows start at 3 days. The next load of the catalogue
(`hotline seed`) sets their values, so the downgrade loses nothing.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("urgencies", sa.Column("move_days", sa.Integer(), server_default=sa.text("3"), nullable=False))
    op.create_check_constraint(op.f("ck_urgencies_move_days"), "urgencies", "move_days BETWEEN 0 AND 365")


def downgrade() -> None:
    op.drop_column("urgencies", "move_days")
