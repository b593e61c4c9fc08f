"""Move what people typed from events to `remarks`, where it can be blanked (docs/decisions/0017), and add `erasures`.

`erasures` stores when a citizen was erased, without naming anybody. The foreign keys take SHARE ROW EXCLUSIVE on
requests and staff for milliseconds. Then old events lose their texts, 50,000 events a transaction, in about a minute
for 10 million; only events with a text are locked and written. Restart the application at once afterwards: a text
that an older process still writes into an event stays there. The downgrade moves the texts back and loses the record
of erasures.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0049"
down_revision: str | None = "0048"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BATCH = 50_000
WORDS = {
    "request.reopened": "reason",
    "request.closed": "note",
    "offer.withdrawn": "note",
    "job.appointment_moved": "agreed_by",
    "job.amount_corrected": "reason",
}
"""The text of each kind that no row has besides."""
TWICE = {"job.arbitrated": "note", "credit.dropped": "note", "credit.upheld": "note"}
"""The text of each kind that a row has as well."""
ASKED = "asked IN ('by_phone', 'in_person', 'in_writing')"


def upgrade() -> None:
    op.create_table(
        "remarks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_remarks_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remarks")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_remarks_request_id"), "remarks", ["request_id"], if_not_exists=True)
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("citizen_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.CheckConstraint(ASKED, name=op.f("ck_erasures_asked")),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_erasures_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        if_not_exists=True,
    )
    with op.get_context().autocommit_block():
        first, last = op.get_bind().execute(sa.text("SELECT min(id), max(id) FROM events")).one()
        for low in range(first, last + 1, BATCH) if first else ():
            for statement in (*_moves(), *_drops()):
                op.get_bind().execute(sa.text(statement), {"low": low, "high": low + BATCH})


def _moves() -> Sequence[str]:
    return [
        f"""
        WITH told AS (
          SELECT e.id, md5('remark ' || e.id)::uuid AS remark_id, e.request_id, e.data ->> '{word}' AS said
          FROM events e JOIN requests r ON r.id = e.request_id
          WHERE e.id >= :low AND e.id < :high AND e.kind = '{kind}' AND e.data ->> '{word}' IS NOT NULL
        ), kept AS (INSERT INTO remarks (id, request_id, text) SELECT remark_id, request_id, said FROM told)
        UPDATE events e SET data = (e.data - '{word}') || jsonb_build_object('remark_id', told.remark_id)
        FROM told WHERE e.id = told.id
        """
        for kind, word in WORDS.items()
    ]


def _drops() -> Sequence[str]:
    return [
        f"UPDATE events SET data = data - '{word}' WHERE id >= :low AND id < :high AND kind = '{kind}'"
        f" AND data ->> '{word}' IS NOT NULL"
        for kind, word in TWICE.items()
    ]


def downgrade() -> None:
    for kind, word in WORDS.items():
        op.execute(
            f"UPDATE events e SET data = (e.data - 'remark_id') || jsonb_build_object('{word}', r.text)"
            f" FROM remarks r WHERE e.kind = '{kind}' AND e.data ->> 'remark_id' = r.id::text"
        )
    op.execute("UPDATE events SET data = data - 'remark_id' WHERE data ? 'remark_id'")
    op.execute(
        "UPDATE events e SET data = e.data || jsonb_build_object('note', j.fault_note) FROM jobs j"
        " WHERE e.kind = 'job.arbitrated' AND e.data ->> 'job_id' = j.id::text"
    )
    op.drop_table("erasures")
    op.drop_table("remarks")
