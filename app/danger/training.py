"""Trains the model on callers' sentences with a linear support vector machine.

The solver is dual coordinate descent (LIBLINEAR's method for the squared hinge loss), in plain Python and with the same
result every time. To measure how well the model does on unknown writers, training leaves out each fifth of
them in turn. The threshold is the score at which the model takes the accepted share of their harmless sentences for a
danger.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import log
from pathlib import Path
from random import Random
from typing import NamedTuple

from app.danger.kinds import DangerKind
from app.danger.lexemes import DATA, Lexemes, lexemes, plain
from app.danger.model import CODES, SMOOTHING, UNIT, Lexeme, Model, how_rare

SENTENCES = DATA / "sentences.tsv"
ORDINARY_CALLS = Path(__file__).parents[1] / "knowledge" / "data" / "callers.tsv"
"""What callers say about everything else, by item."""
FALSE_ALARMS = 0.017
"""The share of an unknown writer's harmless sentences that may be taken for a danger."""
PARTS = 5
"""The number of groups that the writers are divided into. Each group is left out once."""
FEWEST = 2
"""The fewest sentences that must have a lexeme for it to be learned."""
_ORDINARY = "-"
"""The writer of ordinary calls. A lexeme that only they have is not learned."""
EMERGENCIES = {
    *("UT03", "UT06", "UT07", "UT09", "UT10", "HL01", "HL07", "CR01", "CR05"),
    *("LS01", "LS04", "LG08", "EL01", "RE08", "VL10", "unanswered"),
}
"""Items that are dangers or often come with one. What callers say about them is not used as harmless."""
_COST, _COST_OF_ORDINARY = 3.0, 3.5
_SHARE_OF_ODDS = 0.1
"""How much of a lexeme's naive-Bayes odds is added to its weight; the odds generalise better to unseen writers."""
_ROUNDS = 20
_SEED = 0


class Sentence(NamedTuple):
    """A sentence and who wrote it. `kind` is None if it is harmless."""

    kind: DangerKind | None
    writer: str
    text: str


class Learned(NamedTuple):
    """The trained model, and for each lexeme the number of training sentences: in all, and of each danger."""

    model: Model
    sentences: Counter[str]
    kinds: dict[str, Counter[DangerKind]]
    total: int

    def score(self, found: Lexemes) -> float:
        """Return how strongly the text indicates a danger."""
        return self.model.bias + self.model.find_lexemes(found).score()


