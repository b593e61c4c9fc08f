"""The commands `hotline knowledge` (articles as files, quality of the search), `hotline evaluate` and `hotline train`
(suggestions of items)."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from app.auth.acting import act_of_registrar
from app.catalog.snapshot import read_snapshot
from app.danger.snapshot import read_dangers
from app.kit.command_line import database, run
from app.kit.context import open_context
from app.kit.errors import NotFound
from app.knowledge.errors import ArticlesInvalid
from app.knowledge.evaluation import evaluate, read_questions
from app.knowledge.files import Format, format_of, write
from app.knowledge.importing import import_articles, read_cells
from app.knowledge.judging import KEPT_APART, NONE, SentencesInvalid, agreements, read_labelled
from app.knowledge.model_in_force import read_model
from app.knowledge.models import ArticleStatus
from app.knowledge.training import TooFewChoices, ask, go_back, read_sentences, train
from app.settings import Settings

knowledge = typer.Typer(no_args_is_help=True, help="Articles as files, and the quality of their search.")


@knowledge.command("export")
def export_articles(
    file: Annotated[Path, typer.Argument(help="articles.csv or articles.md")],
    status: Annotated[ArticleStatus, typer.Option()] = ArticleStatus.APPROVED,
) -> None:
    """Write all articles with this status to a file."""
    with database(Settings()) as settings:
        file.write_text(asyncio.run(_export_articles(settings, format_of(file.name), status)), encoding="utf-8")


async def _export_articles(settings: Settings, form: Format, status: ArticleStatus) -> str:
    async with open_context(settings) as context, context.db.begin() as tx:
        return write(form, await read_cells(tx, status))


@knowledge.command("import")
def import_articles_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a CSV or Markdown file")],
    username: Annotated[str, typer.Option(help="username of the registrar who imports")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would change")] = False,
) -> None:
    """Import articles as drafts for a supervisor to approve. A single error in the file rejects all of them."""
    with database(Settings()) as settings:
        run(_import_articles(settings, file.name, file.read_bytes(), username, dry_run=dry_run))


async def _import_articles(settings: Settings, name: str, content: bytes, username: str, *, dry_run: bool) -> None:
    async with open_context(settings) as context:
        catalog = await read_snapshot(context.db)
        try:
            async with context.db.begin() as tx:
                act = await act_of_registrar(context, tx, username)
                done = await import_articles(act, tx, content, format_of(name), catalog, dry_run=dry_run)
        except ArticlesInvalid as invalid:
            for fault in invalid.facts["errors"]:
                place = f"{name}:{fault['row']} {fault['slug']} {fault['field']}"
                typer.echo(f"{place}: {fault['en']} / {fault['zh']}: {fault['value']}", err=True)
            raise typer.Exit(1) from None
        typer.echo(f"read: {done.read}, added: {done.added}, changed: {done.changed}, unchanged: {done.unchanged}")


@knowledge.command("evaluate")
def evaluate_search(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="question, slugs or none, voice; tab-separated")
    ],
    misses: Annotated[bool, typer.Option("--misses", help="show the questions that failed")] = False,
) -> None:
    """Measure how often the search finds the right article first or among three, or nothing where no article fits."""
    with database(Settings()) as settings:
        run(_evaluate(settings, file, misses=misses))


async def _evaluate(settings: Settings, file: Path, *, misses: bool) -> None:
    async with open_context(settings) as context:
        catalog = await read_snapshot(context.db)
        async with context.db.begin() as tx:
            figures = await evaluate(tx, read_questions(file), catalog, context.clock.now())
    for voice, found in figures.items():
        typer.echo(f"{voice:10} {found.line()}")
    for question, slugs in figures["all"].misses if misses and figures else []:
        wanted = "|".join(sorted(question.slugs)) or "none"
        typer.echo(f"{question.words}: {wanted}, found {', '.join(slugs) or 'none'}")


def evaluate_suggestions(
    file: Annotated[
        Path, typer.Argument(dir_okay=False, help="sentence, codes or none, voice, labellers' codes; tab-separated")
    ] = KEPT_APART,
    worst: Annotated[int, typer.Option(min=0, help="how many failures to show, the worst first")] = 30,
) -> None:
    """Measure how often suggestions have the right item first or among three, or offer one where none fits.

    The sentences were kept out of training.
    """
    with database(Settings()) as settings:
        run(_evaluate_suggestions(settings, file, worst))


async def _evaluate_suggestions(settings: Settings, file: Path, worst: int) -> None:
    async with open_context(settings) as context:
        catalog, model = await read_snapshot(context.db), await read_model(context.db)
        dangers = await read_dangers(context.db)
    with _errors_as_sentences():
        told = read_labelled(file, catalog.items.keys())
        judged = ask(catalog, model, dangers, told)
    typer.echo(f"all: {judged.all.line()}")
    for figures in (judged.voices, judged.categories):
        typer.echo("")
        for name, found in figures.items():
            typer.echo(f"{name:10} {found.line()}")
    for hands, agreement in agreements(told).items():
        typer.echo(f"{hands}: {agreement.line()}")
    for miss in judged.misses[:worst]:
        right = "|".join(sorted(miss.told.items)) or NONE
        typer.echo(f"{miss.confidence:.2f} {miss.told.words}: {right}, offered {', '.join(miss.found) or NONE}")


def train_suggestions(
    file: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="more sentences to learn from: code (or none), sentence; tab-separated"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show the result")] = False,
    back: Annotated[bool, typer.Option("--back", help="do not learn, but restore the previous model")] = False,
) -> None:
    """Learn from the operators' choices. A better model replaces the one in force, in all processes."""
    with database(Settings()) as settings:
        run(_go_back(settings) if back else _train(settings, file, dry_run=dry_run))


async def _train(settings: Settings, file: Path | None, *, dry_run: bool) -> None:
    async with open_context(settings) as context:
        catalog = await read_snapshot(context.db)
        with _errors_as_sentences():
            more = read_sentences(file, catalog) if file else []
            apart = read_labelled(KEPT_APART, catalog.items.keys())
            trained = await train(context.db, catalog, context.clock.now(), more, apart, keep=not dry_run)
    for line in trained.lines():
        typer.echo(line)
    if not trained.better:
        typer.echo("not better: the model in force stays")
    else:
        typer.echo("better" if dry_run else "better: it is in force from now on")


async def _go_back(settings: Settings) -> None:
    async with open_context(settings) as context:
        with _errors_as_sentences():
            learned_here = await go_back(context.db)
    typer.echo(
        "the previous model is in force again"
        if learned_here
        else "the model that came with the software is in force again"
    )


@contextmanager
def _errors_as_sentences() -> Iterator[None]:
    """End the command with a sentence if a foreseen error occurs."""
    try:
        yield
    except (SentencesInvalid, TooFewChoices, NotFound, OSError, UnicodeDecodeError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
