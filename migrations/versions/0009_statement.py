"""Add links to statements, and an index that finds decisions by day.

The index is built concurrently, so nobody waits for it. The new table's foreign keys take SHARE ROW EXCLUSIVE on
`providers` and `staff` for milliseconds. After the downgrade the links that were sent out no longer work.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.indexes import build_index

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    build_index("ix_decisions_at", "decisions", ["at"])
    op.create_table(
        "statement_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("views", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=True),
        sa.Column("views_in_hour", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("ck_statement_links_first_of_month")),
        sa.CheckConstraint("expires_at > made_at", name=op.f("ck_statement_links_expires")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_statement_links_made_by")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_statement_links_provider_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_statement_links_token_hash")),
    )
    op.create_index(op.f("ix_statement_links_provider_id_id"), "statement_links", ["provider_id", "id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_statement_links_provider_id_id"), table_name="statement_links")
    op.drop_table("statement_links")
    op.drop_index("ix_decisions_at", table_name="decisions")
