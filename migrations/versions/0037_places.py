"""Add the centre's own places (roads, estates, landmarks, buildings) and the bounds of the district.

It creates a table, whose foreign keys take SHARE ROW EXCLUSIVE on `communities` and `townships`, and adds a column that
is NULL to the one row of `districts` under ACCESS EXCLUSIVE. All locks last milliseconds. The downgrade loses the
places and the bounds.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "places",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=True),
        sa.Column("aliases", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("pinyin", sa.Text(), nullable=False),
        sa.Column("township_code", sa.Text(), nullable=False),
        sa.Column("community_code", sa.Text(), nullable=True),
        sa.Column("guessed", sa.Text(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("sample", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("guessed IN ('community', 'township')", name=op.f("ck_places_guessed")),
        sa.CheckConstraint("kind IN ('road', 'estate', 'landmark', 'building')", name=op.f("ck_places_kind")),
        sa.CheckConstraint("num_nonnulls(lat, lon) <> 1", name=op.f("ck_places_point")),
        sa.ForeignKeyConstraint(
            ["community_code"], ["communities.code"], name=op.f("fk_places_community_code_communities")
        ),
        sa.ForeignKeyConstraint(["township_code"], ["townships.code"], name=op.f("fk_places_township_code_townships")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
    )
    op.create_index(op.f("ix_places_community_code"), "places", ["community_code"])
    op.create_index(op.f("ix_places_township_code"), "places", ["township_code"])
    op.create_index(
        "uq_places_present",
        "places",
        ["zh", "kind", "township_code"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.add_column("districts", sa.Column("bounds", postgresql.ARRAY(sa.Float(53)), nullable=True))


def downgrade() -> None:
    op.drop_column("districts", "bounds")
    op.drop_table("places")
