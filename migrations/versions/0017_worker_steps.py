"""Store the health of the worker's steps, and the subjects that a step has set aside.

It creates two tables without foreign keys, so nobody waits. After the downgrade the worker tries the subjects that were
set aside again.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "step_troubles",
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("step", "subject_id", name=op.f("pk_step_troubles")),
    )
    op.create_index("ix_step_troubles_aside", "step_troubles", ["step"], postgresql_where=sa.text("retry_at IS NULL"))
    op.create_table(
        "worker_steps",
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("step", name=op.f("pk_worker_steps")),
    )


def downgrade() -> None:
    op.drop_table("worker_steps")
    op.drop_table("step_troubles")
