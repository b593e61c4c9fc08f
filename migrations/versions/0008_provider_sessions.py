"""Let providers sign in on a phone. A session ends with the key that opened it.

It creates a table, whose foreign key takes SHARE ROW EXCLUSIVE on `provider_keys` for milliseconds. The downgrade signs
out all phones.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "provider_sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["key_hash"],
            ["provider_keys.token_hash"],
            name=op.f("fk_provider_sessions_key_hash"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_provider_sessions")),
    )
    op.create_index(op.f("ix_provider_sessions_key_hash"), "provider_sessions", ["key_hash"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_provider_sessions_key_hash"), table_name="provider_sessions")
    op.drop_table("provider_sessions")
