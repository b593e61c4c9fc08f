"""The events of a part of a day are found by their time, to compare a day that still goes on with days before it.

The log is written in the order of time, so a block range index is enough: small, and nearly free to whoever writes.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_events_at", "events", postgresql_concurrently=True, if_exists=True)
        op.create_index(
            "ix_events_at",
            "events",
            ["at"],
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 32, "autosummarize": True},
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_events_at", "events", postgresql_concurrently=True, if_exists=True)
