"""`hotline danger`: measure how well dangers are recognised, and train the recogniser again."""

from pathlib import Path
from typing import Annotated

import typer

from app.danger.evaluation import evaluate, read_sentences
from app.danger.kinds import DangerKind
from app.danger.model import FILE
from app.danger.training import (
    ORDINARY_CALLS,
    SENTENCES,
    count,
    learn,
    leave_out,
    read_ordinary,
    threshold_of,
    write,
)
from app.danger.training import read_sentences as read_lessons
from app.danger.words import read_rules
from app.kit.command_line import Unusable

danger = typer.Typer(
    no_args_is_help=True, help="Measure how well dangers are recognised, and train the recogniser again."
)


@danger.command("evaluate")
def evaluate_recogniser(
    dangers: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="lines of kind, tab, sentence")],
    harmless: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="lines of the kind it sounds like, tab, sentence")
    ],
    misses: Annotated[bool, typer.Option("--misses", help="list the sentences that were judged wrongly")] = False,
) -> None:
    """Measure recall and false alarms on labelled sentences, with the words that come with the software."""
    rules = read_rules()
    try:
        found = evaluate(list(read_sentences(dangers)), rules)
        wrong = evaluate(list(read_sentences(harmless)), rules)
    except ValueError as error:
        raise Unusable(str(error)) from error
    for kind in ("all", *DangerKind):
        yes, no = found[kind], wrong[kind]
        typer.echo(
            f"{kind:15} recall {yes.share(yes.told):.1%} of {yes.total}, the kind first {yes.share(yes.first):.1%}, "
            f"among all {yes.share(yes.among):.1%}; false alarms {no.share(no.told):.1%} of {no.total}"
        )
    for name, one in [("missed", one) for one in found["all"].silent] + [("alarm", one) for one in wrong["all"].alarms]:
        if misses:
            typer.echo(f"{name} {one[0]}: {one[1]}")


@danger.command("train")
def train(
    sentences: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="lines of kind, writer, sentence, separated by tabs")
    ] = SENTENCES,
    ordinary: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="lines of item, tab, sentence")
    ] = ORDINARY_CALLS,
    file: Annotated[Path, typer.Option("--file", help="file to write the trained model to")] = FILE,
) -> None:
    """Train on the sentences. Each writer is scored by a model trained without that writer. Takes some minutes."""
    try:
        known = count([*read_lessons(sentences), *read_ordinary(ordinary)])
    except ValueError as error:
        raise Unusable(str(error)) from error
    writers = list(leave_out(known))
    threshold = threshold_of(writers)
    for writer in writers:
        typer.echo(
            f"writer {writer.name}: recall {writer.recall(threshold):.1%} of {len(writer.dangers)}, "
            f"false alarms {writer.false_alarms(threshold):.1%} of {len(writer.harmless)}"
        )
    write(learn(known), threshold, file)
