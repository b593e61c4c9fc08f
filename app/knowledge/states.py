"""The life of a version of an article: every move there is. Source: the diagram in docs/states.md."""

from app.events.transition import Machine, Move
from app.knowledge.models import ArticleStatus as S
from app.knowledge.models import ArticleVersion

ARTICLE_MOVES = {
    "approve": Move("article.approved", frozenset({S.DRAFT}), S.APPROVED),
    "discard": Move("article.discarded", frozenset({S.DRAFT}), S.DISCARDED),
    "supersede": Move("article.superseded", frozenset({S.APPROVED}), S.SUPERSEDED),
    "withdraw": Move("article.withdrawn", frozenset({S.APPROVED}), S.WITHDRAWN),
}

ARTICLES = Machine(ArticleVersion, "article", ARTICLE_MOVES)
