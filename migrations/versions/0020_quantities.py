"""Store quantities to the hundredth, and give each job its own quantity and its cap per unit.

Changing the type in place would rewrite `requests` and its indexes under ACCESS EXCLUSIVE. Instead:

1. Add the columns of `jobs`, which takes ACCESS EXCLUSIVE for milliseconds, and fill them. This locks only the rows of
   jobs with a cap or a quantity other than 1, until the statement ends: 0.7 s for 300,000 jobs.
2. Add the new column of `requests` and copy into it the quantities other than 1, in the same way.
3. Lock `requests` in ACCESS EXCLUSIVE, read it once to copy what changed meanwhile, and exchange the columns: 0.1 s for
   300,000 requests.
4. Check the constraints while others read and write.

The downgrade rounds quantities up to whole units. It loses the jobs' own quantities and their caps per unit. It locks
`requests` in the same way.
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
    _replace("integer", "ceil(quantity)::integer")
    op.drop_column("jobs", "unit_cap_fen")
    op.drop_column("jobs", "quantity")


def _replace(kind: str, value: str) -> None:
    copy = COPY.format(value, value)
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE requests ADD COLUMN IF NOT EXISTS quantity_new {kind} NOT NULL DEFAULT 1")
        op.execute(copy)
    op.execute("LOCK TABLE requests IN ACCESS EXCLUSIVE MODE")
    op.execute(copy)  # rows added or changed since the first copy
    op.drop_column("requests", "quantity")
    op.alter_column("requests", "quantity_new", new_column_name="quantity")
    op.execute("ALTER TABLE requests ADD CONSTRAINT ck_requests_quantity CHECK (quantity > 0) NOT VALID")
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE requests VALIDATE CONSTRAINT ck_requests_quantity")
