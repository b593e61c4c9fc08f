"""The commands `hotline places`, which export and import the centre's own places."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app.auth.acting import act_of_registrar
from app.catalog.snapshot import read_snapshot
from app.exchange.errors import ImportInvalid
from app.exchange.process import run_files
from app.kit.command_line import database, run
from app.kit.context import open_context
from app.kit.geo import Crs
from app.kit.languages import Language
from app.places import files, queries
from app.places.importing import import_places
from app.places.schemas import PlaceOut
from app.settings import Settings

places = typer.Typer(no_args_is_help=True, help="The centre's own places: roads, estates, landmarks, buildings.")


@places.command("export")
def export_file(file: Annotated[Path, typer.Argument(help="places.csv")]) -> None:
    """Write all places that have not ended to a CSV file."""
    with database(Settings()) as settings:
        file.write_text(asyncio.run(_export(settings)), encoding="utf-8")


async def _export(settings: Settings) -> str:
    async with open_context(settings) as context:
        catalog = await read_snapshot(context.db)
        async with context.db.begin() as tx:
            return files.write(map(PlaceOut.model_validate, await queries.list_all(tx)), catalog)


@places.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a CSV or XLSX")],
    username: Annotated[str, typer.Option(help="username of the registrar who imports")],
    crs: Annotated[Crs | None, typer.Option(help="coordinate system of rows that do not name one")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would change")] = False,
) -> None:
    """Import places from a file. A single faulty cell rejects the whole file."""
    with database(Settings()) as settings:
        run(_import(settings, file.name, file.read_bytes(), username, crs, dry_run=dry_run))


async def _import(
    settings: Settings, name: str, content: bytes, username: str, crs: Crs | None, *, dry_run: bool
) -> None:
    lines = await run_files("read", content)
    async with open_context(settings) as context:
        catalog = await read_snapshot(context.db)
        try:
            async with context.db.begin() as tx:
                act = await act_of_registrar(context, tx, username)
                done = await import_places(act, tx, lines, crs, catalog, dry_run=dry_run, language=Language.ZH)
        except ImportInvalid as invalid:
            for fault in invalid.facts["errors"]:
                _tell(name, fault)
            raise typer.Exit(1) from None
    for warning in done.warnings:
        _tell(name, warning.model_dump())
    typer.echo(f"read: {done.read}, added: {done.added}, changed: {done.changed}, unchanged: {done.unchanged}")


def _tell(name: str, fault: dict[str, str]) -> None:
    place = f"{name}:{fault['row']} {fault['column']}"
    typer.echo(f"{place}: {fault['en']} / {fault['zh']}: {fault['value']}", err=True)