def read_sentences(file: Path = SENTENCES) -> Iterator[Sentence]:
    """Yield the sentences of the file. Raises OSError, or ValueError for a malformed line."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("#"):
            try:
                kind, writer, text = line.split("\t")
                yield Sentence(None if kind == "harmless" else DangerKind(kind), writer, text)
            except ValueError as error:
                raise ValueError(
                    f"{file}:{number}: expected a kind or `harmless`, a writer and a sentence, by tabs"
                ) from error


def read_ordinary(file: Path = ORDINARY_CALLS) -> Iterator[Sentence]:
    """Yield the ordinary calls of the file, which report no danger. Raises OSError, or ValueError if it is not
    UTF-8."""
    for line in file.read_text(encoding="utf-8").splitlines():
        item, _, text = line.partition("\t")
        if text and item not in EMERGENCIES:
            yield Sentence(None, _ORDINARY, text)


def learn(sentences: Sequence[tuple[Sentence, Lexemes]]) -> Learned:
    """Train a model on the sentences."""
    counts: Counter[str] = Counter()
    own: Counter[str] = Counter()
    kinds: dict[str, Counter[DangerKind]] = {}
    for sentence, found in sentences:
        both = (*found.said, *found.meant)
        counts.update(both)
        own.update(both if sentence.writer != _ORDINARY else ())
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
            1 / (2 * (_COST_OF_ORDINARY if sentence.writer == _ORDINARY else _COST)),
            [(int(lexeme.weight), share) for share, lexeme in numbered.find_lexemes(found).lexemes],
        )
        for sentence, found in sentences
    ]
    weights, bias = _separate(rows, [0.0] * len(names))
    dangers = sum(bool(sentence.kind) for sentence, _ in sentences)
    of_danger = {name: kinds.get(name, Counter()).total() for name in names}
    odds = [_odds(of_danger[name], dangers, counts[name] - of_danger[name], total - dangers) for name in names]
    known = {
        name: Lexeme(how_rare(counts[name], total), weights[at] + _SHARE_OF_ODDS * odds[at], {})
        for at, name in enumerate(names)
    }
    return Learned(Model(known, bias, 0.0, {}), counts, kinds, total)


def _odds(of_danger: int, dangers: int, of_harmless: int, harmless: int) -> float:
    """Return the logarithm of how much more frequent a lexeme is in dangers than in harmless sentences."""
    return log((of_danger + SMOOTHING) / max(1, dangers)) - log((of_harmless + SMOOTHING) / max(1, harmless))


class _Row(NamedTuple):
    """A training row. `sign` is 1 for a danger and -1 otherwise. The larger `slack`, the less the wrong side costs."""

    sign: float
    slack: float
    values: list[tuple[int, float]]


def _separate(rows: Sequence[_Row], weights: list[float]) -> tuple[list[float], float]:
    """Return the weights and bias of the plane that separates the rows by sign."""
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


class Writer(NamedTuple):
    """The scores of a writer's dangers and harmless sentences, from a model trained without that writer."""

    name: str
    dangers: list[float]
    harmless: list[float]

    def recall(self, threshold: float) -> float:
        """Return the share of the dangers that are found."""
        return sum(score >= threshold for score in self.dangers) / max(1, len(self.dangers))

    def false_alarms(self, threshold: float) -> float:
        """Return the share of the harmless sentences that are taken for dangers."""
        return sum(score >= threshold for score in self.harmless) / max(1, len(self.harmless))


def leave_out(sentences: Sequence[tuple[Sentence, Lexemes]]) -> Iterator[Writer]:
    """Train without each group of writers in turn, and yield the scores of each writer left out."""
    writers = sorted({sentence.writer for sentence, _ in sentences} - {_ORDINARY})
    for left_out in (writers[at::PARTS] for at in range(min(PARTS, len(writers)))):
        learned = learn([one for one in sentences if one[0].writer not in left_out])
        for writer in left_out:
            scores: dict[bool, list[float]] = {True: [], False: []}
            for sentence, found in sentences:
                if sentence.writer == writer:
                    scores[bool(sentence.kind)].append(learned.score(found))
            yield Writer(writer, scores[True], scores[False])


def threshold_of(writers: Iterable[Writer], false_alarms: float = FALSE_ALARMS) -> float:
    """Return the threshold above which this share of unknown writers' harmless sentences scores."""
    scores = sorted((score for writer in writers for score in writer.harmless), reverse=True)
    return scores[int(len(scores) * false_alarms)]


def count(sentences: Iterable[Sentence]) -> list[tuple[Sentence, Lexemes]]:
    """Return the sentences with their lexemes."""
    return [(sentence, lexemes(plain(sentence.text))) for sentence in sentences]


def write(learned: Learned, threshold: float, file: Path) -> None:
    """Write the model to the file.

    The first line has the number of sentences, the bias and the threshold; then comes a line for each lexeme.
    """
    lines = ["\t".join(map(str, (learned.total, round(learned.model.bias * UNIT), round(threshold * UNIT))))]
    for name, lexeme in sorted(learned.model.lexemes.items()):
        kinds = learned.kinds.get(name, Counter())
        counts = " ".join(f"{CODES[kind]}{kinds[kind]}" for kind in DangerKind if kinds[kind])
        lines.append(f"{name}\t{learned.sentences[name]}\t{round(lexeme.weight * UNIT)}\t{counts}")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
