"""Every kind of event in the log, with a sentence that explains it and the names in its `data`.

Figures, webhooks and screens read the log by kind. Entries of the audit log (who saw or edited what) are
not events. The facts of an event's request have columns of their own (app.events.facts).
"""

from collections.abc import Mapping
from enum import StrEnum


class Datum(StrEnum):
    """The type of a value in an event's data. As their names say, sums are in fen and spans in seconds."""

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
    """A kind of event. Its first word names the subject."""

    sentence: str
    carries: Mapping[str, Datum]
    """The names in `data`, with a question mark after one that may be missing or null, and their types."""

    def __new__(cls, value: str, sentence: str = "", carries: Mapping[str, Datum] | None = None) -> "EventKind":
        """Return the kind with this value, which `sentence` explains."""
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.sentence = sentence
        kind.carries = carries or {}
        return kind

    REQUEST_CREATED = "request.created", "A request was taken down."
    REQUEST_ANSWERED = (
        "request.answered",
        "The centre answered it.",
        {"in_call": Datum.FLAG, "by_article": Datum.FLAG, "after_seconds": Datum.WHOLE},
    )
    REQUEST_RELAYED = (
        "request.relayed",
        "It was relayed to an outside line or body. The request keeps that body's ticket number.",
        {"to": Datum.TEXT},
    )
    REQUEST_DISPATCHED = (
        "request.dispatched",
        "The centre started to look for a provider.",
        {"after_seconds": Datum.WHOLE},
    )
    REQUEST_UNMATCHED = (
        "request.unmatched",
        "No provider was found, or the work came back. A person decides.",
        {"reason": Datum.CODE},
    )
    REQUEST_ASSIGNED = "request.assigned", "A provider accepted it."
    REQUEST_STARTED = "request.started", "The provider is on site."
    REQUEST_COMPLETED = ("request.completed", "The work was done.", {"after_seconds": Datum.WHOLE})
    REQUEST_RETURNED = "request.returned", "The provider returned the work or could not complete it."
    REQUEST_REASSIGNED = "request.reassigned", "The centre took the work away from a provider that had not started."
    REQUEST_REDONE = "request.redone", "The problem was not solved, and the work is done again at no charge."
    REQUEST_REOPENED = ("request.reopened", "A closed request was reopened.", {"remark_id": Datum.KEY})
    REQUEST_CLOSED = (
        "request.closed",
        "It was closed.",
        {"close_reason": Datum.CODE, "reason?": Datum.CODE, "remark_id?": Datum.KEY},
    )
    REQUEST_CANCELLED = (
        "request.cancelled",
        "The citizen or the centre cancelled it.",
        {"reason?": Datum.CODE},
    )
    REQUEST_MERGED = "request.merged", "It was merged into another request about the same problem."
    REQUEST_SEPARATED = "request.separated", "Its merge was undone, and it is received again."
    REQUEST_JOINED = (
        "request.joined",
        "Another request was merged into it. `changed` names the urgency, group and deadlines that it took over.",
        {"joined_id": Datum.KEY, "joined_number": Datum.WHOLE, "changed": Datum.CODES},
    )
    REQUEST_HELD = ("request.held", "It was put on hold.", {"cause": Datum.CODE, "until": Datum.MOMENT})
    REQUEST_RESUMED = ("request.resumed", "Its hold ended.", {"waited_seconds": Datum.WHOLE})
    REQUEST_CORRECTED = (
        "request.corrected",
        "What was taken down was corrected.",
        {"fields": Datum.CODES, "about_number": Datum.WHOLE, "remark_id?": Datum.KEY},
    )
    REQUEST_DEADLINES_MOVED = (
        "request.deadlines_moved",
        "The calendar changed, and its deadlines moved.",
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
        "It was deferred in a surge.",
        {"until": Datum.MOMENT, "told": Datum.FLAG},
    )
    REQUEST_DEFERRAL_TOLD = (
        "request.deferral_told",
        "The citizen was told that it has to wait.",
        {"until": Datum.MOMENT},
    )
    REQUEST_TIER_CONSENTED = (
        "request.tier_consented",
        "The citizen agreed to a dearer tier.",
        {"tier": Datum.CODE},
    )
    REQUEST_TIER_CHANGED = (
        "request.tier_changed",
        "It is served at another tier from now on.",
        {"was": Datum.CODE, "to": Datum.CODE},
    )
    REQUEST_CONTACTED = (
        "request.contacted",
        "Somebody called or wrote about it.",
        {"purpose": Datum.CODE, "about_number?": Datum.WHOLE},
    )
    REQUEST_TAKEN_OVER = (
        "request.taken_over",
        "An operator took it over and follows it from now on.",
        {"from?": Datum.KEY},
    )
    REQUEST_HANDED_OVER = (
        "request.handed_over",
        "It was handed over from one operator to another.",
        {"former": Datum.KEY, "to": Datum.KEY},
    )
    REQUEST_DANGER_RAISED = (
        "request.danger_raised",
        "It reports a danger. It is an emergency and is offered to no provider.",
        {"danger": Datum.CODE, "heard": Datum.FLAG},
    )
    REQUEST_DANGER_RELAYED = (
        "request.danger_relayed",
        "An emergency line took the danger.",
        {"line": Datum.TEXT, "outside_number?": Datum.TEXT},
    )
    REQUEST_DANGER_WITHDRAWN = (
        "request.danger_withdrawn",
        "The danger was withdrawn: there is none.",
        {"danger": Datum.CODE, "remark_id?": Datum.KEY},
    )
    REQUEST_DANGER_DISMISSED = (
        "request.danger_dismissed",
        "The operator dismissed the dangers that the text mentions.",
        {"heard": Datum.CODES},
    )
    OFFER_MADE = (
        "offer.made",
        "It was offered to a provider.",
        {"offer_id": Datum.KEY, "rank": Datum.WHOLE, "by": Datum.CODE},
    )
    OFFER_ACCEPTED = (
        "offer.accepted",
        "The provider accepted it.",
        {"offer_id": Datum.KEY, "accept_seconds": Datum.WHOLE},
    )
    OFFER_DECLINED = ("offer.declined", "The provider declined it.", {"offer_id": Datum.KEY, "reason": Datum.CODE})
    OFFER_EXPIRED = ("offer.expired", "The provider did not answer in time.", {"offer_id": Datum.KEY})
    OFFER_WITHDRAWN = (
        "offer.withdrawn",
        "It was withdrawn before an answer.",
        {"offer_id": Datum.KEY, "reason": Datum.CODE, "remark_id?": Datum.KEY},
    )
    OFFER_ENDED = (
        "offer.ended",
        "The accepted work ended: it was done, returned, failed, cancelled or reassigned.",
        {"offer_id": Datum.KEY},
    )
    OFFER_NOT_ANSWERED = ("offer.not_answered", "The provider did not answer the phone.", {"offer_id": Datum.KEY})
    JOB_STARTED = (
        "job.started",
        "The provider is on site.",
        {"job_id": Datum.KEY, "arrive_seconds": Datum.WHOLE, "happened_at?": Datum.MOMENT},
    )
    JOB_QUOTED = (
        "job.quoted",
        "The provider quoted a price. `agreed_fen` is set if the citizen agreed on site.",
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
        "Another appointment was agreed.",
        {
            "job_id": Datum.KEY,
            "appointment_from": Datum.MOMENT,
            "appointment_to": Datum.MOMENT,
            "remark_id?": Datum.KEY,
            "agreed_how?": Datum.CODE,
            "move": Datum.WHOLE,
        },
    )
    JOB_COMPLETED = (
        "job.completed",
        "The work was done and billed.",
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
    JOB_RETURNED = ("job.returned", "The provider returned it.", {"job_id": Datum.KEY, "reason": Datum.CODE})
    JOB_FAILED = ("job.failed", "It was started but could not be completed.", {"job_id": Datum.KEY})
    JOB_CANCELLED = (
        "job.cancelled",
        "It was cancelled or taken away from the provider.",
        {"job_id": Datum.KEY, "reason?": Datum.CODE},
    )
    JOB_ARBITRATED = (
        "job.arbitrated",
        "A supervisor decided who was to blame for the return or failure.",
        {"job_id": Datum.KEY, "fault": Datum.CODE},
    )
    JOB_AMOUNT_CORRECTED = (
        "job.amount_corrected",
        "The bill was corrected.",
        {
            "job_id": Datum.KEY,
            "day": Datum.DAY,
            "amount_fen": Datum.WHOLE,
            "was_fen": Datum.WHOLE,
            "difference_fen": Datum.WHOLE,
            "payout_fen?": Datum.WHOLE,
            "quantity": Datum.NUMBER,
            "lower": Datum.FLAG,
            "remark_id": Datum.KEY,
        },
    )
    EXTENSION_ASKED = (
        "extension.asked",
        "The provider asked for more time.",
        {"extension_id": Datum.KEY, "until": Datum.MOMENT},
    )
    EXTENSION_GRANTED = (
        "extension.granted",
        "The extension was granted.",
        {"extension_id": Datum.KEY, "until": Datum.MOMENT},
    )
    EXTENSION_REFUSED = (
        "extension.refused",
        "The extension was refused.",
        {"extension_id": Datum.KEY, "until": Datum.MOMENT},
    )
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
        "The citizen did not answer the phone.",
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
        "The citizen was not reached in the last attempt either.",
        {"callback_id": Datum.KEY, "job_id": Datum.KEY, "provider_id": Datum.KEY},
    )
    CALLBACK_DROPPED = (
        "callback.dropped",
        "The request was reopened before anybody called.",
        {"callback_id": Datum.KEY},
    )
    COMPLAINT_OPENED = ("complaint.opened", "A citizen complained.", {"complaint_id": Datum.KEY, "cause": Datum.CODE})
    COMPLAINT_REPEATED = (
        "complaint.repeated",
        "The citizen complained again about the same problem.",
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
        "The citizen did not answer the phone.",
        {"complaint_id": Datum.KEY, "attempt": Datum.WHOLE},
    )
    COMPLAINT_UNREACHED = (
        "complaint.unreached",
        "The citizen could not be told the decision.",
        {"complaint_id": Datum.KEY, "reason?": Datum.CODE},
    )
    COMPLAINT_REPLIED = ("complaint.replied", "The provider gave its account.", {"complaint_id": Datum.KEY})
    COMPLAINT_HANDED_OVER = (
        "complaint.handed_over",
        "It was handed over to another supervisor.",
        {"complaint_id": Datum.KEY, "owner_id": Datum.KEY},
    )
    CALL_BEGAN = (
        "call.began",
        "An operator answered an incoming call.",
        {"call_id": Datum.KEY, "happened_at": Datum.MOMENT, "withheld": Datum.FLAG},
    )
    CALL_PARKED = ("call.parked", "The caller waits while the operator takes another call.", {"call_id": Datum.KEY})
    CALL_TAKEN_BACK = ("call.taken_back", "The operator resumed a parked call.", {"call_id": Datum.KEY})
    CALL_ENDED = (
        "call.ended",
        "The call ended, with an outcome.",
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
        "A rule proposed points. The provider may reply.",
        {"credit_id": Datum.KEY, "rule": Datum.CODE, "points": Datum.WHOLE, "effect": Datum.WHOLE},
    )
    CREDIT_ANSWERED = ("credit.answered", "The provider replied to the proposal.", {"credit_id": Datum.KEY})
    CREDIT_APPLIED = (
        "credit.applied",
        "The points took effect.",
        {"credit_id": Datum.KEY, "rule": Datum.CODE, "points?": Datum.WHOLE, "effect": Datum.WHOLE},
    )
    CREDIT_DROPPED = (
        "credit.dropped",
        "The proposal was dropped after the reply.",
        {"credit_id": Datum.KEY},
    )
    CREDIT_APPEALED = ("credit.appealed", "The provider appealed.", {"credit_id": Datum.KEY})
    CREDIT_UPHELD = ("credit.upheld", "The appeal was refused.", {"credit_id": Datum.KEY})
    CREDIT_REVOKED = (
        "credit.revoked",
        "The appeal was granted.",
        {"credit_id": Datum.KEY, "rule": Datum.CODE, "effect": Datum.WHOLE},
    )
    CREDIT_REVERSED = (
        "credit.reversed",
        "Its cause was corrected, and the points were reversed.",
        {"credit_id": Datum.KEY, "rule": Datum.CODE, "effect": Datum.WHOLE},
    )
    PROVIDER_APPLIED = ("provider.applied", "It applied to join.", {"application?": Datum.WHOLE, "reason?": Datum.TEXT})
    PROVIDER_ADMITTED = (
        "provider.admitted",
        "It was admitted on trial.",
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
        "It became a full member.",
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
        "It was put on watch.",
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
        "It was suspended and is offered no work.",
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
        "Its suspension ended, and it is offered work again.",
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
        "The centre removed it.",
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
        "It applied to join again.",
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
        "It repeatedly did not answer offers and is offered nothing for now.",
        {"silent_offers": Datum.WHOLE},
    )
    PROVIDER_TOLD = ("provider.told", "It was sent a notice.", {"notice_id": Datum.KEY, "notice": Datum.CODE})
    PROVIDER_PAPER_EXPIRING = (
        "provider.paper_expiring",
        "One of its licences is about to expire.",
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
        "One of its licences has expired.",
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
        "The provider declared its turnover and profit-and-tax for a month.",
        {"month": Datum.DAY, "turnover_fen": Datum.WHOLE, "profit_tax_fen": Datum.WHOLE, "baseline": Datum.FLAG},
    )
    MONTH_LOCKED = (
        "month.locked",
        "A registrar reviewed and locked the declaration.",
        {"month_id": Datum.KEY, "month": Datum.DAY, "turnover_fen": Datum.WHOLE, "profit_tax_fen": Datum.WHOLE},
    )
    MONTH_REOPENED = (
        "month.reopened",
        "The declaration was reopened, so that the provider can correct it.",
        {"month_id": Datum.KEY, "month": Datum.DAY, "turnover_fen": Datum.WHOLE, "profit_tax_fen": Datum.WHOLE},
    )
    APPLICATION_FILED = ("application.filed", "A company applied to join.", {"number": Datum.WHOLE})
    APPLICATION_ENTERED = (
        "application.entered",
        "A registrar entered the applicant in the registry.",
        {"application_id": Datum.KEY, "number": Datum.WHOLE},
    )
    APPLICATION_REFUSED = (
        "application.refused",
        "A registrar refused it.",
        {"application_id": Datum.KEY, "number": Datum.WHOLE},
    )
    APPLICATION_WITHDRAWN = ("application.withdrawn", "The company withdrew it.", {"application_id": Datum.KEY})
    ARTICLE_DRAFTED = (
        "article.drafted",
        "A new version of an article was drafted.",
        {"article_id": Datum.KEY, "slug": Datum.CODE, "number": Datum.WHOLE},
    )
    ARTICLE_APPROVED = (
        "article.approved",
        "The version was approved and is offered to operators.",
        {"article_id": Datum.KEY, "slug?": Datum.CODE, "number?": Datum.WHOLE},
    )
    ARTICLE_DISCARDED = (
        "article.discarded",
        "The draft was discarded.",
        {"article_id": Datum.KEY, "slug": Datum.CODE, "number": Datum.WHOLE},
    )
    ARTICLE_SUPERSEDED = (
        "article.superseded",
        "A newer version replaced it.",
        {"article_id": Datum.KEY, "slug?": Datum.CODE, "number?": Datum.WHOLE},
    )
    ARTICLE_WITHDRAWN = (
        "article.withdrawn",
        "The article was withdrawn and is no longer offered.",
        {"article_id": Datum.KEY, "slug": Datum.CODE, "number": Datum.WHOLE},
    )
    GUIDE_DRAFTED = (
        "guide.drafted",
        "A new version of a danger guide was drafted.",
        {"danger": Datum.CODE, "number": Datum.WHOLE},
    )
    GUIDE_APPROVED = (
        "guide.approved",
        "The version was approved and is in use.",
        {"guide_id?": Datum.KEY, "danger": Datum.CODE, "number": Datum.WHOLE},
    )
    GUIDE_DISCARDED = (
        "guide.discarded",
        "The draft was discarded.",
        {"guide_id": Datum.KEY, "danger": Datum.CODE, "number": Datum.WHOLE},
    )
    GUIDE_SUPERSEDED = (
        "guide.superseded",
        "A newer version replaced it.",
        {"guide_id": Datum.KEY, "danger": Datum.CODE, "number": Datum.WHOLE},
    )
    SURGE_BEGAN = (
        "surge.began",
        "A surge began: more requests wait than providers can take.",
        {"category?": Datum.CODE, "waiting": Datum.WHOLE, "places": Datum.WHOLE, "why": Datum.TEXT},
    )
    SURGE_ENDED = (
        "surge.ended",
        "The surge ended.",
        {"category?": Datum.CODE, "waiting": Datum.WHOLE, "places": Datum.WHOLE, "why": Datum.TEXT},
    )
    CLOCK_YELLOW = (
        "clock.yellow",
        "Three quarters of the time to a deadline have passed.",
        {"clock": Datum.CODE, "due": Datum.MOMENT, "complaint_id?": Datum.KEY},
    )
    CLOCK_RED = (
        "clock.red",
        "A deadline has passed.",
        {"clock": Datum.CODE, "due": Datum.MOMENT, "complaint_id?": Datum.KEY},
    )
    WEBHOOK_PAUSED = (
        "webhook.paused",
        "The endpoint was paused and is sent nothing until somebody resumes it.",
        {"webhook_id": Datum.KEY},
    )
    WEBHOOK_DISABLED = (
        "webhook.disabled",
        "The endpoint was disabled, because it accepted nothing or answered that it is gone.",
        {"webhook_id": Datum.KEY, "why": Datum.CODE},
    )
    WEBHOOK_RESUMED = ("webhook.resumed", "The endpoint is sent events again.", {"webhook_id": Datum.KEY})
