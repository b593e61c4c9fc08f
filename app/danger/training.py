"""Learns from the sentences of callers: a linear support vector machine, found by coordinates (LIBLINEAR's dual method
for the squared hinge), in plain Python and always with the same result.

How well it does on a writer of whom it knows nothing is measured by leaving a fifth of the hands out in turn, and the
threshold is set so that of their harmless sentences so many are taken for a danger as are wanted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from app.danger.kinds import DangerKind
from app.danger.lexemes import DATA, Lexemes, lexemes, plain
from app.danger.model import CODES, UNIT, Lexeme, Model, how_rare

SENTENCES = DATA / "sentences.tsv"
ORDINARY_CALLS = Path(__file__).parents[1] / "knowledge" / "data" / "callers.tsv"
"""What callers say of everything else, by item."""
FALSE_ALARMS = 0.025
"""How many of the harmless sentences of an unknown writer may be taken for a danger."""
PARTS = 5
"""So many times some of the hands are left out, so that each is once."""
FEWEST = 2
"""Sentences that must have a lexeme for it to be learned."""
_ORDINARY = "-"
"""Whose hand ordinary calls are; no lexeme is learned for their sake."""
EMERGENCIES = {
    *("UT03", "UT06", "UT07", "UT09", "UT10", "HL01", "HL07", "CR01", "CR05"),
    *("LS01", "LS04", "LG08", "EL01", "RE08", "VL10", "unanswered"),
}
"""Items that are dangers, or often come with one: what is said of them teaches nothing."""
_COST, _COST_OF_ORDINARY = 3.0, 3.5
_ROUNDS = 20
_SEED = 0


class Sentence(NamedTuple):
    """What somebody said; `kind` is None where it is harmless. `hand`: who wrote it."""

    kind: DangerKind | None
    hand: str
    text: str


class Learned(NamedTuple):
    """What was learned, and in how many sentences, and how many dangers of each kind, each lexeme is."""

    model: Model
    sentences: Counter[str]
    kinds: dict[str, Counter[DangerKind]]
    total: int

    def score(self, found: Lexemes) -> float:
        """How strongly the text tells a danger."""
        return self.model.bias + self.model.find_lexemes(found).score()


def read_sentences(file: Path = SENTENCES) -> Iterator[Sentence]:
    """The sentences of the file. Raises OSError, and ValueError for a line that is none."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("#"):
            try:
                kind, hand, text = line.split("\t")
                yield Sentence(None if kind == "harmless" else DangerKind(kind), hand, text)
            except ValueError as error:
                raise ValueError(f"{file}:{number}: kind or harmless, hand, sentence; by tabs") from error


def read_ordinary(file: Path = ORDINARY_CALLS) -> Iterator[Sentence]:
    """The ordinary calls of the file, which are about no danger. Raises OSError and ValueError."""
    for line in file.read_text(encoding="utf-8").splitlines():
        item, _, text = line.partition("\t")
        if text and item not in EMERGENCIES:
            yield Sentence(None, _ORDINARY, text)


def learn(sentences: Sequence[tuple[Sentence, Lexemes]]) -> Learned:
    """Learn from the sentences."""
    counts: Counter[str] = Counter()
    own: Counter[str] = Counter()
    kinds: dict[str, Counter[DangerKind]] = {}
    for sentence, found in sentences:
        both = (*found.said, *found.meant)
        counts.update(both)
        own.update(both if sentence.hand != _ORDINARY else ())
        if sentence.kind:
            for lexeme in both:
                kinds.setdefault(lexeme, Counter())[sentence.kind] += 1
    counts = Counter({lexeme: counts[lexeme] for lexeme, count in own.items() if count >= FEWEST})
    total = len(sentences)
    names = list(counts)
    numbered = Model({name: Lexeme(how_rare(counts[name], total), at, {}) for at, name in enumerate(names)}, 0, 0, {})
    rows = [
        _Row(
            1.0 if sentence.kind else -1.0,
            1 / (2 * (_COST_OF_ORDINARY if sentence.hand == _ORDINARY else _COST)),
            [(int(lexeme.weight), share) for share, lexeme in numbered.find_lexemes(found).lexemes],
        )
        for sentence, found in sentences
    ]
    weights, bias = _separate(rows, [0.0] * len(names))
    known = {name: Lexeme(how_rare(counts[name], total), weights[at], {}) for at, name in enumerate(names)}
    return Learned(Model(known, bias, 0.0, {}), counts, kinds, total)


