"""Links to a statement, for providers without a key."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.orm import Id, Model


class StatementLink(Model):
    """A link to one month's statement. Its token lets anybody read the statement until it expires or is revoked."""

    __tablename__ = "statement_links"

    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"))
    month: Mapped[date]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    views: Mapped[int] = mapped_column(server_default=text("0"))
    hour: Mapped[datetime | None]
    """The hour in which it was last opened; `views_in_hour` counts its openings in that hour."""
    views_in_hour: Mapped[int] = mapped_column(server_default=text("0"))

    __table_args__ = (
        CheckConstraint("extract(day FROM month) = 1", name="first_of_month"),
        CheckConstraint("expires_at > made_at", name="expires"),
        Index(None, "provider_id", "id"),
    )
