"""What the centre sends about a firm's own account: statement, credit, and why it was passed over."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from hotline_provider.models import Document, Quantity


class Share(Document):
    """So many of so many; `rate` is None where nothing could have counted."""

    numerator: int
    denominator: int
    rate: float | None


class MonthFigures(Document):
    """What a month came to."""

    month: date
    accepted: int
    declined: int
    expired: int
    completed: int
    returned: int
    no_shows: int
    acceptance: Share
    punctuality: Share
    solved: Share
    satisfaction: Share
    turnover_fen: int
    payout_fen: int
    credit_change: int


class Statement(Document):
    """Month by month, the latest last, beside the credit as it stands."""

    provider_number: int
    provider_name: str
    standing: str
    credit: int
    months: list[MonthFigures]


class JobLine(Document):
    """A completed job; `payout_fen` is what the firm paid the citizen, outside turnover."""

    job_id: UUID
    number: int
    item_code: str
    item_zh: str
    item_en: str
    quantity: Quantity = Decimal(1)
    unit: str | None = None
    tier: str
    redo: bool
    completed_at: datetime
    amount_fen: int
    payout_fen: int


class Total(Document):
    jobs: int
    amount_fen: int
    payout_fen: int


class CreditEntry(Document):
    """A change of the credit: its rule in words, what may be said about it until when, and what was decided.

    `effect` is what it has changed so far: nothing before the reply period has ended.
    """

    id: UUID
    status: str
    rule: str
    zh: str
    en: str
    points: int
    effect: int
    cause_at: datetime
    request_number: int | None
    reply_by: datetime | None
    reply: str | None
    decided_at: datetime | None
    decision_note: str | None
    appeal_by: datetime | None
    appeal: str | None
    appeal_note: str | None


class Credit(Document):
    credit: int
    standing: str
    items: list[CreditEntry]


class Complaint(Document):
    """What a citizen complains of about your work; heard until it is decided, `reply_by` at least."""

    id: UUID
    number: int
    status: str
    words: str | None
    opened_at: datetime
    reply_by: datetime | None
    reply: str | None
    upheld: bool | None
    fault: str | None
    decision: str | None


class Complaints(Document):
    items: list[Complaint]


class MonthStatement(Document):
    """The amounts of a month, job by job."""

    provider_number: int
    provider_name: str
    credit: int
    made_at: datetime
    figures: MonthFigures
    jobs: list[JobLine]
    by_tier: dict[str, Total]
    total: Total
    credit_entries: list[CreditEntry]


class Declared(Document):
    """A sum that you declared for a month, beside that of your baseline month."""

    month_fen: int
    baseline_fen: int | None


class MonthReturn(Document):
    """The return of a month; `locked` once the registrar has reviewed it, which only a reopening undoes."""

    month: date
    status: str
    turnover: Declared
    profit_tax: Declared
    reopened_why: str | None


class MonthReturns(Document):
    items: list[MonthReturn]


class Best(Document):
    """What the one who was asked first scored; who it is stays out of it."""

    scores: dict[str, float]
    total: float
    offered_by: str


class Decision(Document):
    """What was decided about you when somebody was wanted: your `place` among the `ranked`, or the reason."""

    at: datetime
    request_id: UUID
    number: int
    item_code: str
    township_code: str
    tier: str
    asked: bool
    place: int | None
    ranked: int
    total: float | None
    own: dict[str, float] | None
    reason: str | None
    zh: str | None
    en: str | None
    best: Best | None


class Decisions(Document):
    items: list[Decision]


class NoShow(Document):
    """A job given back because the citizen was not there; `fault` is what a supervisor found."""

    job_id: UUID
    request_id: UUID
    number: int
    item_code: str
    ended_at: datetime
    appointment_from: datetime | None
    appointment_to: datetime | None
    note: str | None
    fault: str | None


class NoShows(Document):
    items: list[NoShow]
