"""Store from when a provider is asked, whether a provider closes on holidays, outages, and who follows a request.

The columns are NULL, so adding them takes ACCESS EXCLUSIVE on `offers`, `providers` and `requests`, and the foreign key
SHARE ROW EXCLUSIVE on `staff`, for milliseconds. The foreign key is then validated while others read and write. A
repeated run takes ACCESS EXCLUSIVE on `staff` too.

The downgrade loses all of this: requests return to whoever took them down.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "outages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("until > since", name=op.f("ck_outages_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outages")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_outages_until"), "outages", ["until"], unique=False, if_not_exists=True)
    op.add_column("offers", sa.Column("ask_from", sa.DateTime(timezone=True), nullable=True), if_not_exists=True)
    op.add_column("providers", sa.Column("keeps_holidays", sa.Boolean(), nullable=True), if_not_exists=True)
    op.add_column("requests", sa.Column("followed_by", sa.Uuid(), nullable=True), if_not_exists=True)
    name = op.f("fk_requests_followed_by")
    op.drop_constraint(name, "requests", if_exists=True)
    op.create_foreign_key(name, "requests", "staff", ["followed_by"], ["id"], postgresql_not_valid=True)
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE requests VALIDATE CONSTRAINT {name}")


def downgrade() -> None:
    op.drop_column("requests", "followed_by")
    op.drop_column("providers", "keeps_holidays")
    op.drop_column("offers", "ask_from")
    op.drop_index(op.f("ix_outages_until"), table_name="outages")
    op.drop_table("outages")
