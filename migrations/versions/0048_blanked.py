"""Store when a request was blanked and a citizen last changed, and index what the retention schedule looks for.

`offers.decision_id` is no foreign key any more, because decisions are deleted before offers. Adding the empty columns
and dropping the constraint takes ACCESS EXCLUSIVE on requests, citizens, offers and decisions for milliseconds and
writes no row. The indexes are built while others write, in some ten seconds for ten million requests. The downgrade
loses when requests were blanked; the constraint comes back without being checked.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.indexes import build_index

revision: str = "0048"
down_revision: str | None = "0047"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TO_BLANK, NOTICE = "ix_requests_to_blank", "ix_credit_entries_notice_id"
FINISHED = "blanked_at IS NULL AND status IN ('closed', 'cancelled', 'merged')"
DECISION = "fk_offers_decision_id"


def upgrade() -> None:
    op.execute("ALTER TABLE requests ADD COLUMN IF NOT EXISTS blanked_at timestamptz")
    op.execute("ALTER TABLE citizens ADD COLUMN IF NOT EXISTS changed_at timestamptz")
    op.execute(f"ALTER TABLE offers DROP CONSTRAINT IF EXISTS {DECISION}")
    build_index(
        TO_BLANK,
        "requests",
        [sa.text("coalesce(closed_at, cancelled_at, merged_at)")],
        postgresql_where=sa.text(FINISHED),
    )
    build_index(NOTICE, "credit_entries", ["notice_id"])


def downgrade() -> None:
    op.drop_index(NOTICE, table_name="credit_entries", if_exists=True)
    op.drop_index(TO_BLANK, table_name="requests", if_exists=True)
    # Not valid: offers may name decisions that were deleted.
    op.execute(
        f"ALTER TABLE offers ADD CONSTRAINT {DECISION} FOREIGN KEY (decision_id) REFERENCES decisions (id) NOT VALID"
    )
    op.drop_column("citizens", "changed_at")
    op.drop_column("requests", "blanked_at")
