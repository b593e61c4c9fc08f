"""What the centre sends about a provider's own account: statement, credit, complaints and matching decisions."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from hotline_provider.models import Document, Quantity


class Share(Document):
    """A share with its counts. `rate` is None when the denominator is 0."""

    numerator: int
    denominator: int
    rate: float | None


class MonthFigures(Document):
    """A month's figures; sums are in fen."""

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
    """Your figures month by month, latest last, with your current credit."""

    provider_number: int
    provider_name: str
    standing: str
    credit: int
    months: list[MonthFigures]


class JobLine(Document):
    """A completed job. `payout_fen` is what you paid the citizen; it is not turnover."""

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
    """A change of your credit: its rule in words, until when you may reply or appeal, and the decision.

    `effect` is how many points it has changed so far, which is 0 until the reply period has ended.
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
    """A citizen's complaint about your work. You can reply until it is decided, and at least until `reply_by`."""

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
    """A month's amounts, job by job."""

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
    """A sum that you declared for a month, and the sum for your baseline month; both in fen."""

    month_fen: int
    baseline_fen: int | None


class MonthReturn(Document):
    """A month's return. It is `locked` once the registrar has reviewed it; only the centre can reopen it."""

    month: date
    status: str
    turnover: Declared
    profit_tax: Declared
    reopened_why: str | None


class MonthReturns(Document):
    items: list[MonthReturn]


class Best(Document):
    """The scores of the provider that was asked first. Its identity is withheld."""

    scores: dict[str, float]
    total: float
    offered_by: str


class Decision(Document):
    """A matching decision about you for a request: your `place` among the `ranked`, or the reason why you had none."""

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
    """A job given back because the citizen was absent. `fault` is a supervisor's finding, if there is one."""

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
