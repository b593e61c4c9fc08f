"""`hotline knowledge`: articles as files, and how well they are found."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app.auth.acting import acting_registrar
from app.catalog.snapshot import read_snapshot
from app.kit.command_line import database, run
from app.kit.web import open_context
from app.knowledge.actions import By
from app.knowledge.errors import ArticlesInvalid
from app.knowledge.evaluation import evaluate, read_questions
from app.knowledge.files import Format, format_of, write
from app.knowledge.importing import import_articles, read_cells
from app.knowledge.models import ArticleStatus
from app.settings import Settings

knowledge = typer.Typer(no_args_is_help=True, help="Articles as files, and how well they are found.")


@knowledge.command("export")
def export_articles(
    file: Annotated[Path, typer.Argument(help="articles.csv or articles.md")],
    status: Annotated[ArticleStatus, typer.Option()] = ArticleStatus.APPROVED,
) -> None:
    """Write all articles of a status into a file."""
    with database(Settings()) as settings:
        file.write_text(asyncio.run(_export_articles(settings, format_of(file.name), status)), encoding="utf-8")


async def _export_articles(settings: Settings, form: Format, status: ArticleStatus) -> str:
    async with open_context(settings) as context, context.db.begin() as tx:
        return write(form, await read_cells(tx, status))


@knowledge.command("import")
def import_articles_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a CSV or Markdown")],
    username: Annotated[str, typer.Option(help="the registrar in whose name")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would change")] = False,
) -> None:
    """Take articles in as drafts, which a supervisor approves: all of them or, with a fault in any, none."""
    with database(Settings()) as settings:
        run(_import_articles(settings, file.name, file.read_bytes(), username, dry_run=dry_run))


async def _import_articles(settings: Settings, name: str, content: bytes, username: str, *, dry_run: bool) -> None:
    async with open_context(settings) as context:
        catalog, now = await read_snapshot(context.db), context.clock.now()
        try:
            async with context.db.begin() as tx:
                principal = await acting_registrar(tx, username)
                by = By(principal, now, now.astimezone(settings.zone).date())
                done = await import_articles(tx, content, format_of(name), catalog, by, dry_run=dry_run)
        except ArticlesInvalid as invalid:
            for fault in invalid.facts["errors"]:
                place = f"{name}:{fault['row']} {fault['slug']} {fault['field']}"
                typer.echo(f"{place}: {fault['en']} / {fault['zh']}: {fault['value']}", err=True)
            raise typer.Exit(1) from None
        typer.echo(f"read: {done.read}, added: {done.added}, changed: {done.changed}, unchanged: {done.unchanged}")


@knowledge.command("evaluate")
def evaluate_search(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="question, slugs or none, voice; by tabs")],
    misses: Annotated[bool, typer.Option("--misses", help="show what was not found")] = False,
) -> None:
    """Ask questions whose articles are known: the right one first, among three, and none where there is none."""
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
