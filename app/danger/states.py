"""The life of a version of a danger's guide: every move there is. Source: the diagram in docs/states.md."""

from app.danger.models import GuideStatus as S
from app.danger.models import GuideVersion
from app.events.transition import Machine, Move

GUIDE_MOVES = {
    "approve": Move("guide.approved", frozenset({S.DRAFT}), S.APPROVED),
    "discard": Move("guide.discarded", frozenset({S.DRAFT}), S.DISCARDED),
    "supersede": Move("guide.superseded", frozenset({S.APPROVED}), S.SUPERSEDED),
}

GUIDES = Machine(GuideVersion, "guide", GUIDE_MOVES)
