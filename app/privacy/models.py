"""Tables of what citizens have asked about their own data."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.orm import Id, Model, one_of
from app.kit.terms import Term


class AskedHow(Term):
    """How a citizen told the centre what they want for their data."""

    BY_PHONE = "by_phone", "电话", "by phone", "In a call from their own number."
    IN_PERSON = "in_person", "当面", "in person", "At the centre, with proof of who they are."
    IN_WRITING = "in_writing", "书面", "in writing", "In a letter or message."


class Erasure(Model):
    """That a citizen was erased. The key named the citizen and now names nobody."""

    __tablename__ = "erasures"

    id: Mapped[Id]
    citizen_id: Mapped[UUID]
    at: Mapped[datetime]
    asked: Mapped[str]
    by: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    requests: Mapped[int]
    """How many requests were blanked."""

    __table_args__ = (one_of("asked", AskedHow),)
