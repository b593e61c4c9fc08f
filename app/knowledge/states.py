"""The lifecycle of an article's version: every possible move. The diagram is in docs/states.md."""

from app.events.kinds import EventKind
from app.events.transition import Machine, Move
from app.knowledge.models import ArticleStatus as S
from app.knowledge.models import ArticleVersion

ARTICLE_MOVES = {
    "approve": Move(EventKind.ARTICLE_APPROVED, frozenset({S.DRAFT}), S.APPROVED),
    "discard": Move(EventKind.ARTICLE_DISCARDED, frozenset({S.DRAFT}), S.DISCARDED),
    "supersede": Move(EventKind.ARTICLE_SUPERSEDED, frozenset({S.APPROVED}), S.SUPERSEDED),
    "withdraw": Move(EventKind.ARTICLE_WITHDRAWN, frozenset({S.APPROVED}), S.WITHDRAWN),
}

ARTICLES = Machine(ArticleVersion, "article", ARTICLE_MOVES)
