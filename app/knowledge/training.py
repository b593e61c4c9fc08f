"""Learning from operators' choices: a candidate model replaces the one in force only if it is better.

No single operator can shape the model: choices are limited per day and per item, and no item learns from one operator
alone. The newest fifth of the choices is held back. Both models are tested on that fifth and on the sentences kept
apart.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from app.catalog.snapshot import Snapshot
from app.danger.snapshot import Dangers, read_dangers
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.knowledge import callers, queries
from app.knowledge.callers import Sentence
from app.knowledge.judging import Judged, LabelledSentence, SentencesInvalid, judge
from app.knowledge.learned import Model, learn
from app.knowledge.model_in_force import MODEL_TOPIC, pack, read_model
from app.knowledge.models import ItemChoice, SuggestionModel
from app.knowledge.suggesting import beside_dangers, build, is_brief, suggest_throughout

MOST_A_DAY, MOST_OF_ITEM_A_DAY, LEAST_OPERATORS = 40, 5, 2
LEAST_CHOICES = 50
HELD_BACK = 0.2
WORSE = 0.005
"""By how much a share on the 1,587 sentences kept apart may worsen. It amounts to a few sentences."""
LIMIT = 8


class Trained(NamedTuple):
    """The number of choices that the new model learned from, the figures of both models, and whether it is better."""

    learned: int
    apart: tuple[Judged, Judged]
    recent: tuple[Judged, Judged]
    better: bool

    def lines(self) -> list[str]:
        """Return the results as text."""
        return [
            f"learned from {self.learned} choices",
            *(
                f"{name}, {which}: {judged.all.line()}"
                for name, both in (("kept apart", self.apart), ("recent calls", self.recent))
                for which, judged in zip(("in force", "candidate"), both, strict=True)
            ),
        ]


class TooFewChoices(Exception):
    """There are too few choices to learn from some and test with others."""


def ask(catalog: Snapshot, model: Model, dangers: Dangers, told: Iterable[LabelledSentence]) -> Judged:
    """Measure the model on these sentences, together with the dangers recognised in them, as the desk uses it.

    Suggestions that are not sure count as not offered. Raises OSError.
    """
    index = build(catalog, model)

    def offered(text: str) -> list[tuple[str, float]]:
        found = beside_dangers(
            suggest_throughout(text, index, catalog, LIMIT), dangers.recognise(text), dangers, catalog
        )
        return [(one.item.code, one.confidence) for one in found if one.sure]

    return judge(told, offered)


def read_sentences(file: Path, catalog: Snapshot) -> list[Sentence]:
    """Return more sentences, one `CODE<TAB>sentence` per line. Raises SentencesInvalid."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SentencesInvalid(f"{file}: {error}") from error
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        item, _, sentence = line.partition("\t")
        if not sentence.strip():
            raise SentencesInvalid(f"{file}:{number}: expected a code, a tab and a sentence")
        if item not in catalog.items and item not in callers.NOT_COVERED:
            raise SentencesInvalid(f"{file}:{number}: no item {item}")
        found.append(Sentence(item, sentence.strip()))
    return found


def fair(choices: Sequence[ItemChoice]) -> list[ItemChoice]:
    """Return the choices that count: whole sentences, each once.

    Each operator counts only up to a limit per day and per item, and an item only if several operators chose it.
    """
    days, of_item = Counter[Any](), Counter[Any]()
    seen, kept = set(), []
    for choice in choices:
        day, same = (choice.staff_id, choice.at.date()), (choice.words, choice.item_code)
        if same in seen or is_brief(choice.words):
            continue
        if days[day] >= MOST_A_DAY or of_item[day, choice.item_code] >= MOST_OF_ITEM_A_DAY:
            continue
        seen.add(same)
        days[day] += 1
        of_item[day, choice.item_code] += 1
        kept.append(choice)
    operators = defaultdict[str, set[Any]](set)
    for choice in kept:
        operators[choice.item_code].add(choice.staff_id)
    return [choice for choice in kept if len(operators[choice.item_code]) >= LEAST_OPERATORS]


async def train(
    db: Database,
    catalog: Snapshot,
    now: datetime,
    more: Sequence[Sentence],
    apart: Sequence[LabelledSentence],
    *,
    keep: bool,
) -> Trained:
    """Learn a candidate from stored choices and from `more`, and compare it with the model in force.

    Raises TooFewChoices.

    1. Take the choices that count (`fair`), and hold back the newest fifth.
    2. Learn a candidate from the older ones and from `more`.
    3. Test the model in force and the candidate on `apart` and on the choices held back.
    4. With `keep`, put a better candidate in force for all processes.
    """
    async with db.begin() as tx:
        choices = fair(await queries.list_choices(tx))
    if len(choices) < LEAST_CHOICES:
        raise TooFewChoices(f"{len(choices)} choices that count; {LEAST_CHOICES} are needed")
    older = round(len(choices) * (1 - HELD_BACK))
    present = await read_model(db)
    candidate = learn([*more, *(Sentence(one.item_code, one.words) for one in choices[:older])])
    recent = [LabelledSentence(one.words, {one.item_code}, "recent", one.item_code) for one in choices[older:]]
    dangers = await read_dangers(db)
    both = [
        (ask(catalog, model, dangers, apart), ask(catalog, model, dangers, recent)) for model in (present, candidate)
    ]
    trained = Trained(older + len(more), (both[0][0], both[1][0]), (both[0][1], both[1][1]), _is_better(*both))
    if trained.better and keep:
        async with db.begin() as tx:
            before = await queries.lock_model(tx)
            if before:
                before.in_force = False
                await tx.flush()
            tx.session.add(
                SuggestionModel(
                    id=new_id(now),
                    at=now,
                    in_force=True,
                    before_id=before and before.id,
                    content=pack(candidate),
                    figures={"lines": trained.lines()},
                )
            )
            tx.publish(MODEL_TOPIC)
    return trained


def _is_better(present: tuple[Judged, Judged], candidate: tuple[Judged, Judged]) -> bool:
    """Return whether the candidate is better than the present model.

    1. On recent calls, its first suggestion is right more often, and its first three are right at least as often.
    2. On the sentences held out from training, no share is worse by more than WORSE.
    """
    (apart, recent), (new_apart, new_recent) = present, candidate
    first, among, offered = apart.all.shares
    new_first, new_among, new_offered = new_apart.all.shares
    return (
        new_recent.all.first > recent.all.first
        and new_recent.all.among >= recent.all.among
        and min(new_first - first, new_among - among, offered - new_offered) >= -WORSE
    )


async def go_back(db: Database) -> bool:
    """Restore the model before the one in force.

    Return whether the restored model was learned here; if not, it came with the software. Raises NotFound if no learned
    model is in force.
    """
    async with db.begin() as tx:
        model = await queries.lock_model(tx)
        if model is None:
            raise NotFound(what="learned model", key="in force")
        model.in_force = False
        await tx.flush()
        before = await tx.session.get(SuggestionModel, model.before_id) if model.before_id else None
        if before:
            before.in_force = True
        tx.publish(MODEL_TOPIC)
        return before is not None
