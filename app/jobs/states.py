"""The states of offers, jobs and extensions and every move between them. docs/states.md draws them."""

from app.events.kinds import EventKind
from app.events.transition import Machine, Move
from app.jobs.models import Extension, Job, Offer
from app.jobs.models import ExtensionStatus as E
from app.jobs.models import JobStatus as J
from app.jobs.models import OfferStatus as O

OFFER_MOVES = {
    "accept": Move(EventKind.OFFER_ACCEPTED, frozenset({O.PENDING}), O.ACCEPTED),
    "decline": Move(EventKind.OFFER_DECLINED, frozenset({O.PENDING}), O.DECLINED),
    "expire": Move(EventKind.OFFER_EXPIRED, frozenset({O.PENDING}), O.EXPIRED),
    "withdraw": Move(EventKind.OFFER_WITHDRAWN, frozenset({O.PENDING}), O.WITHDRAWN),
    "end": Move(EventKind.OFFER_ENDED, frozenset({O.ACCEPTED}), O.ENDED),
}

JOB_MOVES = {
    "start": Move(EventKind.JOB_STARTED, frozenset({J.ACCEPTED}), J.STARTED),
    "complete": Move(EventKind.JOB_COMPLETED, frozenset({J.STARTED}), J.COMPLETED),
    "return": Move(EventKind.JOB_RETURNED, frozenset({J.ACCEPTED, J.STARTED}), J.RETURNED),
    "fail": Move(EventKind.JOB_FAILED, frozenset({J.STARTED}), J.FAILED),
    "cancel": Move(EventKind.JOB_CANCELLED, frozenset({J.ACCEPTED, J.STARTED}), J.CANCELLED),
}

EXTENSION_MOVES = {
    "grant": Move(EventKind.EXTENSION_GRANTED, frozenset({E.ASKED}), E.GRANTED),
    "refuse": Move(EventKind.EXTENSION_REFUSED, frozenset({E.ASKED}), E.REFUSED),
}

OFFERS = Machine(Offer, "offer", OFFER_MOVES)
JOBS = Machine(Job, "job", JOB_MOVES)
EXTENSIONS = Machine(Extension, "extension", EXTENSION_MOVES)
