"""What can have happened: every kind of event that the log has, with a sentence each.

Figures, webhooks and the screens read the log by kind. What the audit log notes (who saw or edited what) is no event.
"""

from enum import StrEnum


class EventKind(StrEnum):
    """A kind of event; its first word is whom it is about."""

    sentence: str

    def __new__(cls, value: str, sentence: str = "") -> "EventKind":
        """The kind with this value, which `sentence` explains."""
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.sentence = sentence
        return kind

    REQUEST_CREATED = "request.created", "A request was taken down."
    REQUEST_ANSWERED = "request.answered", "It was answered from what the centre knows."
    REQUEST_RELAYED = "request.relayed", "It was handed to a line or body outside; the request keeps that one's number."
    REQUEST_DISPATCHED = "request.dispatched", "It goes out: a provider is being looked for."
    REQUEST_UNMATCHED = "request.unmatched", "Nobody was found, or what was found fell through; a person decides."
    REQUEST_ASSIGNED = "request.assigned", "A provider accepted it."
    REQUEST_STARTED = "request.started", "The provider is on site."
    REQUEST_COMPLETED = "request.completed", "The work was done."
    REQUEST_RETURNED = "request.returned", "The provider gave the work back, or could not do it."
    REQUEST_REASSIGNED = "request.reassigned", "The work was taken from a firm that had not begun."
    REQUEST_REDONE = "request.redone", "The same firm does it again, at no charge."
    REQUEST_REOPENED = "request.reopened", "A closed request is worked on again."
    REQUEST_CLOSED = "request.closed", "It is over."
    REQUEST_CANCELLED = "request.cancelled", "The citizen, or the centre, does not want it any more."
    REQUEST_MERGED = "request.merged", "It is the same as another, which is worked on for both."
    REQUEST_SEPARATED = "request.separated", "It stands for itself again."
    REQUEST_JOINED = "request.joined", "Others were merged into it, which changed what it has to keep to."
    REQUEST_HELD = "request.held", "It waits."
    REQUEST_RESUMED = "request.resumed", "It waits no longer."
    REQUEST_CORRECTED = "request.corrected", "What was taken down was wrong and was put right."
    REQUEST_DEADLINES_MOVED = (
        "request.deadlines_moved",
        "The calendar was corrected, and its deadlines moved.",
    )
    REQUEST_DEFERRED = "request.deferred", "In a surge it is looked at later."
    REQUEST_DEFERRAL_TOLD = "request.deferral_told", "The citizen was told that it has to wait."
    REQUEST_TIER_CONSENTED = "request.tier_consented", "The citizen agreed to fall back to a dearer tier."
    REQUEST_TIER_CHANGED = (
        "request.tier_changed",
        "It fell back to a dearer tier, or to another, from now on.",
    )
    REQUEST_CONTACTED = "request.contacted", "Somebody called or wrote about it."
    REQUEST_TAKEN_OVER = "request.taken_over", "An operator follows it up from now on."
    REQUEST_HANDED_OVER = "request.handed_over", "It passed from one operator to another."
    REQUEST_DANGER_RAISED = "request.danger_raised", "It tells of a danger: an emergency, which no company is offered."
    REQUEST_DANGER_RELAYED = "request.danger_relayed", "An emergency line has the danger."
    REQUEST_DANGER_WITHDRAWN = "request.danger_withdrawn", "It is no danger after all."
    REQUEST_DANGER_DISMISSED = "request.danger_dismissed", "What was heard as a danger is none, says the operator."

    OFFER_MADE = "offer.made", "It was offered to a provider."
    OFFER_ACCEPTED = "offer.accepted", "The provider takes it."
    OFFER_DECLINED = "offer.declined", "The provider does not take it."
    OFFER_EXPIRED = "offer.expired", "The provider did not answer in time."
    OFFER_WITHDRAWN = "offer.withdrawn", "It was taken back before an answer."
    OFFER_ENDED = "offer.ended", "What had been accepted is over without being done by this provider, or is done again."
    OFFER_NOT_ANSWERED = "offer.not_answered", "The firm did not pick up the phone."

    JOB_STARTED = "job.started", "The provider is on site."
    JOB_QUOTED = "job.quoted", "The citizen agreed to a quote on site."
    JOB_PRICE_AGREED = "job.price_agreed", "The citizen agreed to a price."
    JOB_APPOINTMENT_MOVED = "job.appointment_moved", "Another time was agreed on."
    JOB_COMPLETED = "job.completed", "The work is done and billed."
    JOB_RETURNED = "job.returned", "The provider gave it back."
    JOB_FAILED = "job.failed", "It could not be done."
    JOB_CANCELLED = "job.cancelled", "It was taken from the provider."
    JOB_ARBITRATED = "job.arbitrated", "A supervisor found whose doing it was that work was given back."
    JOB_AMOUNT_CORRECTED = "job.amount_corrected", "What had been billed was wrong and was put right."

    EXTENSION_ASKED = "extension.asked", "The provider asked for more time."
    EXTENSION_GRANTED = "extension.granted", "It was given more time."
    EXTENSION_REFUSED = "extension.refused", "It was not."

    CALLBACK_DONE = "callback.done", "The citizen was called back."
    CALLBACK_MISSED = "callback.missed", "The citizen did not pick up."
    CALLBACK_UNREACHED = "callback.unreached", "After the last attempt the citizen was not reached."
    CALLBACK_DROPPED = "callback.dropped", "The work was reopened before anybody called."

    COMPLAINT_OPENED = "complaint.opened", "A citizen complained."
    COMPLAINT_REPEATED = "complaint.repeated", "The citizen complained again about the same."
    COMPLAINT_DECIDED = "complaint.decided", "A supervisor decided the complaint."
    COMPLAINT_ANSWERED = "complaint.answered", "The citizen was told the decision."
    COMPLAINT_MISSED = "complaint.missed", "The citizen did not pick up."
    COMPLAINT_UNREACHED = "complaint.unreached", "After the last attempt the citizen was not reached."
    COMPLAINT_REPLIED = "complaint.replied", "The provider gave its account."
    COMPLAINT_HANDED_OVER = "complaint.handed_over", "It passed to another supervisor."

    CALL_BEGAN = "call.began", "The telephone rang at the desk, and somebody took it."
    CALL_PARKED = "call.parked", "The caller waits while another call is taken."
    CALL_TAKEN_BACK = "call.taken_back", "The operator goes on with a parked call."
    CALL_ENDED = "call.ended", "It is over, with an outcome."

    CREDIT_PROPOSED = "credit.proposed", "A rule proposes points; the provider may reply."
    CREDIT_ANSWERED = "credit.answered", "The provider replied to what is proposed."
    CREDIT_APPLIED = "credit.applied", "The points count."
    CREDIT_DROPPED = "credit.dropped", "What was proposed does not count."
    CREDIT_APPEALED = "credit.appealed", "The provider appeals."
    CREDIT_UPHELD = "credit.upheld", "The appeal was turned down."
    CREDIT_REVOKED = "credit.revoked", "The appeal succeeded."
    CREDIT_REVERSED = "credit.reversed", "What it was for was corrected."

    PROVIDER_APPLIED = "provider.applied", "It wants to join."
    PROVIDER_ADMITTED = "provider.admitted", "It joined, on trial."
    PROVIDER_ACTIVATED = "provider.activated", "It is a full member."
    PROVIDER_WATCHED = "provider.watched", "It is watched."
    PROVIDER_SUSPENDED = "provider.suspended", "It is offered no work for the time being."
    PROVIDER_RELEASED = "provider.released", "It is offered work again."
    PROVIDER_EXPELLED = "provider.expelled", "It was put out."
    PROVIDER_LEFT = "provider.left", "It left of its own will."
    PROVIDER_REAPPLIED = "provider.reapplied", "It wants to join again."
    PROVIDER_UNREACHABLE = (
        "provider.unreachable",
        "It answered no offers and is asked no more for now.",
    )
    PROVIDER_TOLD = "provider.told", "It was sent a notice."
    PROVIDER_PAPER_EXPIRING = "provider.paper_expiring", "A paper of its is about to expire."
    PROVIDER_PAPER_EXPIRED = "provider.paper_expired", "A paper of its has expired."

    MONTH_FILED = "month.filed", "It declared turnover and profit-and-tax of a month."
    MONTH_LOCKED = "month.locked", "What it declared was reviewed."
    MONTH_REOPENED = "month.reopened", "It may correct what it declared."

    APPLICATION_FILED = "application.filed", "A company applied to join."
    APPLICATION_ENTERED = "application.entered", "The registrar took it into the registry."
    APPLICATION_REFUSED = "application.refused", "The registrar refused it."
    APPLICATION_WITHDRAWN = "application.withdrawn", "The company withdrew it."

    ARTICLE_DRAFTED = "article.drafted", "A version of an article was written."
    ARTICLE_APPROVED = "article.approved", "It is offered to operators."
    ARTICLE_DISCARDED = "article.discarded", "It was thrown away."
    ARTICLE_SUPERSEDED = "article.superseded", "Another version took its place."
    ARTICLE_WITHDRAWN = "article.withdrawn", "The article is offered no more."

    GUIDE_DRAFTED = "guide.drafted", "A version of a danger guide was written."
    GUIDE_APPROVED = "guide.approved", "It is in force."
    GUIDE_DISCARDED = "guide.discarded", "It was thrown away."
    GUIDE_SUPERSEDED = "guide.superseded", "Another version took its place."

    SURGE_BEGAN = "surge.began", "More came in than the providers can do."
    SURGE_ENDED = "surge.ended", "It is over."

    CLOCK_YELLOW = "clock.yellow", "Three quarters of a deadline's time are gone."
    CLOCK_RED = "clock.red", "A deadline has passed."

    WEBHOOK_PAUSED = "webhook.paused", "The endpoint is sent nothing until somebody resumes it."
    WEBHOOK_DISABLED = "webhook.disabled", "The endpoint took nothing, or said that it has gone."
    WEBHOOK_RESUMED = "webhook.resumed", "The endpoint is sent events again."
