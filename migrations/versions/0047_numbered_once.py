"""Refuse any change of an event's number once it has one.

CREATE TRIGGER takes SHARE ROW EXCLUSIVE on `events` for milliseconds: writers wait, readers do not. PostgreSQL checks the
trigger's condition without calling the function, so numbering events costs nothing more. The downgrade loses only this
protection.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0047"
down_revision: str | None = "0046"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute(
        "CREATE FUNCTION refuse_new_number() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'an event keeps its number' USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER numbered_once BEFORE UPDATE OF seq ON events FOR EACH ROW WHEN (OLD.seq IS NOT NULL) "
        "EXECUTE FUNCTION refuse_new_number()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER numbered_once ON events")
    op.execute("DROP FUNCTION refuse_new_number()")
