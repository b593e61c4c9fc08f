"""Add an index that finds citizens by the beginning of their names.

It is built concurrently, so nobody waits for it. If the index build is interrupted, drop the invalid index before
running the migration again. The downgrade only drops the index.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0042"
down_revision: str | None = "0041"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NAME = "ix_citizens_same_form"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            NAME,
            "citizens",
            [sa.text("same_form(name) text_pattern_ops")],
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(NAME, "citizens", postgresql_concurrently=True, if_exists=True)
