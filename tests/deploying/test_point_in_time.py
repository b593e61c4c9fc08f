"""A lost cluster comes back as it was at a chosen moment, by the commands of docs/deploying.md."""

import asyncio
import gzip
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from app.backup.queries import read_contents
from app.events.sequence import number_events
from app.kit import embedded
from app.kit.command_line import application_role
from app.kit.db import Database
from app.kit.migrate import migrate
from app.settings import Settings
from tests.roles import connected

DEPLOY = Path(__file__).parents[2] / "deploy" / "postgres"
ARCHIVING = """
wal_level = replica
summarize_wal = on
archive_mode = on
archive_timeout = 60
archive_command = 'sh "{script}" "%p" "{archive}/%f"'
"""


def run(server: embedded.Server | None, script: str, *arguments: str | Path) -> str:
    """Run one of the scripts with PostgreSQL's programs, on the server. Return what it prints."""
    programs = embedded.find_folder("pg_basebackup", "pg_combinebackup", "pg_verifybackup", "pg_archivecleanup")
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
    if server:
        environment |= {"PGHOST": str(server.socket_dir), "PGUSER": "hotline", "POSTGRES_USER": "hotline"}
        environment |= {"OWNER_PASSWORD": "own'er", "APP_PASSWORD": "app"}
    command = ["sh", DEPLOY / script, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


async def with_two_roles(server: embedded.Server) -> Settings:
    """Create roles and database as in a new deployment, and migrate. Return its settings."""
    url = make_url(server.url)
    async with connected(url.set(database="postgres").render_as_string()) as administrator:
        await administrator.execute("ALTER DATABASE hotline RENAME TO trial")
    run(server, "roles.sh")
    own = Settings(
        database_url=url.set(username="hotline_app").render_as_string(),
        database_owner_url=url.set(username="hotline_owner").render_as_string(),
    )
    await migrate(str(own.database_owner_url), application=application_role(own))
    return own


async def write(settings: Settings, events: int) -> datetime:
    """Commit so many events one by one, number them, and return a later moment by the server's clock."""
    db = Database(str(settings.database_url), pool_size=1)
    try:
        for _ in range(events):
            async with db.begin() as tx:
                await tx.driver.execute(
                    "INSERT INTO events (at, kind, actor_kind) VALUES (clock_timestamp(), 'request.created', 'system')"
                )
            async with db.begin() as tx:
                await number_events(tx)
        async with db.begin() as tx:
            moment: datetime = await tx.driver.fetchval("SELECT clock_timestamp()")
            return moment
    finally:
        await db.close()


async def stopped(data: Path) -> None:
    """Return once the server, which nobody uses any more, has stopped."""
    async with asyncio.timeout(60):
        while (data / "cluster" / "postmaster.pid").exists():
            await asyncio.sleep(0.05)


async def archived(server: embedded.Server, archive: Path) -> None:
    """Return once all that has been written is in the archive."""
    async with connected(server.url.replace("/hotline?", "/postgres?")) as administrator:
        piece = await administrator.fetchval("SELECT pg_walfile_name(pg_switch_wal())")
    async with asyncio.timeout(60):
        while not (archive / f"{piece}.gz").is_file():
            await asyncio.sleep(0.05)


async def promoted(url: str) -> None:
    """Return once the server has recovered and accepts changes."""
    async with asyncio.timeout(60):
        while True:
            try:
                async with connected(url) as connection:
                    if not await connection.fetchval("SELECT pg_is_in_recovery()"):
                        return
            except (OSError, asyncpg.PostgresError):
                pass
            await asyncio.sleep(0.05)


async def test_a_lost_cluster_comes_back_as_it_was_at_a_chosen_moment(tmp_path: Path) -> None:
    data, archive, copies, restored = (tmp_path / name for name in ("data", "archive's", "copies", "restored"))
    for folder in (archive, copies, restored):
        folder.mkdir()
    with embedded.join(data):
        pass  # creates it
    await stopped(data)
    with (data / "cluster" / "postgresql.conf").open("a", encoding="utf-8") as settings_file:
        settings_file.write(ARCHIVING.format(script=DEPLOY / "archive.sh", archive=str(archive).replace("'", "''")))
    with embedded.join(data) as server:
        settings = await with_two_roles(server)
        await write(settings, 2)
        assert run(server, "base-backup.sh", copies).endswith("-full")
        await write(settings, 3)
        assert run(server, "base-backup.sh", copies).endswith("-incremental")
        await wait_for_next_second()
        moment = await write(settings, 4)
        await write(settings, 5)
        await archived(server, archive)
    await stopped(data)
    shutil.rmtree(data)

    run(None, "restore-to.sh", copies, archive, moment.isoformat(), restored / "cluster")
    with embedded.join(restored) as server:
        url = make_url(server.url).set(username="hotline_app").render_as_string()
        await promoted(url)
        async with connected(url) as connection:
            contents = await read_contents(connection)
            assert contents
            assert contents.log.whole
            assert (contents.log.first, contents.log.last, contents.log.unnumbered) == (1, 2 + 3 + 4, 0)
            assert await connection.fetchval("SELECT max(at) FROM events") < moment
        await write(settings.model_copy(update={"database_url": url}), 1)
        run(server, "base-backup.sh", copies, "--full")
        run(server, "forget.sh", copies, archive, "1")
        [left] = copies.iterdir()
        assert left.name.endswith("-full")


def test_there_is_no_way_back_to_before_the_first_copy(tmp_path: Path) -> None:
    (tmp_path / "20261129T020000Z-full").mkdir()
    arguments: list[str | Path] = [tmp_path, tmp_path, "2026-11-29 10:00:00+08", tmp_path / "data"]
    done = subprocess.run(["sh", DEPLOY / "restore-to.sh", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "was complete before 2026-11-29 10:00:00+08" in done.stderr


def test_a_piece_is_stored_once_and_never_overwritten(tmp_path: Path) -> None:
    piece, copy = tmp_path / "piece", tmp_path / "copy"
    for content, stored in ((b"first", 0), (b"first", 0), (b"second", 1)):
        piece.write_bytes(content)
        assert subprocess.run(["sh", DEPLOY / "archive.sh", piece, copy], check=False).returncode == stored
    assert gzip.decompress((tmp_path / "copy.gz").read_bytes()) == b"first"


async def wait_for_next_second() -> None:
    """Let the second pass in which the last copy was complete: copies are named, and chosen, by the second."""
    second = datetime.now(UTC).second
    while datetime.now(UTC).second == second:
        await asyncio.sleep(0.05)
