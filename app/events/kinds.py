"""What can have happened: every kind of event that the log has, with a sentence each, and what its `data` carries.

Figures, webhooks and the screens read the log by kind. What the audit log notes (who saw or edited what) is no event.
What the request of an event was then stands in columns of its own (app.events.facts).
"""

from collections.abc import Mapping
from enum import StrEnum


class Datum(StrEnum):
    """What a value in an event's data is; sums are in fen, spans in seconds, as their names say."""

    KEY = "key"
    CODE = "code"
    CODES = "codes"
    WHOLE = "whole number"
    NUMBER = "number"
    FLAG = "yes or no"
    MOMENT = "moment"
    DAY = "day"
    TEXT = "text"


class EventKind(StrEnum):
    """A kind of event; its first word is whom it is about."""

    sentence: str
    carries: Mapping[str, Datum]
    """By name, with a question mark behind what may be missing or null."""

    def __new__(cls, value: str, sentence: str = "", carries: Mapping[str, Datum] | None = None) -> "EventKind":
        """The kind with this value, which `sentence` explains."""
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.sentence = sentence
        kind.carries = carries or {}
        return kind

    REQUEST_CREATED = "request.created", "A request was taken down."
    REQUEST_ANSWERED = (
        "request.answered",
        "It was answered from what the centre knows.",
        {"in_call": Datum.FLAG, "by_article": Datum.FLAG, "after_seconds": Datum.WHOLE},
    )
    REQUEST_RELAYED = (
        "request.relayed",
        "It was handed to a line or body outside; the request keeps that one's number.",
        {"to": Datum.TEXT},
    )
    REQUEST_DISPATCHED = (
        "request.dispatched",
        "It goes out: a provider is being looked for.",
        {"after_seconds": Datum.WHOLE},
    )
    REQUEST_UNMATCHED = (
        "request.unmatched",
        "Nobody was found, or what was found fell through; a person decides.",
        {"reason": Datum.CODE},
    )
    REQUEST_ASSIGNED = "request.assigned", "A provider accepted it."
    REQUEST_STARTED = "request.started", "The provider is on site."
    REQUEST_COMPLETED = ("request.completed", "The work was done.", {"after_seconds": Datum.WHOLE})
    REQUEST_RETURNED = "request.returned", "The provider gave the work back, or could not do it."
    REQUEST_REASSIGNED = "request.reassigned", "The work was taken from a firm that had not begun."
    REQUEST_REDONE = "request.redone", "The same firm does it again, at no charge."
    REQUEST_REOPENED = ("request.reopened", "A closed request is worked on again.", {"reason": Datum.TEXT})
    REQUEST_CLOSED = (
        "request.closed",
        "It is over.",
        {"close_reason": Datum.CODE, "reason?": Datum.CODE, "note?": Datum.TEXT},
    )
    REQUEST_CANCELLED = (
        "request.cancelled",
        "The citizen, or the centre, does not want it any more.",
        {"reason?": Datum.CODE},
    )
    REQUEST_MERGED = "request.merged", "It is the same as another, which is worked on for both."
    REQUEST_SEPARATED = "request.separated", "It stands for itself again."
    REQUEST_JOINED = (
        "request.joined",
        "Others were merged into it, which changed what it has to keep to.",
        {"joined_id": Datum.KEY, "joined_number": Datum.WHOLE, "changed": Datum.CODES},
    )
    REQUEST_HELD = ("request.held", "It waits.", {"cause": Datum.CODE, "until": Datum.MOMENT})
    REQUEST_RESUMED = ("request.resumed", "It waits no longer.", {"waited_seconds": Datum.WHOLE})
    REQUEST_CORRECTED = (
        "request.corrected",
        "What was taken down was wrong and was put right.",
        {"fields": Datum.CODES, "about_number": Datum.WHOLE},
    )
    REQUEST_DEADLINES_MOVED = (
        "request.deadlines_moved",
        "The calendar was corrected, and its deadlines moved.",
        {
            "day?": Datum.DAY,
            "answer_by?": Datum.MOMENT,
            "accept_by?": Datum.MOMENT,
            "arrive_by?": Datum.MOMENT,
            "complete_by?": Datum.MOMENT,
            "original_complete_by?": Datum.MOMENT,
            "round_arrive_by?": Datum.MOMENT,
            "round_complete_by?": Datum.MOMENT,
            "complaint_id?": Datum.KEY,
            "complaint_due_at?": Datum.MOMENT,
        },
    )
    REQUEST_DEFERRED = (
        "request.deferred",
        "In a surge it is looked at later.",
        {"until": Datum.MOMENT, "told": Datum.FLAG},
    )
    REQUEST_DEFERRAL_TOLD = (
        "request.deferral_told",
        "The citizen was told that it has to wait.",
        {"until": Datum.MOMENT},
    )
    REQUEST_TIER_CONSENTED = (
        "request.tier_consented",
        "The citizen agreed to fall back to a dearer tier.",
        {"tier": Datum.CODE},
    )
    REQUEST_TIER_CHANGED = (
        "request.tier_changed",
        "It fell back to a dearer tier, or to another, from now on.",
        {"was": Datum.CODE, "to": Datum.CODE},
    )
    REQUEST_CONTACTED = (
        "request.contacted",
        "Somebody called or wrote about it.",
        {"purpose": Datum.CODE, "about_number?": Datum.WHOLE},
    )
    REQUEST_TAKEN_OVER = ("request.taken_over", "An operator follows it up from now on.", {"from?": Datum.KEY})
    REQUEST_HANDED_OVER = (
        "request.handed_over",
        "It passed from one operator to another.",
        {"former": Datum.KEY, "to": Datum.KEY},
    )
    REQUEST_DANGER_RAISED = (
        "request.danger_raised",
        "It tells of a danger: an emergency, which no company is offered.",
        {"danger": Datum.CODE, "heard": Datum.FLAG},
    )
    REQUEST_DANGER_RELAYED = (
        "request.danger_relayed",
        "An emergency line has the danger.",
        {"line": Datum.TEXT, "outside_number?": Datum.TEXT},
    )
    REQUEST_DANGER_WITHDRAWN = ("request.danger_withdrawn", "It is no danger after all.", {"danger": Datum.CODE})
    REQUEST_DANGER_DISMISSED = (
        "request.danger_dismissed",
        "What was heard as a danger is none, says the operator.",
        {"heard": Datum.CODES},
    )
    OFFER_MADE = (
        "offer.made",
        "It was offered to a provider.",
        {"offer_id": Datum.KEY, "rank": Datum.WHOLE, "by": Datum.CODE},
    )
    OFFER_ACCEPTED = (
        "offer.accepted",
        "The provider takes it.",
        {"offer_id": Datum.KEY, "accept_seconds": Datum.WHOLE},
    )
    OFFER_DECLINED = ("offer.declined", "The provider does not take it.", {"offer_id": Datum.KEY, "reason": Datum.CODE})
    OFFER_EXPIRED = ("offer.expired", "The provider did not answer in time.", {"offer_id": Datum.KEY})
    OFFER_WITHDRAWN = (
        "offer.withdrawn",
        "It was taken back before an answer.",
        {"offer_id": Datum.KEY, "reason": Datum.TEXT, "note?": Datum.TEXT},
    )
    OFFER_ENDED = (
        "offer.ended",
        "What had been accepted is over without being done by this provider, or is done again.",
        {"offer_id": Datum.KEY},
    )
    OFFER_NOT_ANSWERED = ("offer.not_answered", "The firm did not pick up the phone.", {"offer_id": Datum.KEY})
    JOB_STARTED = (
        "job.started",
        "The provider is on site.",
        {"job_id": Datum.KEY, "arrive_seconds": Datum.WHOLE, "happened_at?": Datum.MOMENT},
    )
    JOB_QUOTED = (
        "job.quoted",
        "The citizen agreed to a quote on site.",
        {
            "job_id": Datum.KEY,
            "quantity": Datum.NUMBER,
            "quote_fen": Datum.WHOLE,
            "agreed_fen?": Datum.WHOLE,
            "how?": Datum.CODE,
        },
    )
    JOB_PRICE_AGREED = (
        "job.price_agreed",
        "The citizen agreed to a price.",
        {
            "job_id": Datum.KEY,
            "quantity": Datum.NUMBER,
            "quote_fen?": Datum.WHOLE,
            "agreed_fen": Datum.WHOLE,
            "how": Datum.CODE,
        },
    )
    JOB_APPOINTMENT_MOVED = (
        "job.appointment_moved",
        "Another time was agreed on.",
        {
            "job_id": Datum.KEY,
            "appointment_from": Datum.MOMENT,
            "appointment_to": Datum.MOMENT,
            "agreed_by?": Datum.TEXT,
            "agreed_how?": Datum.CODE,
            "move": Datum.WHOLE,
        },
    )
    JOB_COMPLETED = (
        "job.completed",
        "The work is done and billed.",
        {
            "job_id": Datum.KEY,
            "amount_fen": Datum.WHOLE,
            "payout_fen?": Datum.WHOLE,
            "quantity": Datum.NUMBER,
            "on_time": Datum.FLAG,
            "complete_seconds": Datum.WHOLE,
            "happened_at?": Datum.MOMENT,
        },
    )
    JOB_RETURNED = ("job.returned", "The provider gave it back.", {"job_id": Datum.KEY, "reason": Datum.CODE})
    JOB_FAILED = ("job.failed", "It could not be done.", {"job_id": Datum.KEY})
    JOB_CANCELLED = (
        "job.cancelled",
        "It was taken from the provider.",
        {"job_id": Datum.KEY, "reason?": Datum.CODE},
    )
    JOB_ARBITRATED = (
        "job.arbitrated",
        "A supervisor found whose doing it was that work was given back.",
        {"job_id": Datum.KEY, "fault": Datum.CODE, "note": Datum.TEXT},
    )
    JOB_AMOUNT_CORRECTED = (
        "job.amount_corrected",
        "What had been billed was wrong and was put right.",
        {
            "job_id": Datum.KEY,
            "day": Datum.DAY,
            "amount_fen": Datum.WHOLE,
            "was_fen": Datum.WHOLE,
            "difference_fen": Datum.WHOLE,
            "payout_fen?": Datum.WHOLE,
            "quantity": Datum.NUMBER,
            "lower": Datum.FLAG,
            "reason": Datum.TEXT,
        },
    )
    EXTENSION_ASKED = (
        "extension.asked",
        "The provider asked for more time.",
        {"extension_id": Datum.KEY, "until": Datum.MOMENT},
    )
    EXTENSION_GRANTED = (
        "extension.granted",
        "It was given more time.",
        {"extension_id": Datum.KEY, "until": Datum.MOMENT},
    )
    EXTENSION_REFUSED = ("extension.refused", "It was not.", {"extension_id": Datum.KEY, "until": Datum.MOMENT})
    CALLBACK_DONE = (
        "callback.done",
        "The citizen was called back.",
        {
            "callback_id": Datum.KEY,
            "job_id": Datum.KEY,
            "provider_id": Datum.KEY,
            "solved": Datum.FLAG,
            "satisfaction?": Datum.CODE,
            "paid_fen?": Datum.WHOLE,
            "difference_fen?": Datum.WHOLE,
            "overcharged?": Datum.FLAG,
        },
    )
    CALLBACK_MISSED = (
        "callback.missed",
        "The citizen did not pick up.",
        {
            "callback_id": Datum.KEY,
            "job_id": Datum.KEY,
            "provider_id": Datum.KEY,
            "attempt": Datum.WHOLE,
            "due_at": Datum.MOMENT,
        },
    )
    CALLBACK_UNREACHED = (
        "callback.unreached",
        "After the last attempt the citizen was not reached.",
        {"callback_id": Datum.KEY, "job_id": Datum.KEY, "provider_id": Datum.KEY},
    )
    CALLBACK_DROPPED = ("callback.dropped", "The work was reopened before anybody called.", {"callback_id": Datum.KEY})
    COMPLAINT_OPENED = ("complaint.opened", "A citizen complained.", {"complaint_id": Datum.KEY, "cause": Datum.CODE})
    COMPLAINT_REPEATED = (
        "complaint.repeated",
        "The citizen complained again about the same.",
        {"complaint_id": Datum.KEY, "cause": Datum.CODE},
    )
    COMPLAINT_DECIDED = (
        "complaint.decided",
        "A supervisor decided the complaint.",
        {"complaint_id": Datum.KEY, "upheld": Datum.FLAG, "fault?": Datum.CODE},
    )
    COMPLAINT_ANSWERED = ("complaint.answered", "The citizen was told the decision.", {"complaint_id": Datum.KEY})
    COMPLAINT_MISSED = (
        "complaint.missed",
        "The citizen did not pick up.",
        {"complaint_id": Datum.KEY, "attempt": Datum.WHOLE},
    )
    COMPLAINT_UNREACHED = (
        "complaint.unreached",
        "After the last attempt the citizen was not reached.",
        {"complaint_id": Datum.KEY, "reason?": Datum.CODE},
    )
    COMPLAINT_REPLIED = ("complaint.replied", "The provider gave its account.", {"complaint_id": Datum.KEY})
    COMPLAINT_HANDED_OVER = (
        "complaint.handed_over",
        "It passed to another supervisor.",
        {"complaint_id": Datum.KEY, "owner_id": Datum.KEY},
    )
    CALL_BEGAN = (
        "call.began",
        "The telephone rang at the desk, and somebody took it.",
        {"call_id": Datum.KEY, "happened_at": Datum.MOMENT, "withheld": Datum.FLAG},
    )
    CALL_PARKED = ("call.parked", "The caller waits while another call is taken.", {"call_id": Datum.KEY})
    CALL_TAKEN_BACK = ("call.taken_back", "The operator goes on with a parked call.", {"call_id": Datum.KEY})
    CALL_ENDED = (
        "call.ended",
        "It is over, with an outcome.",
        {
            "call_id": Datum.KEY,
            "happened_at": Datum.MOMENT,
            "outcome": Datum.CODE,
            "seconds": Datum.WHOLE,
            "withheld": Datum.FLAG,
        },
    )
    CREDIT_PROPOSED = (
        "credit.proposed",
        "A rule proposes points; the provider may reply.",
        {"credit_id": Datum.KEY, "rule": Datum.CODE, "points": Datum.WHOLE, "effect": Datum.WHOLE},
    )
    CREDIT_ANSWERED = ("credit.answered", "The provider replied to what is proposed.", {"credit_id": Datum.KEY})
    CREDIT_APPLIED = (
        "credit.applied",
        "The points count.",
        {"credit_id": Datum.KEY, "rule": Datum.CODE, "points?": Datum.WHOLE, "effect": Datum.WHOLE},
    )
    CREDIT_DROPPED = (
        "credit.dropped",
        "What was proposed does not count.",
        {"credit_id": Datum.KEY, "note": Datum.TEXT},
    )
    CREDIT_APPEALED = ("credit.appealed", "The provider appeals.", {"credit_id": Datum.KEY})
    CREDIT_UPHELD = ("credit.upheld", "The appeal was turned down.", {"credit_id": Datum.KEY, "note": Datum.TEXT})
    CREDIT_REVOKED = (
        "credit.revoked",
        "The appeal succeeded.",
        {"credit_id": Datum.KEY, "rule": Datum.CODE, "effect": Datum.WHOLE},
    )
    CREDIT_REVERSED = (
        "credit.reversed",
        "What it was for was corrected.",
        {"credit_id": Datum.KEY, "rule": Datum.CODE, "effect": Datum.WHOLE},
    )
    PROVIDER_APPLIED = ("provider.applied", "It wants to join.", {"application?": Datum.WHOLE, "reason?": Datum.TEXT})
    PROVIDER_ADMITTED = (
        "provider.admitted",
        "It joined, on trial.",
        {
            "former?": Datum.CODE,
            "standing?": Datum.CODE,
            "reason?": Datum.TEXT,
            "credit?": Datum.WHOLE,
            "papers?": Datum.CODES,
        },
    )
    PROVIDER_ACTIVATED = (
        "provider.activated",
        "It is a full member.",
        {
            "former?": Datum.CODE,
            "standing?": Datum.CODE,
            "reason?": Datum.TEXT,
            "credit?": Datum.WHOLE,
            "papers?": Datum.CODES,
        },
    )
    PROVIDER_WATCHED = (
        "provider.watched",
        "It is watched.",
        {
            "former?": Datum.CODE,
            "standing?": Datum.CODE,
            "reason?": Datum.TEXT,
            "credit?": Datum.WHOLE,
            "papers?": Datum.CODES,
        },
    )
    PROVIDER_SUSPENDED = (
        "provider.suspended",
        "It is offered no work for the time being.",
        {
            "former?": Datum.CODE,
            "standing?": Datum.CODE,
            "reason?": Datum.TEXT,
            "credit?": Datum.WHOLE,
            "papers?": Datum.CODES,
        },
    )
    PROVIDER_RELEASED = (
        "provider.released",
        "It is offered work again.",
        {
            "former?": Datum.CODE,
            "standing?": Datum.CODE,
            "reason?": Datum.TEXT,
            "credit?": Datum.WHOLE,
            "papers?": Datum.CODES,
        },
    )
    PROVIDER_EXPELLED = (
        "provider.expelled",
        "It was put out.",
        {
            "former?": Datum.CODE,
            "standing?": Datum.CODE,
            "reason?": Datum.TEXT,
            "credit?": Datum.WHOLE,
            "papers?": Datum.CODES,
        },
    )
    PROVIDER_LEFT = (
        "provider.left",
        "It left of its own will.",
        {
            "former?": Datum.CODE,
            "standing?": Datum.CODE,
            "reason?": Datum.TEXT,
            "credit?": Datum.WHOLE,
            "papers?": Datum.CODES,
        },
    )
    PROVIDER_REAPPLIED = (
        "provider.reapplied",
        "It wants to join again.",
        {
            "former?": Datum.CODE,
            "standing?": Datum.CODE,
            "reason?": Datum.TEXT,
            "credit?": Datum.WHOLE,
            "papers?": Datum.CODES,
        },
    )
    PROVIDER_UNREACHABLE = (
        "provider.unreachable",
        "It answered no offers and is asked no more for now.",
        {"silent_offers": Datum.WHOLE},
    )
    PROVIDER_TOLD = ("provider.told", "It was sent a notice.", {"notice_id": Datum.KEY, "notice": Datum.CODE})
    PROVIDER_PAPER_EXPIRING = (
        "provider.paper_expiring",
        "A paper of its is about to expire.",
        {
            "paper": Datum.CODE,
            "number?": Datum.TEXT,
            "expires_on": Datum.DAY,
            "whole_firm": Datum.FLAG,
            "items": Datum.CODES,
        },
    )
    PROVIDER_PAPER_EXPIRED = (
        "provider.paper_expired",
        "A paper of its has expired.",
        {
            "paper": Datum.CODE,
            "number?": Datum.TEXT,
            "expires_on": Datum.DAY,
            "whole_firm": Datum.FLAG,
            "items": Datum.CODES,
        },
    )
    MONTH_FILED = (
        "month.filed",
        "It declared turnover and profit-and-tax of a month.",
        {"month": Datum.DAY, "turnover_fen": Datum.WHOLE, "profit_tax_fen": Datum.WHOLE, "baseline": Datum.FLAG},
    )
    MONTH_LOCKED = (
        "month.locked",
        "What it declared was reviewed.",
        {"month_id": Datum.KEY, "month": Datum.DAY, "turnover_fen": Datum.WHOLE, "profit_tax_fen": Datum.WHOLE},
    )
    MONTH_REOPENED = (
        "month.reopened",
        "It may correct what it declared.",
        {"month_id": Datum.KEY, "month": Datum.DAY, "turnover_fen": Datum.WHOLE, "profit_tax_fen": Datum.WHOLE},
    )
    APPLICATION_FILED = ("application.filed", "A company applied to join.", {"number": Datum.WHOLE})
    APPLICATION_ENTERED = (
        "application.entered",
        "The registrar took it into the registry.",
        {"application_id": Datum.KEY, "number": Datum.WHOLE},
    )
    APPLICATION_REFUSED = (
        "application.refused",
        "The registrar refused it.",
        {"application_id": Datum.KEY, "number": Datum.WHOLE},
    )
    APPLICATION_WITHDRAWN = ("application.withdrawn", "The company withdrew it.", {"application_id": Datum.KEY})
    ARTICLE_DRAFTED = (
        "article.drafted",
        "A version of an article was written.",
        {"article_id": Datum.KEY, "slug": Datum.CODE, "number": Datum.WHOLE},
    )
    ARTICLE_APPROVED = (
        "article.approved",
        "It is offered to operators.",
        {"article_id": Datum.KEY, "slug?": Datum.CODE, "number?": Datum.WHOLE},
    )
    ARTICLE_DISCARDED = (
        "article.discarded",
        "It was thrown away.",
        {"article_id": Datum.KEY, "slug": Datum.CODE, "number": Datum.WHOLE},
    )
    ARTICLE_SUPERSEDED = (
        "article.superseded",
        "Another version took its place.",
        {"article_id": Datum.KEY, "slug?": Datum.CODE, "number?": Datum.WHOLE},
    )
    ARTICLE_WITHDRAWN = (
        "article.withdrawn",
        "The article is offered no more.",
        {"article_id": Datum.KEY, "slug": Datum.CODE, "number": Datum.WHOLE},
    )
    GUIDE_DRAFTED = (
        "guide.drafted",
        "A version of a danger guide was written.",
        {"danger": Datum.CODE, "number": Datum.WHOLE},
    )
    GUIDE_APPROVED = (
        "guide.approved",
        "It is in force.",
        {"guide_id?": Datum.KEY, "danger": Datum.CODE, "number": Datum.WHOLE},
    )
    GUIDE_DISCARDED = (
        "guide.discarded",
        "It was thrown away.",
        {"guide_id": Datum.KEY, "danger": Datum.CODE, "number": Datum.WHOLE},
    )
    GUIDE_SUPERSEDED = (
        "guide.superseded",
        "Another version took its place.",
        {"guide_id": Datum.KEY, "danger": Datum.CODE, "number": Datum.WHOLE},
    )
    SURGE_BEGAN = (
        "surge.began",
        "More came in than the providers can do.",
        {"category?": Datum.CODE, "waiting": Datum.WHOLE, "places": Datum.WHOLE, "why": Datum.TEXT},
    )
    SURGE_ENDED = (
        "surge.ended",
        "It is over.",
        {"category?": Datum.CODE, "waiting": Datum.WHOLE, "places": Datum.WHOLE, "why": Datum.TEXT},
    )
    CLOCK_YELLOW = (
        "clock.yellow",
        "Three quarters of a deadline's time are gone.",
        {"clock": Datum.CODE, "due": Datum.MOMENT, "complaint_id?": Datum.KEY},
    )
    CLOCK_RED = (
        "clock.red",
        "A deadline has passed.",
        {"clock": Datum.CODE, "due": Datum.MOMENT, "complaint_id?": Datum.KEY},
    )
    WEBHOOK_PAUSED = (
        "webhook.paused",
        "The endpoint is sent nothing until somebody resumes it.",
        {"webhook_id": Datum.KEY},
    )
    WEBHOOK_DISABLED = (
        "webhook.disabled",
        "The endpoint took nothing, or said that it has gone.",
        {"webhook_id": Datum.KEY, "why": Datum.CODE},
    )
    WEBHOOK_RESUMED = ("webhook.resumed", "The endpoint is sent events again.", {"webhook_id": Datum.KEY})
