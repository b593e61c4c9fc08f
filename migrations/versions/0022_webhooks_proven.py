"""Require a provider to prove that it reads what arrives at its webhook's URL. Existing endpoints count as proven.

ACCESS EXCLUSIVE on `webhook_endpoints`, a small table, lasts milliseconds. The downgrade loses which endpoints are
proven; upgrading again counts all of them as proven.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("webhook_endpoints", sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE webhook_endpoints SET proven_at = created_at")


def downgrade() -> None:
    op.drop_column("webhook_endpoints", "proven_at")