class _Row(NamedTuple):
    """`sign`: 1 for a danger, -1 for none; `slack`: how much the row may be on the wrong side."""

    sign: float
    slack: float
    values: list[tuple[int, float]]


def _separate(rows: Sequence[_Row], weights: list[float]) -> tuple[list[float], float]:
    """The plane between the rows' signs: weights and bias."""
    bias = 0.0
    duals = [0.0] * len(rows)
    squares = [1 + row.slack + sum(value * value for _, value in row.values) for row in rows]
    order, dice = list(range(len(rows))), Random(_SEED)
    for _ in range(_ROUNDS):
        dice.shuffle(order)
        for at in order:
            sign, slack, values = rows[at]
            margin = sign * (bias + sum([weights[lexeme] * value for lexeme, value in values]))
            dual = max(0.0, duals[at] - (margin - 1 + slack * duals[at]) / squares[at])
            step = sign * (dual - duals[at])
            if step:
                duals[at] = dual
                bias += step
                for lexeme, value in values:
                    weights[lexeme] += step * value
    return weights, bias


class Hand(NamedTuple):
    """What was measured on a hand of whom nothing was learned: the scores of its dangers and harmless sentences."""

    name: str
    dangers: list[float]
    harmless: list[float]

    def recall(self, threshold: float) -> float:
        """How many of the dangers are found."""
        return sum(score >= threshold for score in self.dangers) / max(1, len(self.dangers))

    def false_alarms(self, threshold: float) -> float:
        """How many of the harmless are taken for dangers."""
        return sum(score >= threshold for score in self.harmless) / max(1, len(self.harmless))


def leave_out(sentences: Sequence[tuple[Sentence, Lexemes]]) -> Iterator[Hand]:
    """Learn without some of the hands in turn, and measure on each of them."""
    hands = sorted({sentence.hand for sentence, _ in sentences} - {_ORDINARY})
    for left_out in (hands[at::PARTS] for at in range(min(PARTS, len(hands)))):
        learned = learn([one for one in sentences if one[0].hand not in left_out])
        for hand in left_out:
            scores: dict[bool, list[float]] = {True: [], False: []}
            for sentence, found in sentences:
                if sentence.hand == hand:
                    scores[bool(sentence.kind)].append(learned.score(found))
            yield Hand(hand, scores[True], scores[False])


def threshold_of(hands: Iterable[Hand], false_alarms: float = FALSE_ALARMS) -> float:
    """The least score of a danger, so that so many harmless sentences of unknown hands lie above."""
    scores = sorted((score for hand in hands for score in hand.harmless), reverse=True)
    return scores[int(len(scores) * false_alarms)]


def count(sentences: Iterable[Sentence]) -> list[tuple[Sentence, Lexemes]]:
    """The sentences with their lexemes."""
    return [(sentence, lexemes(plain(sentence.text))) for sentence in sentences]


def write(learned: Learned, threshold: float, file: Path) -> None:
    """Write the model: a line with the sentences, the bias and the threshold; then a line for each lexeme."""
    lines = ["\t".join(map(str, (learned.total, round(learned.model.bias * UNIT), round(threshold * UNIT))))]
    for name, lexeme in sorted(learned.model.lexemes.items()):
        kinds = learned.kinds.get(name, Counter())
        counts = " ".join(f"{CODES[kind]}{kinds[kind]}" for kind in DangerKind if kinds[kind])
        lines.append(f"{name}\t{learned.sentences[name]}\t{round(lexeme.weight * UNIT)}\t{counts}")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
