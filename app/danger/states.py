"""The status changes of a version of a danger's guide. Source: the diagram in docs/states.md."""

from app.danger.models import GuideStatus as S
from app.danger.models import GuideVersion
from app.events.kinds import EventKind
from app.events.transition import Machine, Move

GUIDE_MOVES = {
    "approve": Move(EventKind.GUIDE_APPROVED, frozenset({S.DRAFT}), S.APPROVED),
    "discard": Move(EventKind.GUIDE_DISCARDED, frozenset({S.DRAFT}), S.DISCARDED),
    "supersede": Move(EventKind.GUIDE_SUPERSEDED, frozenset({S.APPROVED}), S.SUPERSEDED),
}

GUIDES = Machine(GuideVersion, "guide", GUIDE_MOVES)
