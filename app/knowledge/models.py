"""The knowledge base: articles with their versions and search entries, and operators' canned texts."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.orm import Id, Model, one_of
from app.kit.terms import Term


class ArticleStatus(Term):
    """The status of an article's version. Operators are offered only approved versions."""

    DRAFT = "draft", "草稿", "draft", "Being written."
    APPROVED = "approved", "已生效", "approved", "In force."
    DISCARDED = "discarded", "已放弃", "discarded", "Discarded before it came into force."
    SUPERSEDED = "superseded", "已被新版替换", "superseded", "A later version is in force."
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn", "No longer offered."


class Article(Model):
    """What all versions of an article share. It is a `sample` until the centre has checked it."""

    __tablename__ = "articles"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    """The person responsible for it; None for articles that came with the software."""
    review_on: Mapped[date]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    sample: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime]

    __table_args__ = (Index(None, "review_on", "id"),)


class ArticleVersion(Model):
    """A version of an article. Its words never change. `content` holds an app.knowledge.schemas.Content."""

    __tablename__ = "article_versions"

    id: Mapped[Id]
    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    number: Mapped[int]
    status: Mapped[str]
    items: Mapped[list[str]] = mapped_column(ARRAY(Text))
    areas: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    """Townships and communities where it applies; empty means everywhere."""
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    """The last day on which it is valid."""
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    change: Mapped[str | None]
    """What the writer changed, and why."""
    written_at: Mapped[datetime]
    written_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]
    """When it was superseded or withdrawn."""
    note: Mapped[str | None]
    """Why it was discarded or withdrawn."""

    __table_args__ = (
        one_of("status", ArticleStatus),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("cardinality(items) > 0", name="items"),
        CheckConstraint("valid_from <= valid_to", name="validity"),
        CheckConstraint("(status = 'draft') = (decided_at IS NULL)", name="decided_at"),
        CheckConstraint("(status IN ('superseded', 'withdrawn')) = (ended_at IS NOT NULL)", name="ended_at"),
        Index(None, "article_id", "number", unique=True),
        Index("uq_article_versions_draft", "article_id", unique=True, postgresql_where=text("status = 'draft'")),
        Index("uq_article_versions_approved", "article_id", unique=True, postgresql_where=text("status = 'approved'")),
    )


class ArticleEntry(Model):
    """The search entry of an approved version, in a table of its own so that rows are small and close together."""

    __tablename__ = "article_entries"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("article_versions.id", ondelete="CASCADE"), primary_key=True)
    items: Mapped[list[str]] = mapped_column(ARRAY(Text))
    areas: Mapped[list[str]] = mapped_column(ARRAY(Text))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    words: Mapped[Any] = mapped_column(TSVECTOR)
    """app.knowledge.words defines the lexemes. Label A marks the title and the callers' words."""

    __table_args__ = (
        Index(None, "words", postgresql_using="gin"),
        Index(None, "items", postgresql_using="gin"),
    )


class ArticleWord(Model):
    """The number of entries in which a lexeme occurs, and of entries whose head (label A) has it.

    Updated as entries come and go. The rarer a lexeme is, the more it weighs.
    """

    __tablename__ = "article_words"

    word: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    entries: Mapped[int]
    heads: Mapped[int]


class CannedText(Model):
    """A text that an operator inserts into an answer by its short name."""

    __tablename__ = "canned_texts"

    name: Mapped[str] = mapped_column(primary_key=True)
    zh: Mapped[str]
    en: Mapped[str | None]
    sample: Mapped[bool] = mapped_column(server_default=text("false"))
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))


class FailedSearch(Model):
    """A search that found nothing. Long numbers are masked, and the row is deleted after a while."""

    __tablename__ = "failed_searches"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime]
    text: Mapped[str]
    item_code: Mapped[str | None] = mapped_column(ForeignKey("items.code"))

    __table_args__ = (Index(None, "at"),)


class ItemChoice(Model):
    """The item that an operator chose for the words typed in the item field, and the suggestions shown, best first.

    Names, numbers and addresses are masked, and the row is deleted after a while.
    """

    __tablename__ = "item_choices"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime]
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    item_code: Mapped[str] = mapped_column(ForeignKey("items.code"))
    words: Mapped[str]
    suggested: Mapped[list[str]] = mapped_column(ARRAY(Text))

    __table_args__ = (Index(None, "at"),)


class SuggestionModel(Model):
    """A model learned from choices; `content` is packed by app.knowledge.model_in_force.pack.

    At most one is in force. Without one, the model that comes with the software is used.
    """

    __tablename__ = "suggestion_models"

    id: Mapped[Id]
    at: Mapped[datetime]
    in_force: Mapped[bool]
    before_id: Mapped[UUID | None] = mapped_column(ForeignKey("suggestion_models.id"))
    """The model that it replaced; None for the model that comes with the software."""
    content: Mapped[bytes]
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Its results, and those of the model before it."""

    __table_args__ = (
        Index("uq_suggestion_models_in_force", "in_force", unique=True, postgresql_where=text("in_force")),
    )
