"""Applications to join. The registry has nothing about an applicant until a registrar enters the application."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Sequence, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.orm import Id, Model, one_of
from app.kit.terms import Term


class ApplicationStatus(Term):
    """How far an application to join has got."""

    FILED = "filed", "已提交", "filed", "It is waiting for a registrar."
    ENTERED = "entered", "已登记", "entered", "A registrar has entered the applicant as a provider."
    REFUSED = "refused", "已拒绝", "refused", "A registrar has refused it, with the reason."
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn", "The applicant has withdrawn it."


APPLICATION_NUMBER = Sequence("application_number", start=20001, metadata=Model.metadata)


class Application(Model):
    """An application to join. The applicant follows it with `number` and the query code, which is stored as a hash.

    `form` is what the applicant typed in. A registrar enters it into the registry or refuses it, or the applicant
    withdraws it.
    """

    __tablename__ = "applications"

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(
        BigInteger, APPLICATION_NUMBER, server_default=APPLICATION_NUMBER.next_value(), unique=True
    )
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[str]
    name: Mapped[str]
    uscc: Mapped[str | None]
    phone: Mapped[str]
    form: Mapped[dict[str, Any]] = mapped_column(JSONB)
    filed_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str | None]
    provider_id: Mapped[UUID | None] = mapped_column(ForeignKey("providers.id"))

    __table_args__ = (
        one_of("status", ApplicationStatus),
        CheckConstraint("(status = 'filed') = (decided_at IS NULL)", name="decided_at"),
        CheckConstraint("(status = 'entered') = (provider_id IS NOT NULL)", name="entered"),
        CheckConstraint("(status = 'refused') = (reason IS NOT NULL)", name="refused_why"),
        Index("uq_applications_uscc", "uscc", unique=True, postgresql_where=text("status = 'filed'")),
        Index("uq_applications_name", "name", unique=True, postgresql_where=text("status = 'filed'")),
        Index("uq_applications_phone", "phone", unique=True, postgresql_where=text("status = 'filed'")),
        Index(None, "status", "number"),
    )
