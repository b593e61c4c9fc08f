"""Add the knowledge base: articles in versions, their search entries, operators' canned texts, and failed searches.

It creates tables, whose foreign keys take SHARE ROW EXCLUSIVE on `staff` and `items`. `requests.articles` is NULL and
`daily_volumes.answered_by_article` has a constant default, so adding them takes ACCESS EXCLUSIVE without a rewrite. All
of these locks last milliseconds.

The downgrade loses the whole knowledge base, and which answers came from an article.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "article_words",
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_article_words")),
    )
    op.create_table(
        "articles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("sample", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_articles_owner_id")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["staff.id"], name=op.f("fk_articles_reviewed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("slug", name=op.f("uq_articles_slug")),
    )
    op.create_index(op.f("ix_articles_review_on_id"), "articles", ["review_on", "id"], unique=False)
    op.create_table(
        "canned_texts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=True),
        sa.Column("sample", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name=op.f("fk_canned_texts_changed_by")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_canned_texts")),
    )
    op.create_table(
        "article_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("items", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("areas", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("change", sa.Text(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("(status = 'draft') = (decided_at IS NULL)", name=op.f("ck_article_versions_decided_at")),
        sa.CheckConstraint(
            "(status IN ('superseded', 'withdrawn')) = (ended_at IS NOT NULL)",
            name=op.f("ck_article_versions_ended_at"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'approved', 'discarded', 'superseded', 'withdrawn')",
            name=op.f("ck_article_versions_status"),
        ),
        sa.CheckConstraint("cardinality(items) > 0", name=op.f("ck_article_versions_items")),
        sa.CheckConstraint("number > 0", name=op.f("ck_article_versions_number")),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_article_versions_validity")),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_versions_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_article_versions_decided_by")),
        sa.ForeignKeyConstraint(["written_by"], ["staff.id"], name=op.f("fk_article_versions_written_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_versions")),
    )
    op.create_index(
        op.f("ix_article_versions_article_id_number"), "article_versions", ["article_id", "number"], unique=True
    )
    op.create_index(
        "uq_article_versions_approved",
        "article_versions",
        ["article_id"],
        unique=True,
        postgresql_where=sa.text("status = 'approved'"),
    )
    op.create_index(
        "uq_article_versions_draft",
        "article_versions",
        ["article_id"],
        unique=True,
        postgresql_where=sa.text("status = 'draft'"),
    )
    op.create_table(
        "failed_searches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("item_code", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["item_code"], ["items.code"], name=op.f("fk_failed_searches_item_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_searches")),
    )
    op.create_index(op.f("ix_failed_searches_at"), "failed_searches", ["at"], unique=False)
    op.create_table(
        "article_entries",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("items", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("areas", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["article_versions.id"], name=op.f("fk_article_entries_version_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_article_entries")),
    )
    op.execute("ALTER TABLE article_entries SET (toast_tuple_target = 8160)")  # inline: ranking reads many
    op.create_index(
        op.f("ix_article_entries_items"), "article_entries", ["items"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        op.f("ix_article_entries_words"), "article_entries", ["words"], unique=False, postgresql_using="gin"
    )
    op.add_column(
        "daily_volumes", sa.Column("answered_by_article", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("requests", sa.Column("articles", postgresql.ARRAY(sa.Uuid()), nullable=True))


def downgrade() -> None:
    op.drop_column("requests", "articles")
    op.drop_column("daily_volumes", "answered_by_article")
    op.drop_index(op.f("ix_article_entries_words"), table_name="article_entries", postgresql_using="gin")
    op.drop_index(op.f("ix_article_entries_items"), table_name="article_entries", postgresql_using="gin")
    op.drop_table("article_entries")
    op.drop_index(op.f("ix_failed_searches_at"), table_name="failed_searches")
    op.drop_table("failed_searches")
    op.drop_index(
        "uq_article_versions_draft", table_name="article_versions", postgresql_where=sa.text("status = 'draft'")
    )
    op.drop_index(
        "uq_article_versions_approved", table_name="article_versions", postgresql_where=sa.text("status = 'approved'")
    )
    op.drop_index(op.f("ix_article_versions_article_id_number"), table_name="article_versions")
    op.drop_table("article_versions")
    op.drop_table("canned_texts")
    op.drop_index(op.f("ix_articles_review_on_id"), table_name="articles")
    op.drop_table("articles")
    op.drop_table("article_words")
