"""Let temporary passwords expire. Existing ones do not.

The column is NULL, and the CHECK reads the few rows of `staff`: ACCESS EXCLUSIVE lasts milliseconds. After the
downgrade temporary passwords no longer expire.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("staff", sa.Column("password_until", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_staff_password_until"), "staff", "password_until IS NULL OR password_temporary")


def downgrade() -> None:
    op.drop_column("staff", "password_until")
