"""Kept counts for the manager's figures, rolled up from the event log."""

from datetime import date

from sqlalchemy import BigInteger, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.orm import Model


class DailyVolume(Model):
    """What happened on one day of the centre's zone, by the dimensions of the requests concerned.

    An event counts on the day it happened, not on the day its request came in, and by what its request was at that
    time.
    """

    __tablename__ = "daily_volumes"

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    category_code: Mapped[str] = mapped_column(primary_key=True)
    township_code: Mapped[str] = mapped_column(primary_key=True)
    tier: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    requests: Mapped[int] = mapped_column(server_default=text("0"))
    answered_in_call: Mapped[int] = mapped_column(server_default=text("0"))
    answered_by_article: Mapped[int] = mapped_column(server_default=text("0"))
    """Requests answered in the call whose answer came from an article."""
    answered: Mapped[int] = mapped_column(server_default=text("0"))
    relayed: Mapped[int] = mapped_column(server_default=text("0"))
    dispatched: Mapped[int] = mapped_column(server_default=text("0"))
    unmatched: Mapped[int] = mapped_column(server_default=text("0"))
    offered: Mapped[int] = mapped_column(server_default=text("0"))
    accepted: Mapped[int] = mapped_column(server_default=text("0"))
    declined: Mapped[int] = mapped_column(server_default=text("0"))
    expired: Mapped[int] = mapped_column(server_default=text("0"))
    returned: Mapped[int] = mapped_column(server_default=text("0"))
    completed: Mapped[int] = mapped_column(server_default=text("0"))
    on_time: Mapped[int] = mapped_column(server_default=text("0"))
    """Jobs completed on time."""
    closed: Mapped[int] = mapped_column(server_default=text("0"))
    cancelled: Mapped[int] = mapped_column(server_default=text("0"))
    callbacks: Mapped[int] = mapped_column(server_default=text("0"))
    """Callbacks that have ended, whether or not the citizen was reached."""
    reached: Mapped[int] = mapped_column(server_default=text("0"))
    solved: Mapped[int] = mapped_column(server_default=text("0"))
    rated: Mapped[int] = mapped_column(server_default=text("0"))
    """Citizens reached who gave a rating."""
    satisfied: Mapped[int] = mapped_column(server_default=text("0"))
    turnover_fen: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class CallHour(Model):
    """The calls that began in one hour of a day of the centre's zone, by how they ended."""

    __tablename__ = "call_hours"

    day: Mapped[date] = mapped_column(primary_key=True)
    hour: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    outcome: Mapped[str] = mapped_column(primary_key=True)
    calls: Mapped[int] = mapped_column(server_default=text("0"))
    withheld: Mapped[int] = mapped_column(server_default=text("0"))
    """Calls that withheld their number."""
    seconds: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    """Total duration in seconds."""
