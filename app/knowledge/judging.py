"""Measures suggestions with sentences whose item is known.

A line of the file is `sentence<TAB>CODE|CODE<TAB>voice`, and may have one more column of codes for each labeller, who
saw only the sentence. `none` means that no item fits. An item is right if the writer meant it or all labellers named
it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from app.knowledge import words

KEPT_APART = words.DATA / "kept_apart.tsv"
"""Written by people who wrote none of the training sentences: 7 sentences for each item, and 250 that fit none."""
NONE = "none"
AMONG = 3


class SentencesInvalid(Exception):
    """A file of sentences cannot be read; the text gives the line and the fault."""


class LabelledSentence(NamedTuple):
    """A sentence with its right items (empty if none fits), how it is phrased, and what each labeller named."""

    words: str
    items: Set[str]
    voice: str
    meant: str
    labels: Sequence[Sequence[str]] = ()


@dataclass
class Figures:
    """Counts of sentences by what was suggested for them.

    Of the `covered` sentences, which an item fits, `first` counts those with a right item in first place, and `among`
    those with one in the first three places. Of the `uncovered`, `offered` counts those for which an item was offered.
    """

    covered: int = 0
    first: int = 0
    among: int = 0
    uncovered: int = 0
    offered: int = 0

    def line(self) -> str:
        """Return the figures as text, with their denominators."""
        parts = []
        if self.covered:
            parts.append(
                f"first {self.first / self.covered:.1%}, among three {self.among / self.covered:.1%} of {self.covered}"
            )
        if self.uncovered:
            parts.append(f"offered for nothing {self.offered / self.uncovered:.1%} of {self.uncovered}")
        return "; ".join(parts)

    @property
    def shares(self) -> tuple[float, float, float]:
        """The shares of sentences with the right item first, among three, and with an offer although none fits."""
        covered, uncovered = max(self.covered, 1), max(self.uncovered, 1)
        return self.first / covered, self.among / covered, self.offered / uncovered


class Miss(NamedTuple):
    """A sentence whose first suggestion was wrong or missing, and the confidence of that suggestion."""

    told: LabelledSentence
    found: list[str]
    confidence: float


class Judged(NamedTuple):
    """Figures in total, by voice and by category, and the misses, worst first."""

    all: Figures
    voices: Mapping[str, Figures]
    categories: Mapping[str, Figures]
    misses: list[Miss]


def read_labelled(file: Path, items: Set[str]) -> list[LabelledSentence]:
    """Return the sentences of a file. `items` are the known codes. Raises SentencesInvalid."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SentencesInvalid(f"{file}: {error}") from error
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith(("#", "sentence\t")):
            continue
        sentence, *more = line.split("\t")
        if not more:
            raise SentencesInvalid(f"{file}:{number}: expected a sentence, a tab and its items")
        meant, *labels = [_codes(column) for column in (more[0], *more[2:])]
        if unknown := {code for codes in (meant, *labels) for code in codes} - items - {NONE}:
            raise SentencesInvalid(f"{file}:{number}: no item {', '.join(sorted(unknown))}")
        agreed = set.intersection(*map(set, labels)) if labels else set()
        voice = more[1].strip() if more[1:] else ""
        found.append(LabelledSentence(sentence, {*meant, *agreed} - {NONE}, voice, meant[0], labels))
    return found


def _codes(column: str) -> list[str]:
    return [code.strip() for code in column.split("|") if code.strip()] or [NONE]


Suggest = Callable[[str], Sequence[tuple[str, float]]]
"""Returns the codes offered for a text, best first, each with its confidence."""


def judge(told: Iterable[LabelledSentence], suggest: Suggest) -> Judged:
    """Ask for suggestions for each sentence, and count the results."""
    every, voices, categories = Figures(), defaultdict[str, Figures](Figures), defaultdict[str, Figures](Figures)
    misses = []
    for one in told:
        offered = suggest(one.words)
        found = [code for code, _ in offered]
        for figures in (every, voices[one.voice], categories[one.meant[:2] if one.items else NONE]):
            if one.items:
                figures.covered += 1
                figures.first += found[:1] != [] and found[0] in one.items
                figures.among += bool(one.items & set(found[:AMONG]))
            else:
                figures.uncovered += 1
                figures.offered += bool(found)
        if (found[0] not in one.items) if found else one.items:
            misses.append(Miss(one, found[:AMONG], offered[0][1] if found else 0.0))
    misses.sort(key=lambda miss: (bool(miss.told.items & set(miss.found)), -miss.confidence))
    return Judged(every, dict(sorted(voices.items())), dict(sorted(categories.items())), misses)


class Agreement(NamedTuple):
    """How far two people who labelled the same sentences agree.

    `first` is the share of equal first choices, `met` the share of sentences with a common item, `kappa` Cohen's kappa
    of the first choices, and `kappa_none` that of whether any item fits.
    """

    first: float
    met: float
    kappa: float
    kappa_none: float

    def line(self) -> str:
        """Return the agreement as text."""
        same = f"first choice {self.first:.1%}, sets meet {self.met:.1%}"
        return f"{same}, kappa {self.kappa:.3f}, on none {self.kappa_none:.3f}"


def agreements(told: Sequence[LabelledSentence]) -> dict[str, Agreement]:
    """Return the agreement of each two among the writer and the labellers. Empty if nobody has labelled."""
    labelled = [one for one in told if one.labels]
    if not labelled:
        return {}
    hands = {"writer": [[one.meant] for one in labelled]}
    for number in range(min(len(one.labels) for one in labelled)):
        hands[f"labeller {number + 1}"] = [list(one.labels[number]) for one in labelled]
    names = list(hands)
    return {
        f"{one} and {other}": _agreement(hands[one], hands[other])
        for at, one in enumerate(names)
        for other in names[at + 1 :]
    }


def _agreement(one: Sequence[Sequence[str]], other: Sequence[Sequence[str]]) -> Agreement:
    firsts = [(mine[0], theirs[0]) for mine, theirs in zip(one, other, strict=True)]
    return Agreement(
        sum(mine == theirs for mine, theirs in firsts) / len(firsts),
        sum(bool(set(mine) & set(theirs)) for mine, theirs in zip(one, other, strict=True)) / len(firsts),
        kappa(firsts),
        kappa([(str(mine == NONE), str(theirs == NONE)) for mine, theirs in firsts]),
    )


def kappa(pairs: Sequence[tuple[str, str]]) -> float:
    """Return Cohen's kappa: the agreement beyond chance, and 1 if both always agree."""
    total = len(pairs)
    mine, theirs = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    by_chance = sum(count * theirs[code] for code, count in mine.items()) / total**2
    same = sum(one == other for one, other in pairs) / total
    return 1.0 if by_chance == 1 else (same - by_chance) / (1 - by_chance)
