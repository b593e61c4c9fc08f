"""Add an index that finds citizens by the beginning of their names.

It is built concurrently, so nobody waits for it. The downgrade only drops the index.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from migrations.indexes import build_index, drop_index

revision: str = "0042"
down_revision: str | None = "0041"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NAME = "ix_citizens_same_form"


def upgrade() -> None:
    build_index(NAME, "citizens", [sa.text("same_form(name) text_pattern_ops")])


def downgrade() -> None:
    drop_index(NAME, "citizens")
