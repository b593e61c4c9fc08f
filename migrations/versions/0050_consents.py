"""Store consents of citizens and their withdrawal, each with its time and source.

The foreign keys of the new table take SHARE ROW EXCLUSIVE on citizens and staff for milliseconds. The downgrade loses
all consents.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0050"
down_revision: str | None = "0049"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PURPOSE, ASKED = "purpose IN ('profile', 'groups')", "asked IN ('by_phone', 'in_person', 'in_writing')"


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("citizen_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint(PURPOSE, name=op.f("ck_consents_purpose")),
        sa.CheckConstraint(ASKED, name=op.f("ck_consents_asked")),
        sa.ForeignKeyConstraint(
            ["citizen_id"], ["citizens.id"], name=op.f("fk_consents_citizen_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["taken_by"], ["staff.id"], name=op.f("fk_consents_taken_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_citizen_id_id"), "consents", ["citizen_id", "id"])


def downgrade() -> None:
    op.drop_table("consents")
