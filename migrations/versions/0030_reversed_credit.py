"""Let a corrected bill take back what credit was booked for it.

Adds a column and exchanges checks on credit_entries (ACCESS EXCLUSIVE while they are read through: a second for a
million lines). Decisions about credit wait so long, dispatch does not.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FORMER = ["proposed", "answered", "applied", "dropped", "appealed", "upheld", "revoked"]
APPEALED = "(status IN ('appealed', 'upheld', 'revoked')) = (appeal IS NOT NULL)"
APPEAL_DECIDED = "(status IN ('upheld', 'revoked')) = (appeal_decided_at IS NOT NULL)"
TABLE = "credit_entries"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True))
    _exchange("status", _one_of([*FORMER, "reversed"]))
    _exchange("appealed", f"status = 'reversed' OR {APPEALED}")
    _exchange("appeal_decided", f"status = 'reversed' OR {APPEAL_DECIDED}")
    op.create_check_constraint(
        op.f("ck_credit_entries_reversed_at"), TABLE, "(status = 'reversed') = (reversed_at IS NOT NULL)"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_credit_entries_reversed_at"), TABLE)
    op.execute(
        "UPDATE credit_entries SET status = 'dropped' WHERE status = 'reversed' AND effect = 0 AND appeal IS NULL"
    )
    op.execute(
        "UPDATE credit_entries SET status = 'revoked', appeal = coalesce(appeal, ''),"
        " appeal_decided_at = coalesce(appeal_decided_at, reversed_at) WHERE status = 'reversed'"
    )
    _exchange("appeal_decided", APPEAL_DECIDED)
    _exchange("appealed", APPEALED)
    _exchange("status", _one_of(FORMER))
    op.drop_column(TABLE, "reversed_at")


def _one_of(statuses: list[str]) -> str:
    return f"status IN ({', '.join(repr(status) for status in statuses)})"


def _exchange(name: str, condition: str) -> None:
    op.drop_constraint(op.f(f"ck_credit_entries_{name}"), TABLE)
    op.create_check_constraint(op.f(f"ck_credit_entries_{name}"), TABLE, condition)
