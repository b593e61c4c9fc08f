"""The command `hotline retention`."""

from typing import Annotated

import typer

from app.kit.command_line import database, run
from app.kit.context import Context, open_context
from app.privacy.keeping import keep_table, report
from app.privacy.schedule import DUE
from app.settings import Settings


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="report what is due, and change nothing")] = False,
) -> None:
    """Delete and blank what has been kept long enough, as the worker does, and report it by table.

    docs/personal-data.md has the schedule. A large backlog is processed in small transactions; the service may keep
    running.
    """
    with database(Settings()) as settings:
        run(_retention(settings, dry_run=dry_run))


async def _retention(settings: Settings, *, dry_run: bool) -> None:
    async with open_context(settings) as context:
        if not dry_run:
            await _keep(context)
        typer.echo(f"{'table':<20}{'then':<10}{'rows':>14}{'due':>14}  oldest")
        for line, standing in await report(context):
            day = standing.oldest.astimezone(settings.zone).date().isoformat() if standing.oldest else "-"
            typer.echo(f"{line.table:<20}{line.then:<10}{standing.rows:>14,}{standing.due:>14,}  {day}")


async def _keep(context: Context) -> None:
    for line in DUE:
        total = 0
        while done := await keep_table(context, line):
            total += done
        if total:
            typer.echo(f"{line.table}: {total:,} {line.then}")
