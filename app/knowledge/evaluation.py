"""How good the search is: questions whose articles are known, asked one by one.

A line of the file is `question<TAB>slug|slug<TAB>voice`: any of the slugs is right; `none`: no article answers it.
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
    """What is asked, what would answer it (nothing: nothing does), and how it is spoken."""

    words: str
    slugs: frozenset[str]
    voice: str


@dataclass
class Figures:
    """Of the questions that an article answers: the right one first, among three. Of the others: told as `none`."""

    covered: int = 0
    first: int = 0
    among: int = 0
    uncovered: int = 0
    none: int = 0
    doubted: int = 0
    """Of those that an article answers: not sure."""
    unsure: int = 0
    """Of the others: nothing found, or not sure."""
    misses: list[tuple[Question, list[str]]] = field(default_factory=list)

    def line(self) -> str:
        """The figures in words, each with what it is counted of."""
        covered, uncovered = max(self.covered, 1), max(self.uncovered, 1)
        return (
            f"first {self.first / covered:.1%}, among three {self.among / covered:.1%} of {self.covered}; "
            f"none {self.none / uncovered:.1%} of {self.uncovered}; "
            f"not sure {self.doubted / covered:.1%} and {self.unsure / uncovered:.1%}"
        )

    def count(self, question: Question, found: list[str], *, sure: bool) -> None:
        """Count one answer."""
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
    """The questions of a file. Raises ValueError for a line that is none."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith(("#", "question\t")):
            continue
        words, *more = line.split("\t")
        if not more:
            raise ValueError(f"{file}:{number}: a question, a tab and its slugs")
        slugs = frozenset(slug.strip() for slug in more[0].split("|")) - {NONE}
        yield Question(words, slugs, more[1].strip() if more[1:] else "")


async def evaluate(tx: Tx, questions: Iterable[Question], catalog: Snapshot, now: datetime) -> dict[str, Figures]:
    """Ask all questions; the figures by voice, and under `all`."""
    figures: dict[str, Figures] = defaultdict(Figures)
    for question in questions:
        asked = SearchIn(words=question.words[:300], limit=AMONG, typing=True)
        answer = await search(tx, asked, catalog, now.date(), now)
        found = [one.slug for one in answer.items]
        for voice in dict.fromkeys(("all", question.voice)):
            figures[voice].count(question, found, sure=answer.sure)
    return figures
