"""Let providers file monthly returns, and registrars review and lock them.

Registrars entered the existing returns, so these become locked and count as filed on paper. The migration rewrites
`provider_months`, which has a row per provider and month, under ACCESS EXCLUSIVE: 0.8 s for 36,000 returns. The foreign
key takes SHARE ROW EXCLUSIVE on `staff` for as long.

The downgrade keeps the figures of every return. It loses which returns are locked, when and by whom, and why a return
was reopened, so unreviewed returns count like locked ones.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "provider_months"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False))
    op.add_column(TABLE, sa.Column("status", sa.Text(), server_default=sa.text("'filed'"), nullable=False))
    op.add_column(TABLE, sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(TABLE, sa.Column("on_paper", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column(TABLE, sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(TABLE, sa.Column("locked_by", sa.Uuid(), nullable=True))
    op.add_column(TABLE, sa.Column("reopened_why", sa.Text(), nullable=True))
    op.execute("UPDATE provider_months SET status = 'locked', locked_at = now(), on_paper = true")
    op.create_unique_constraint(op.f("uq_provider_months_id"), TABLE, ["id"])
    op.create_foreign_key(op.f("fk_provider_months_locked_by"), TABLE, "staff", ["locked_by"], ["id"])
    op.create_check_constraint(op.f("ck_provider_months_status"), TABLE, "status IN ('filed', 'locked')")
    op.create_check_constraint(
        op.f("ck_provider_months_locked_at"), TABLE, "(status = 'locked') = (locked_at IS NOT NULL)"
    )


def downgrade() -> None:
    for name in ("locked_at", "status"):
        op.drop_constraint(op.f(f"ck_provider_months_{name}"), TABLE, type_="check")
    op.drop_constraint(op.f("fk_provider_months_locked_by"), TABLE, type_="foreignkey")
    op.drop_constraint(op.f("uq_provider_months_id"), TABLE, type_="unique")
    for name in ("reopened_why", "locked_by", "locked_at", "on_paper", "filed_at", "status", "id"):
        op.drop_column(TABLE, name)
