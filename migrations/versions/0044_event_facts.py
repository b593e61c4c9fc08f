"""Store with each event the facts of its request at that time, and index the events of received requests by time.

The columns are NULL, so adding them takes ACCESS EXCLUSIVE on `events` for milliseconds and rewrites nothing. The index
is built concurrently: 1.2 s for 1.2 million events.

Earlier events have no facts, because nobody knows any more what their requests were then, and guessing would mean
rewriting millions of rows. Days that were already counted keep their counts, and a rebuild starts at the first whole
day whose events all have facts. If an event without facts is yet to be counted, or is counted by hour, it takes the
present facts of its request, as before. Processes of the previous version write such events too, so they may keep
running until they are restarted.

The downgrade loses the facts. Counts that are already stored stay.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.indexes import build_index

revision: str = "0044"
down_revision: str | None = "0043"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FACTS = (
    "request_kind", "category_code", "item_code", "township_code", "community_code", "tier", "channel", "urgency",
    "priority_group",
)  # fmt: skip


def upgrade() -> None:
    op.execute(f"ALTER TABLE events {', '.join(f'ADD COLUMN IF NOT EXISTS {name} text' for name in FACTS)}")
    build_index(
        "ix_events_received",
        "events",
        ["at"],
        postgresql_where=sa.text("kind IN ('request.created', 'request.answered')"),
    )


def downgrade() -> None:
    op.drop_index("ix_events_received", table_name="events", if_exists=True)
    for name in reversed(FACTS):
        op.drop_column("events", name)
