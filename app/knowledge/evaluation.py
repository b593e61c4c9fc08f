"""Measuring the search with questions whose articles are known.

A line of the file is `question<TAB>slug|slug<TAB>voice`. Any of the slugs is right; `none` means that no article
answers the question.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from app.catalog.snapshot import Snapshot
from app.kit.db import Tx
from app.knowledge.schemas import SearchIn
from app.knowledge.searching import search

NONE = "none"
AMONG = 3


class Question(NamedTuple):
    """A question, the slugs that answer it (empty if none does), and how it is phrased."""

    words: str
    slugs: frozenset[str]
    voice: str


@dataclass
class Figures:
    """Counts of questions by the result of the search.

    Of the `covered` questions, which an article answers, `first` counts those with a right article in first place, and
    `among` those with one in the first three places. Of the `uncovered`, `none` counts those for which nothing was
    found.
    """

    covered: int = 0
    first: int = 0
    among: int = 0
    uncovered: int = 0
    none: int = 0
    doubted: int = 0
    """Questions with an answer for which the search was not sure."""
    unsure: int = 0
    """Questions without an answer for which the search found nothing or was not sure."""
    misses: list[tuple[Question, list[str]]] = field(default_factory=list)

    def line(self) -> str:
        """Return the figures as text, with their denominators."""
        covered, uncovered = max(self.covered, 1), max(self.uncovered, 1)
        return (
            f"first {self.first / covered:.1%}, among three {self.among / covered:.1%} of {self.covered}; "
            f"none {self.none / uncovered:.1%} of {self.uncovered}; "
            f"not sure {self.doubted / covered:.1%} and {self.unsure / uncovered:.1%}"
        )

    def count(self, question: Question, found: list[str], *, sure: bool) -> None:
        """Count one question's result."""
        if question.slugs:
            self.covered += 1
            self.first += bool(question.slugs & set(found[:1]))
            right = bool(question.slugs & set(found[:AMONG]))
            self.among += right
            self.doubted += not sure
        else:
            self.uncovered += 1
            right = not found
            self.none += right
            self.unsure += not sure
        if not right:
            self.misses.append((question, found))


def read_questions(file: Path) -> Iterator[Question]:
    """Yield the questions of a file. Raises ValueError for a malformed line."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith(("#", "question\t")):
            continue
        words, *more = line.split("\t")
        if not more:
            raise ValueError(f"{file}:{number}: expected a question, a tab and its slugs")
        slugs = frozenset(slug.strip() for slug in more[0].split("|")) - {NONE}
        yield Question(words, slugs, more[1].strip() if more[1:] else "")


async def evaluate(tx: Tx, questions: Iterable[Question], catalog: Snapshot, now: datetime) -> dict[str, Figures]:
    """Ask all questions. Return the figures by voice, and in total under `all`."""
    figures: dict[str, Figures] = defaultdict(Figures)
    for question in questions:
        asked = SearchIn(words=question.words[:300], limit=AMONG, typing=True)
        answer = await search(tx, asked, catalog, now.date(), now)
        found = [one.slug for one in answer.items]
        for voice in dict.fromkeys(("all", question.voice)):
            figures[voice].count(question, found, sure=answer.sure)
    return figures
