"""Allow a renewed licence to be filed before it begins, beside the one in force.

The new primary key includes the day of issue. Its index is built concurrently. Exchanging the keys takes ACCESS
EXCLUSIVE on `provider_papers` for milliseconds.

The downgrade keeps only the oldest licence of each kind per provider and deletes the others.
"""

from collections.abc import Sequence

from alembic import op

from migrations.indexes import build_index

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE, KEY = "provider_papers", "pk_provider_papers"


def upgrade() -> None:
    _replace_key(["provider_id", "paper_code", "issued_on"])


def downgrade() -> None:
    op.execute(
        f"DELETE FROM {TABLE} later USING {TABLE} held WHERE held.provider_id = later.provider_id"
        " AND held.paper_code = later.paper_code AND held.issued_on < later.issued_on"
    )
    _replace_key(["provider_id", "paper_code"])


def _replace_key(columns: list[str]) -> None:
    build_index(f"{KEY}_new", TABLE, columns, unique=True)
    op.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT {KEY}, ADD CONSTRAINT {KEY} PRIMARY KEY USING INDEX {KEY}_new")
