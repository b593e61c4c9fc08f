"""Quantities are exact to the hundredth, and a job has its own, with the cap per unit beside it.

Changing the type in place would write `requests` and its indexes anew behind a lock that stops everybody. So the exact
quantities stand in a new column first. Adding it holds the table for a moment; filling it and the jobs' locks only rows
with a quantity other than 1, or with a cap, as long as the statement runs (seconds per million rows). Then both columns
change places behind a lock for as long as it takes to read `requests` once.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COPY = "UPDATE requests SET quantity_new = {} WHERE quantity_new <> {}"
COUNT_JOBS = """
UPDATE jobs SET quantity = request.quantity, unit_cap_fen = jobs.cap_fen / request.quantity
FROM requests request WHERE request.id = jobs.request_id AND (request.quantity <> 1 OR jobs.cap_fen IS NOT NULL)
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE jobs ADD COLUMN IF NOT EXISTS quantity numeric(6, 2) NOT NULL DEFAULT 1")
        op.execute("ALTER TABLE jobs ADD COLUMN IF NOT EXISTS unit_cap_fen bigint")
        op.execute(COUNT_JOBS)
        op.execute("ALTER TABLE jobs DROP CONSTRAINT IF EXISTS ck_jobs_quantity")
        op.execute("ALTER TABLE jobs ADD CONSTRAINT ck_jobs_quantity CHECK (quantity > 0) NOT VALID")
        op.execute("ALTER TABLE jobs VALIDATE CONSTRAINT ck_jobs_quantity")
    _replace("numeric(6, 2)", "quantity")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_jobs_quantity"), "jobs", type_="check")
    op.drop_column("jobs", "unit_cap_fen")
    op.drop_column("jobs", "quantity")
    _replace("integer", "ceil(quantity)::integer")


def _replace(kind: str, value: str) -> None:
    copy = COPY.format(value, value)
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE requests ADD COLUMN IF NOT EXISTS quantity_new {kind} NOT NULL DEFAULT 1")
        op.execute(copy)
    op.execute("LOCK TABLE requests IN ACCESS EXCLUSIVE MODE")
    op.execute(copy)  # what came in meanwhile
    op.drop_column("requests", "quantity")
    op.alter_column("requests", "quantity_new", new_column_name="quantity")
    op.execute("ALTER TABLE requests ADD CONSTRAINT ck_requests_quantity CHECK (quantity > 0) NOT VALID")
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE requests VALIDATE CONSTRAINT ck_requests_quantity")
