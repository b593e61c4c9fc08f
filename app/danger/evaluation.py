"""Measures how well dangers are recognised, on labelled sentences.

A line of a file is `kind<TAB>sentence`. In the file of harmless sentences, the kind is the danger that the
sentence sounds like.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.danger.kinds import DangerKind
from app.danger.recognising import recognise
from app.danger.words import Rules


@dataclass
class Figures:
    """Counts of sentences by what was recognised in them.

    `told` counts those with any danger, `first` those with the labelled kind in first place, and `among` those with it
    in any place. `alarms` lists the sentences with a danger, `silent` those without.
    """

    total: int = 0
    told: int = 0
    first: int = 0
    among: int = 0
    silent: list[tuple[DangerKind, str]] = field(default_factory=list)
    alarms: list[tuple[DangerKind, str]] = field(default_factory=list)

    def share(self, count: int) -> float:
        """Return the count as a share of all sentences."""
        return count / max(1, self.total)

    def count(self, kind: DangerKind, text: str, told: list[DangerKind]) -> None:
        """Count one sentence and the kinds recognised in it."""
        self.total += 1
        self.told += bool(told)
        self.first += told[:1] == [kind]
        self.among += kind in told
        (self.alarms if told else self.silent).append((kind, text))


def read_sentences(file: Path) -> Iterator[tuple[DangerKind, str]]:
    """Yield the labelled sentences of a file. Raises OSError, or ValueError for a malformed line."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.startswith(("#", "kind\t")):
            kind, _, text = line.partition("\t")
            if kind not in list(DangerKind) or not text.strip():
                raise ValueError(f"{file}:{number}: expected a kind of danger, a tab and a sentence")
            yield DangerKind(kind), text.strip()


def evaluate(sentences: Iterable[tuple[DangerKind, str]], rules: Rules) -> dict[str, Figures]:
    """Recognise all sentences. Return the figures by labelled kind, and the total under `all`."""
    figures: dict[str, Figures] = {"all": Figures(), **{kind: Figures() for kind in DangerKind}}
    for kind, text in sentences:
        told = [one.kind for one in recognise(text, rules)]
        for name in ("all", kind):
            figures[name].count(kind, text, told)
    return figures
