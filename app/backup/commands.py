"""The commands `hotline backup` and `hotline restore`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app.backup import actions
from app.backup.manifest import Manifest
from app.kit.clock import clock_from
from app.kit.command_line import Unusable, application_role, database, owner_url, run
from app.settings import Settings

FOLDER = "folder of the backups; by default HOTLINE_BACKUP_DIR"


def back_up(
    folder: Annotated[Path | None, typer.Argument(help=FOLDER)] = None,
    keep: Annotated[int | None, typer.Option(min=1, help="then delete all but this many of the newest backups")] = None,
) -> None:
    """Back up the database while it is in use, and check that the backup holds every row.

    Also exits with 1 if the event log has a gap; the backup is kept even then.
    """
    with database(Settings()) as settings:
        run(make_backup(settings, folder or settings.backup_dir, keep))


async def make_backup(settings: Settings, folder: Path, keep: int | None = None) -> None:
    """Back up into the folder and print what the backup holds. Raises Unusable."""
    now = clock_from(settings).world_now()
    backup, manifest = await actions.back_up(owner_url(settings), folder, now)
    typer.echo(f"{backup}: {_told(manifest)}")
    if not manifest.contents.log.whole:
        raise Unusable("The event log has a gap: events were deleted or changed. The backup is kept, no other deleted.")
    if keep:
        for old in await asyncio.to_thread(actions.forget_backups, folder, keep):
            typer.echo(f"deleted: {old}")


def restore(backup: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="one backup")]) -> None:
    """Restore a backup into an empty database, and check that it holds what was backed up."""
    with database(Settings()) as settings:
        run(restore_backup(settings, backup))


async def restore_backup(settings: Settings, backup: Path) -> None:
    """Restore the backup and print what it holds. Raises Unusable."""
    manifest = await actions.restore(owner_url(settings), backup, application_role(settings))
    typer.echo(f"restored: {_told(manifest)}\nNow run hotline migrate.")


def _told(manifest: Manifest) -> str:
    return f"{manifest.contents}; {manifest.size / 1e6:.1f} MB, made {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC"
