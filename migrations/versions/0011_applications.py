"""Add applications that firms file themselves, and counts that limit calls from anonymous callers.

It creates tables, whose foreign keys take SHARE ROW EXCLUSIVE on `providers` and `staff` for milliseconds. The
downgrade loses all applications. The providers entered from them stay.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("application_number", start=20001)))
    op.create_table(
        "applications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), server_default=sa.text("nextval('application_number')"), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uscc", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("form", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "status IN ('filed', 'entered', 'refused', 'withdrawn')", name=op.f("ck_applications_status")
        ),
        sa.CheckConstraint("(status = 'filed') = (decided_at IS NULL)", name=op.f("ck_applications_decided_at")),
        sa.CheckConstraint("(status = 'entered') = (provider_id IS NOT NULL)", name=op.f("ck_applications_entered")),
        sa.CheckConstraint("(status = 'refused') = (reason IS NOT NULL)", name=op.f("ck_applications_refused_why")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_applications_decided_by")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_applications_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        sa.UniqueConstraint("number", name=op.f("uq_applications_number")),
    )
    for column in ("uscc", "name", "phone"):
        op.create_index(
            f"uq_applications_{column}",
            "applications",
            [column],
            unique=True,
            postgresql_where=sa.text("status = 'filed'"),
        )
    op.create_index(op.f("ix_applications_status_number"), "applications", ["status", "number"])
    op.create_table(
        "call_counts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("begins", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "begins", name=op.f("pk_call_counts")),
    )


def downgrade() -> None:
    op.drop_table("call_counts")
    op.drop_table("applications")
    op.execute(sa.schema.DropSequence(sa.Sequence("application_number")))
