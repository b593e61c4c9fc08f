"""Add second factors, known browsers, counts of sign-in attempts, expiring keys, and a counter of revocations.

The new columns are NULL or have a constant default. ACCESS EXCLUSIVE on `staff`, `staff_sessions` and `provider_keys`
lasts milliseconds. The CHECK and the foreign keys read or lock only the small table `staff`.

The downgrade loses all second factors, so a password alone signs in. Provider keys no longer expire, and expired ones
work again. Temporary passwords become permanent.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "auth_generation",
        sa.Column("one", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("one", name=op.f("ck_auth_generation_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_auth_generation")),
    )
    op.create_table(
        "sign_in_tries",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.Column("free_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_sign_in_tries_staff_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_tries")),
    )
    op.create_index(op.f("ix_sign_in_tries_staff_id"), "sign_in_tries", ["staff_id"])
    op.create_table(
        "staff_devices",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_devices_staff_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", "staff_id", name=op.f("pk_staff_devices")),
    )
    op.create_index(op.f("ix_staff_devices_staff_id"), "staff_devices", ["staff_id"])
    op.add_column(
        "staff", sa.Column("password_temporary", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("staff", sa.Column("last_signed_in_at", MOMENT, nullable=True))
    op.add_column("staff", sa.Column("totp_seed", sa.LargeBinary(), nullable=True))
    op.add_column("staff", sa.Column("totp_since", MOMENT, nullable=True))
    op.add_column("staff", sa.Column("totp_step", sa.BigInteger(), nullable=True))
    op.add_column(
        "staff",
        sa.Column(
            "recovery_hashes", postgresql.ARRAY(sa.LargeBinary()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.create_check_constraint(op.f("ck_staff_totp"), "staff", "totp_since IS NULL OR totp_seed IS NOT NULL")
    op.add_column("staff_sessions", sa.Column("seen_at", MOMENT, nullable=True))
    op.add_column("provider_keys", sa.Column("expires_at", MOMENT, nullable=True))
    op.add_column("provider_keys", sa.Column("last_used_at", MOMENT, nullable=True))


def downgrade() -> None:
    op.drop_column("provider_keys", "last_used_at")
    op.drop_column("provider_keys", "expires_at")
    op.drop_column("staff_sessions", "seen_at")
    op.drop_constraint(op.f("ck_staff_totp"), "staff")
    for column in (
        "recovery_hashes",
        "totp_step",
        "totp_since",
        "totp_seed",
        "last_signed_in_at",
        "password_temporary",
    ):
        op.drop_column("staff", column)
    op.drop_table("staff_devices")
    op.drop_table("sign_in_tries")
    op.drop_table("auth_generation")
