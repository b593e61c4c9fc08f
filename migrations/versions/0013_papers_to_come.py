"""A renewed paper may be filed before it begins, and stands beside the one in force until then.

The new key is built without keeping anybody from writing. On the way back, of two papers of a kind the older stays.
"""

from collections.abc import Sequence

from alembic import op

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
    with op.get_context().autocommit_block():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {KEY}_new")
        op.create_index(f"{KEY}_new", TABLE, columns, unique=True, postgresql_concurrently=True)
    op.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT {KEY}, ADD CONSTRAINT {KEY} PRIMARY KEY USING INDEX {KEY}_new")
