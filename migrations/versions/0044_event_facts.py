"""Events carry what their request was then, and those of requests received are found by time.

Columns without a default: ACCESS EXCLUSIVE on events for milliseconds, no row is rewritten. The index is built beside
writers, about ten seconds for 10 million events.

Events of before stay without facts: what their requests were then is not known any more, and to write millions of rows
anew to guess at it would serve nobody. Their days stay as they are kept, counted while it was known; a rebuild begins
with the first whole day whose events all have facts. Only where such an event is still to be counted, or is counted by
the hour, are the facts those of its request as it stands, as they were before. So processes of the version before may
run on until they are restarted.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

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
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_events_received",
            "events",
            ["at"],
            postgresql_where=sa.text("kind IN ('request.created', 'request.answered')"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    op.drop_index("ix_events_received", table_name="events", if_exists=True)
    for name in reversed(FACTS):
        op.drop_column("events", name)
