"""Let somebody call for another person, and let a caller have no number.

New columns of `requests` are NULL or have a constant default, and three columns become nullable, so no row is
rewritten. ACCESS EXCLUSIVE on `requests` and `contacts`, and SHARE ROW EXCLUSIVE on `citizens` (ACCESS EXCLUSIVE in a
repeated run), last milliseconds. The foreign key is then validated while others read and write, and its index, empty at
first, is built concurrently.

The downgrade reads `requests` and `contacts` under ACCESS EXCLUSIVE: 1.7 s for 300,000 of each. It creates a citizen
for each request without one, with `#` and the request's number as the phone number. Unknown phone numbers become `0`.
It loses who called for whom, and the numbers to call back.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.indexes import build_index

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.alter_column("contacts", "phone", nullable=True)
    for column in ("citizen_id", "contact_phone"):
        op.alter_column("requests", column, nullable=True)
    for column in ("helped_name", "callback_name", "callback_phone"):
        op.add_column("requests", sa.Column(column, sa.Text()), if_not_exists=True)
    op.add_column(
        "requests",
        sa.Column("unannounced", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        if_not_exists=True,
    )
    op.add_column("requests", sa.Column("caller_id", sa.Uuid()), if_not_exists=True)
    name = op.f("fk_requests_caller_id")
    op.drop_constraint(name, "requests", if_exists=True)
    op.create_foreign_key(name, "requests", "citizens", ["caller_id"], ["id"], postgresql_not_valid=True)
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE requests VALIDATE CONSTRAINT {name}")
    build_index(
        "ix_requests_caller_id_received_at",
        "requests",
        ["caller_id", "received_at"],
        postgresql_where=sa.text("caller_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.execute(
        "INSERT INTO citizens (id, phone, name, created_at) SELECT id, '#' || number, contact_name, received_at FROM"
        " requests WHERE citizen_id IS NULL"
    )
    op.execute("UPDATE requests SET citizen_id = id WHERE citizen_id IS NULL")
    op.execute("UPDATE requests SET contact_phone = '0' WHERE contact_phone IS NULL")
    op.execute("UPDATE contacts SET phone = '0' WHERE phone IS NULL")
    for column in ("caller_id", "unannounced", "helped_name", "callback_name", "callback_phone"):
        op.drop_column("requests", column)
    for column in ("citizen_id", "contact_phone"):
        op.alter_column("requests", column, nullable=False)
    op.alter_column("contacts", "phone", nullable=False)
