"""Add an index that finds the open requests somebody looks after, however many are open.

It is built concurrently, so nobody waits for it. The downgrade only drops it.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_requests_follower", "requests", postgresql_concurrently=True, if_exists=True)
        op.create_index(
            "ix_requests_follower",
            "requests",
            [sa.text("coalesce(followed_by, created_by)"), "received_at"],
            postgresql_where=sa.text("status NOT IN ('closed', 'cancelled', 'merged')"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_requests_follower", "requests", postgresql_concurrently=True, if_exists=True)
