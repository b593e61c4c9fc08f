"""The command `hotline metrics`, which recounts figures."""

from time import monotonic

import typer

from app.kit.command_line import database, run
from app.kit.context import open_context
from app.metrics.tasks import KEPT
from app.settings import Settings

metrics = typer.Typer(no_args_is_help=True, help="The manager's figures.")


@metrics.callback()
def _group() -> None:
    """Exists so that `rebuild` must be named, although it is the only command."""


@metrics.command()
def rebuild() -> None:
    """Recount the kept figures from the event log, for every whole day that it covers. Other days stay unchanged.

    The application and the worker may keep running; what happens meanwhile is counted as usual.
    """
    with database(Settings()) as settings:
        run(_rebuild(settings))


async def _rebuild(settings: Settings) -> None:
    async with open_context(settings) as context:
        for kept in KEPT:
            began = monotonic()
            async with context.db.begin() as tx:
                done = await kept.rebuild(tx, settings.zone)
            if done.first_day is None:
                typer.echo(f"{kept.table.name}: there are no events yet")
            else:
                spent = monotonic() - began
                typer.echo(
                    f"{kept.table.name}: from {done.first_day} on, {done.events:,} events in {spent:.1f} s;"
                    " earlier days are unchanged"
                )
