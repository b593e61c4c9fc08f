"""Add the credit ledger, and let an operator take a notice to read it out on the phone.

It creates tables, whose foreign keys take SHARE ROW EXCLUSIVE on `providers`, `requests` and `staff` for milliseconds.
The new column of `provider_notices` is NULL, and the index on that small table is built in milliseconds. The index on
`events` is built concurrently, so nobody waits for it.

The ledger starts empty and at the latest event, because nothing has changed a provider's credit before.

The downgrade loses the ledger and the rules. Each provider keeps its present credit.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.indexes import build_index

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    build_index(
        "ix_events_of_provider",
        "events",
        ["provider_id", "id"],
        postgresql_where=sa.text("request_id IS NULL"),
    )
    op.create_table(
        "credit_rules",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_credit_rules")),
    )
    op.add_column("provider_notices", sa.Column("phoned_until", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_provider_notices_unread",
        "provider_notices",
        ["provider_id", "at"],
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_table(
        "credit_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("rules_version", sa.Text(), nullable=False),
        sa.Column("rule_code", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("effect", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("cause_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=True),
        sa.Column("reply_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=True),
        sa.Column("appeal_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appeal", sa.Text(), nullable=True),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appeal_decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appeal_decided_by", sa.Uuid(), nullable=True),
        sa.Column("appeal_note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(status IN ('appealed', 'upheld', 'revoked')) = (appeal IS NOT NULL)",
            name=op.f("ck_credit_entries_appealed"),
        ),
        sa.CheckConstraint(
            "(status IN ('proposed', 'answered')) = (decided_at IS NULL)", name=op.f("ck_credit_entries_decided_at")
        ),
        sa.CheckConstraint(
            "(status IN ('upheld', 'revoked')) = (appeal_decided_at IS NOT NULL)",
            name=op.f("ck_credit_entries_appeal_decided"),
        ),
        sa.CheckConstraint(
            "effect = 0 OR status NOT IN ('proposed', 'answered', 'dropped')",
            name=op.f("ck_credit_entries_effect_once_applied"),
        ),
        sa.CheckConstraint(
            "points > 0 OR status <> 'applied' OR appeal_by IS NOT NULL", name=op.f("ck_credit_entries_may_be_appealed")
        ),
        sa.CheckConstraint(
            "points > 0 OR status NOT IN ('applied', 'appealed', 'upheld', 'revoked') OR decided_at >= reply_by",
            name=op.f("ck_credit_entries_reply_period_first"),
        ),
        sa.CheckConstraint("status <> 'answered' OR reply IS NOT NULL", name=op.f("ck_credit_entries_answered")),
        sa.CheckConstraint(
            "status IN ('proposed', 'answered', 'applied', 'dropped', 'appealed', 'upheld', 'revoked')",
            name=op.f("ck_credit_entries_status"),
        ),
        sa.CheckConstraint(
            "effect BETWEEN least(points, 0) AND greatest(points, 0)",
            name=op.f("ck_credit_entries_effect_within_points"),
        ),
        sa.CheckConstraint("points <> 0", name=op.f("ck_credit_entries_points")),
        sa.ForeignKeyConstraint(["appeal_decided_by"], ["staff.id"], name=op.f("fk_credit_entries_appeal_decided_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_credit_entries_decided_by")),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["provider_notices.id"], name=op.f("fk_credit_entries_notice_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_credit_entries_provider_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_credit_entries_request_id")),
        sa.ForeignKeyConstraint(
            ["rules_version"], ["credit_rules.version"], name=op.f("fk_credit_entries_rules_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_entries")),
    )
    op.create_index(
        "ix_credit_entries_due",
        "credit_entries",
        ["reply_by"],
        unique=False,
        postgresql_where=sa.text("status = 'proposed'"),
    )
    op.create_index(
        "ix_credit_entries_open",
        "credit_entries",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status IN ('proposed', 'answered', 'appealed')"),
    )
    op.create_index(op.f("ix_credit_entries_provider_id_id"), "credit_entries", ["provider_id", "id"], unique=False)
    op.create_index(
        op.f("ix_credit_entries_provider_id_rule_code_cause"),
        "credit_entries",
        ["provider_id", "rule_code", "cause"],
        unique=True,
    )
    op.execute(
        "INSERT INTO event_cursors (reader, seq) SELECT 'credit', max(seq) FROM events WHERE seq IS NOT NULL "
        "HAVING max(seq) IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_index("ix_events_of_provider", table_name="events", postgresql_where=sa.text("request_id IS NULL"))
    op.drop_index(op.f("ix_credit_entries_provider_id_rule_code_cause"), table_name="credit_entries")
    op.drop_index(op.f("ix_credit_entries_provider_id_id"), table_name="credit_entries")
    op.drop_index(
        "ix_credit_entries_open",
        table_name="credit_entries",
        postgresql_where=sa.text("status IN ('proposed', 'answered', 'appealed')"),
    )
    op.drop_index("ix_credit_entries_due", table_name="credit_entries", postgresql_where=sa.text("status = 'proposed'"))
    op.drop_table("credit_entries")
    op.drop_index(
        "ix_provider_notices_unread", table_name="provider_notices", postgresql_where=sa.text("read_at IS NULL")
    )
    op.drop_column("provider_notices", "phoned_until")
    op.drop_table("credit_rules")
    op.execute("DELETE FROM event_cursors WHERE reader = 'credit'")
