"""Add an index that finds the open requests somebody looks after, however many are open.

It is built concurrently, so nobody waits for it. The downgrade only drops it.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from migrations.indexes import build_index, drop_index

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    build_index(
        "ix_requests_follower",
        "requests",
        [sa.text("coalesce(followed_by, created_by)"), "received_at"],
        postgresql_where=sa.text("status NOT IN ('closed', 'cancelled', 'merged')"),
    )


def downgrade() -> None:
    drop_index("ix_requests_follower", "requests")
