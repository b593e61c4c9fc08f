"""Store each round of a request and its clocks, stop clocks while the citizen holds a request, and add calendar days.

The new columns are NULL or have a constant default, so no row is rewritten. ACCESS EXCLUSIVE on `requests` and
`extensions` lasts until the index on `extensions` is rebuilt and the original deadlines of extended requests are set:
0.4 s for 300,000 requests and 15,000 extensions.

The downgrade loses past rounds, how long requests were held, and the calendar days entered at the centre. If several
jobs of a request had an extension, only the latest stays; the others become refused.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "calendar_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_days")),
    )
    op.create_table(
        "rounds",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accept_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrive_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("complete_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("original_complete_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accept_seconds", sa.Integer(), nullable=True),
        sa.Column("arrive_seconds", sa.Integer(), nullable=True),
        sa.Column("complete_seconds", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_rounds_request_id")),
        sa.PrimaryKeyConstraint("request_id", "number", name=op.f("pk_rounds")),
    )
    op.drop_index(
        op.f("uq_extensions_one"),
        table_name="extensions",
        postgresql_where="(status = ANY (ARRAY['asked'::text, 'granted'::text]))",
    )
    op.create_index(
        "uq_extensions_one",
        "extensions",
        ["job_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('asked', 'granted')"),
    )
    op.add_column("requests", sa.Column("original_complete_by", sa.DateTime(timezone=True), nullable=True))
    op.add_column("requests", sa.Column("round", sa.SmallInteger(), server_default=sa.text("1"), nullable=False))
    op.add_column(
        "requests",
        sa.Column(
            "paused", postgresql.ARRAY(sa.DateTime(timezone=True)), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    for name in ("round_from", "round_arrive_by", "round_complete_by"):
        op.add_column("requests", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("requests", sa.Column("accept_seconds", sa.Integer(), nullable=True))
    op.add_column("requests", sa.Column("arrive_seconds", sa.Integer(), nullable=True))
    op.add_column("requests", sa.Column("complete_seconds", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE requests r SET original_complete_by = e.complete_by_before FROM extensions e"
        " WHERE e.request_id = r.id AND e.status = 'granted'"
    )


def downgrade() -> None:
    op.drop_column("requests", "complete_seconds")
    op.drop_column("requests", "arrive_seconds")
    op.drop_column("requests", "accept_seconds")
    op.drop_column("requests", "paused")
    for name in ("round_complete_by", "round_arrive_by", "round_from"):
        op.drop_column("requests", name)
    op.drop_column("requests", "round")
    op.drop_column("requests", "original_complete_by")
    op.drop_index(
        "uq_extensions_one", table_name="extensions", postgresql_where=sa.text("status IN ('asked', 'granted')")
    )
    op.execute(
        "UPDATE extensions e SET status = 'refused', decided_at = coalesce(decided_at, asked_at)"
        " WHERE status IN ('asked', 'granted') AND EXISTS (SELECT FROM extensions later"
        " WHERE later.request_id = e.request_id AND later.status IN ('asked', 'granted') AND later.id > e.id)"
    )
    op.create_index(
        op.f("uq_extensions_one"),
        "extensions",
        ["request_id"],
        unique=True,
        postgresql_where="(status = ANY (ARRAY['asked'::text, 'granted'::text]))",
    )
    op.drop_table("rounds")
    op.drop_table("calendar_days")
