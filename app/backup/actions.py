"""Back up and restore the database, and verify each backup and each restore."""

import contextlib
import hashlib
import shutil
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import asyncpg

from app.backup import queries
from app.backup.manifest import DUMP, MANIFEST, Manifest, differences, list_backups, read_manifest
from app.backup.programs import count_rows, run_program
from app.kit.command_line import Unusable
from app.kit.db import connect_arguments
from app.kit.migrate import run


async def back_up(url: str, folder: Path, now: datetime) -> tuple[Path, Manifest]:
    """Dump the database into a new subfolder named after the time, and read the dump back.

    The dump and the counts come from one snapshot. The subfolder gets its final name only once the dump has been found
    to hold every row. Raises Unusable.
    """
    backup = folder / f"hotline-{now:%Y%m%dT%H%M%SZ}"
    unfinished = backup.with_name(f"{backup.name}.part")
    unfinished.mkdir(mode=0o700, parents=True)
    try:
        dump = unfinished / DUMP
        dump.touch(mode=0o600)
        async with _connected(url) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            contents = await queries.read_contents(connection)
            if contents is None:
                raise Unusable("the database holds no tables of hotline: nothing to back up")
            snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
            options = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}")
            await run_program("pg_dump", *options, f"--file={dump}", url=url)
            server = connection.get_server_version()
        if wrong := differences(await count_rows(dump), contents.rows):
            raise Unusable("the dump does not hold what the database held:\n" + "\n".join(wrong))
        manifest = Manifest(
            made_at=now,
            postgresql=f"{server.major}.{server.micro or server.minor}",
            size=dump.stat().st_size,
            sha256=_hash(dump),
            contents=contents,
        )
        (unfinished / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        unfinished.rename(backup)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return backup, manifest


def forget_backups(folder: Path, keep: int) -> list[Path]:
    """Delete all backups in the folder except the newest `keep` (1 or more). Return those deleted."""
    old = list_backups(folder)[:-keep]
    for backup in old:
        shutil.rmtree(backup)
    return old


async def restore(url: str, backup: Path, application: str | None) -> Manifest:
    """Restore a backup into an empty database, all or nothing, and compare the result with the manifest.

    Raises Unusable if the backup is damaged, the database is not empty, or the result differs.
    """
    manifest = read_manifest(backup)
    dump = backup / DUMP
    if not dump.is_file() or _hash(dump) != manifest.sha256:
        raise Unusable(f"{dump} is damaged: it is not what the manifest says. Nothing was restored.")
    async with _connected(url) as connection:
        if await queries.list_tables(connection):
            raise Unusable("the database is not empty. Create an empty one, and let DATABASE_OWNER_URL name it.")
        options = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "--no-comments")
        name = str(connect_arguments(url)["database"])
        await run_program("pg_restore", *options, f"--dbname={name}", dump, url=url)
        found = await queries.read_contents(connection)
        told = manifest.contents
        assert found
        wrong = differences(found.rows, told.rows)
        wrong += [f"{found.log} instead of {told.log}"] if found.log != told.log else []
        if wrong:
            raise Unusable("what was restored is not what the manifest says:\n" + "\n".join(wrong))
        await connection.execute("ANALYZE")
    await run(url, lambda config: None, application)
    return manifest


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(**connect_arguments(url))
    try:
        await connection.execute("SET statement_timeout = 0")
        yield connection
    finally:
        await connection.close()


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
