"""How well dangers are recognised: sentences of which it is known, one by one.

A line of a file is `kind<TAB>sentence`; of the file of harmless ones the kind is the one that it sounds like.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.danger.kinds import DangerKind
from app.danger.recognising import recognise
from app.danger.words import Rules


@dataclass
class Figures:
    """Of the sentences: in how many any danger was told, the kind they are about first, and among all; and which were
    `silent` and which gave `alarms`."""

    total: int = 0
    told: int = 0
    first: int = 0
    among: int = 0
    silent: list[tuple[DangerKind, str]] = field(default_factory=list)
    alarms: list[tuple[DangerKind, str]] = field(default_factory=list)

    def share(self, count: int) -> float:
        """The count as a share of all."""
        return count / max(1, self.total)

    def count(self, kind: DangerKind, text: str, told: list[DangerKind]) -> None:
        """Count one answer."""
        self.total += 1
        self.told += bool(told)
        self.first += told[:1] == [kind]
        self.among += kind in told
        (self.alarms if told else self.silent).append((kind, text))


def read_sentences(file: Path) -> Iterator[tuple[DangerKind, str]]:
    """The sentences of a file. Raises OSError, and ValueError for a line that is none."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.startswith(("#", "kind\t")):
            kind, _, text = line.partition("\t")
            if kind not in list(DangerKind) or not text.strip():
                raise ValueError(f"{file}:{number}: a kind of danger, a tab and a sentence")
            yield DangerKind(kind), text.strip()


def evaluate(sentences: Iterable[tuple[DangerKind, str]], rules: Rules) -> dict[str, Figures]:
    """Hear all sentences; the figures by the kind that they are about or sound like, and under `all`."""
    figures: dict[str, Figures] = {"all": Figures(), **{kind: Figures() for kind in DangerKind}}
    for kind, text in sentences:
        told = [one.kind for one in recognise(text, rules)]
        for name in ("all", kind):
            figures[name].count(kind, text, told)
    return figures
