"""Store versions of the guides for dangers.

It creates a table, whose foreign keys take SHARE ROW EXCLUSIVE on `staff` for milliseconds. `hotline seed` fills the
table; until then the guides that come with the software apply. The downgrade loses the guides edited at the centre.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "danger_guides",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("change", sa.Text(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("(status = 'draft') = (decided_at IS NULL)", name=op.f("ck_danger_guides_decided_at")),
        sa.CheckConstraint("(status = 'superseded') = (ended_at IS NOT NULL)", name=op.f("ck_danger_guides_ended_at")),
        sa.CheckConstraint(
            "kind IN ('fire', 'gas', 'drowning', 'electric_water', 'chest_pain', 'stroke', 'other_medical', "
            "'self_harm', 'violence', 'crime', 'poisoning', 'smoke', 'trapped', 'fall', 'missing')",
            name=op.f("ck_danger_guides_kind"),
        ),
        sa.CheckConstraint(
            "status <> 'approved' OR decided_by IS NULL OR decided_by <> written_by",
            name=op.f("ck_danger_guides_two_people"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'approved', 'discarded', 'superseded')", name=op.f("ck_danger_guides_status")
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_danger_guides_number")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_danger_guides_decided_by")),
        sa.ForeignKeyConstraint(["written_by"], ["staff.id"], name=op.f("fk_danger_guides_written_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_danger_guides")),
    )
    op.create_index(op.f("ix_danger_guides_kind_number"), "danger_guides", ["kind", "number"], unique=True)
    op.create_index(
        "uq_danger_guides_approved",
        "danger_guides",
        ["kind"],
        unique=True,
        postgresql_where=sa.text("status = 'approved'"),
    )
    op.create_index(
        "uq_danger_guides_draft", "danger_guides", ["kind"], unique=True, postgresql_where=sa.text("status = 'draft'")
    )


def downgrade() -> None:
    op.drop_index("uq_danger_guides_draft", table_name="danger_guides", postgresql_where=sa.text("status = 'draft'"))
    op.drop_index(
        "uq_danger_guides_approved", table_name="danger_guides", postgresql_where=sa.text("status = 'approved'")
    )
    op.drop_index(op.f("ix_danger_guides_kind_number"), table_name="danger_guides")
    op.drop_table("danger_guides")
