"""Store which items operators chose for callers' words, and the models learned from these choices.

It creates two tables, whose foreign keys take SHARE ROW EXCLUSIVE on `staff` and `items` for milliseconds. The
downgrade loses the choices and the models, so suggestions come from the software's own again.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0040"
down_revision: str | None = "0039"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "item_choices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("item_code", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("suggested", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["item_code"], ["items.code"], name=op.f("fk_item_choices_item_code_items")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_item_choices_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_choices")),
    )
    op.create_index(op.f("ix_item_choices_at"), "item_choices", ["at"])
    op.create_table(
        "suggestion_models",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.Column("before_id", sa.Uuid(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["before_id"], ["suggestion_models.id"], name=op.f("fk_suggestion_models_before_id_suggestion_models")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion_models")),
    )
    op.create_index(
        "uq_suggestion_models_in_force",
        "suggestion_models",
        ["in_force"],
        unique=True,
        postgresql_where=sa.text("in_force"),
    )


def downgrade() -> None:
    op.drop_table("suggestion_models")
    op.drop_table("item_choices")
