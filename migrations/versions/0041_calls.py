"""Store calls, the requests taken down or opened in them, and the number of calls by hour.

It creates three tables, whose foreign keys take SHARE ROW EXCLUSIVE on `staff` and `requests` for milliseconds. The
downgrade loses all calls and their counts.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0041"
down_revision: str | None = "0040"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "call_hours",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("calls", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("withheld", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("seconds", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("day", "hour", "outcome", name=op.f("pk_call_hours")),
    )
    op.create_table(
        "calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'ongoing'"), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint("(status = 'ended') = (ended_at IS NOT NULL)", name=op.f("ck_calls_ended_at")),
        sa.CheckConstraint("(status = 'ended') = (outcome IS NOT NULL)", name=op.f("ck_calls_ended_outcome")),
        sa.CheckConstraint(
            "outcome IN ('answered', 'request', 'complaint', 'progress', 'provider', 'wrong_number', 'silent', 'hung_up',"
            " 'prank', 'unfinished')",
            name=op.f("ck_calls_outcome"),
        ),
        sa.CheckConstraint("status IN ('ongoing', 'parked', 'ended')", name=op.f("ck_calls_status")),
        sa.CheckConstraint("ended_at >= began_at", name=op.f("ck_calls_in_order")),
        sa.ForeignKeyConstraint(["operator_id"], ["staff.id"], name=op.f("fk_calls_operator_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
    )
    op.create_index(op.f("ix_calls_began_at_id"), "calls", ["began_at", "id"])
    op.create_index(op.f("ix_calls_external_id"), "calls", ["external_id"], unique=True)
    op.create_index("ix_calls_open", "calls", ["heard_at"], postgresql_where=sa.text("status <> 'ended'"))
    op.create_index(op.f("ix_calls_operator_id_began_at_id"), "calls", ["operator_id", "began_at", "id"])
    op.create_index(op.f("ix_calls_outcome_began_at_id"), "calls", ["outcome", "began_at", "id"])
    op.create_table(
        "call_requests",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_call_requests_call_id")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_call_requests_request_id")),
        sa.PrimaryKeyConstraint("call_id", "request_id", name=op.f("pk_call_requests")),
    )
    op.create_index(op.f("ix_call_requests_request_id"), "call_requests", ["request_id"])


def downgrade() -> None:
    op.drop_table("call_requests")
    op.drop_table("calls")
    op.drop_table("call_hours")
