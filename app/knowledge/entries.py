"""The search entry of an article: its lexemes, each labelled with the best place where it occurs."""

from collections.abc import Iterable
from uuid import UUID

from app.catalog.snapshot import Snapshot
from app.kit.db import Tx
from app.knowledge import queries, words
from app.knowledge.models import ArticleVersion
from app.knowledge.schemas import Both, Content


async def index(tx: Tx, versions: Iterable[ArticleVersion], catalog: Snapshot) -> None:
    """Make searches find these approved versions."""
    if not words.knows(catalog):
        words.learn(catalog)
    vectors: dict[UUID, str] = {version.id: vector(version, catalog) for version in versions}
    if vectors:
        await queries.add_entries(tx, vectors)


def vector(version: ArticleVersion, catalog: Snapshot) -> str:
    """Return the version as a tsvector.

    Label A marks the title and the callers' words, with one position per phrase that has the lexeme. B marks the item,
    C the answer, and D everything else.
    """
    content = Content.model_validate(version.content)
    items = [catalog.items[code] for code in version.items if code in catalog.items]
    places = {
        "D": _lexemes_of([*content.steps, *content.papers, content.fees, content.hours]) | _places(content),
        "C": words.lexemes(content.answer.zh) | words.lexemes(content.answer.en or ""),
        "B": {
            lexeme for item in items for text in (item.zh, item.en, *item.keywords) for lexeme in words.lexemes(text)
        },
    }
    labels = {lexeme: f"1{label}" for label, found in places.items() for lexeme in found}
    heads = words.head_lexemes([content.title.zh, content.title.en or "", *content.words])
    labels |= {lexeme: ",".join(f"{n}A" for n in range(1, count + 1)) for lexeme, count in heads.items()}
    return " ".join(f"{quote(lexeme)}:{label}" for lexeme, label in labels.items())


def quote(lexeme: str) -> str:
    """Return the lexeme quoted for a tsvector or tsquery."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def _lexemes_of(texts: Iterable[Both | None]) -> set[str]:
    return {lexeme for both in texts if both for text in (both.zh, both.en or "") for lexeme in words.lexemes(text)}


def _places(content: Content) -> set[str]:
    purposes = [phone.purpose for phone in content.phones]
    addresses = [place.address for place in content.places]
    numbers = {lexeme for phone in content.phones for lexeme in words.english_words(phone.number)}
    return _lexemes_of([*purposes, *addresses, *(place.name for place in content.places)]) | numbers
