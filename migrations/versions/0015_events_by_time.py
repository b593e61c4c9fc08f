"""Add an index that finds events by time, to compare part of today with the same part of earlier days.

Events are written in order of time, so a block range index is enough: it is small and costs writers almost nothing. It
is built concurrently, so nobody waits for it. The downgrade only drops the index.
"""

from collections.abc import Sequence

from migrations.indexes import build_index, drop_index

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    build_index(
        "ix_events_at",
        "events",
        ["at"],
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32, "autosummarize": True},
    )


def downgrade() -> None:
    drop_index("ix_events_at", "events")
