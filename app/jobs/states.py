"""The lives of an offer, of a job and of an extension: every move there is. Source: the diagrams in docs/states.md."""

from app.events.transition import Machine, Move
from app.jobs.models import Extension, Job, Offer
from app.jobs.models import ExtensionStatus as E
from app.jobs.models import JobStatus as J
from app.jobs.models import OfferStatus as O

OFFER_MOVES = {
    "accept": Move("offer.accepted", frozenset({O.PENDING}), O.ACCEPTED),
    "decline": Move("offer.declined", frozenset({O.PENDING}), O.DECLINED),
    "expire": Move("offer.expired", frozenset({O.PENDING}), O.EXPIRED),
    "withdraw": Move("offer.withdrawn", frozenset({O.PENDING}), O.WITHDRAWN),
    "end": Move("offer.ended", frozenset({O.ACCEPTED}), O.ENDED),
}

JOB_MOVES = {
    "start": Move("job.started", frozenset({J.ACCEPTED}), J.STARTED),
    "complete": Move("job.completed", frozenset({J.STARTED}), J.COMPLETED),
    "return": Move("job.returned", frozenset({J.ACCEPTED, J.STARTED}), J.RETURNED),
    "fail": Move("job.failed", frozenset({J.STARTED}), J.FAILED),
    "cancel": Move("job.cancelled", frozenset({J.ACCEPTED, J.STARTED}), J.CANCELLED),
}

EXTENSION_MOVES = {
    "grant": Move("extension.granted", frozenset({E.ASKED}), E.GRANTED),
    "refuse": Move("extension.refused", frozenset({E.ASKED}), E.REFUSED),
}

OFFERS = Machine(Offer, "offer", OFFER_MOVES)
JOBS = Machine(Job, "job", JOB_MOVES)
EXTENSIONS = Machine(Extension, "extension", EXTENSION_MOVES)
