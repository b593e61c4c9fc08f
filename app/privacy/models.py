"""The table of erasures."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.intake.models import AskedHow
from app.kit.orm import Id, Model, one_of


class Erasure(Model):
    """The record that a citizen was erased. `citizen_id` was their key and no longer names anybody."""

    __tablename__ = "erasures"

    id: Mapped[Id]
    citizen_id: Mapped[UUID]
    at: Mapped[datetime]
    asked: Mapped[str]
    by: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    requests: Mapped[int]
    """How many requests were blanked."""

    __table_args__ = (one_of("asked", AskedHow),)
