"""A backup holds every row and comes back as it was, and says at once what is wrong with it."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from alembic import command

from app.backup.commands import make_backup, restore_backup
from app.backup.manifest import DUMP, MANIFEST, list_backups, read_manifest
from app.kit.command_line import Unusable, owner_url
from app.kit.embedded import find_folder
from app.kit.migrate import run
from app.settings import Settings
from tests.roles import connected, owned_database
from tests.world import DRAIN, World


@pytest.fixture
async def empty(server: str) -> Settings:
    return await owned_database(server, "restored")


def names(folder: Path) -> list[str]:
    """Return what the folder holds."""
    return sorted(path.name for path in folder.iterdir())


async def fill(world: World) -> None:
    """Leave requests, offers, numbered events and one that is not numbered yet."""
    await world.add_provider(DRAIN)
    for n in range(3):
        await world.dispatch(
            DRAIN, phone=f"1395741234{n}", description=f"地漏返水\n\\.\nCOPY public.staff (id) FROM {n}"
        )
    await world.work()
    await world.dispatch(DRAIN, phone="13957412349")


async def backed_up(world: World, folder: Path) -> Path:
    """Fill the database and back it up. Return the backup."""
    await fill(world)
    await make_backup(world.context.settings, folder)
    [backup] = list_backups(folder)
    return backup


async def test_what_was_backed_up_comes_back_for_two_roles_with_every_row_and_number(
    world: World, empty: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = await backed_up(world, tmp_path / "backups")
    contents = read_manifest(backup).contents
    assert contents.rows["requests"] == 4
    assert contents.log.whole
    assert contents.log.unnumbered > 0
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700
    assert stat.S_IMODE((backup / DUMP).stat().st_mode) == 0o600

    await restore_backup(empty, backup)
    assert f"restored: {sum(contents.rows.values())} rows" in capsys.readouterr().out
    await run(owner_url(empty), command.check)
    query = "SELECT * FROM requests ORDER BY id"
    async with connected(str(world.context.settings.database_url)) as before, connected(str(empty.database_url)) as now:
        assert await now.fetch(query) == await before.fetch(query)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await now.execute("DELETE FROM events")
        assert await now.fetchval("SELECT nextval('request_number')") > await before.fetchval(
            "SELECT max(number) FROM requests"
        )


async def test_a_restore_is_refused_before_it_does_anything(world: World, empty: Settings, tmp_path: Path) -> None:
    backup = await backed_up(world, tmp_path / "backups")
    with pytest.raises(Unusable, match="the database is not empty"):
        await restore_backup(world.context.settings, backup)

    dump = bytearray((backup / DUMP).read_bytes())
    dump[len(dump) // 2] ^= 1
    (backup / DUMP).write_bytes(dump)
    (tmp_path / "other").mkdir()
    for folder, said in ((backup, "damaged"), (tmp_path / "other", "is no backup")):
        with pytest.raises(Unusable, match=said):
            await restore_backup(empty, folder)
    async with connected(owner_url(empty)) as connection:
        assert await connection.fetch("SELECT FROM pg_tables WHERE schemaname = 'public'") == []


@pytest.mark.parametrize(
    ("held", "told", "said"),
    [
        ('"requests": 4', '"requests": 5', "requests: 4 rows instead of 5"),
        ('"first": ', '"first": 1', "instead of events 1"),
    ],
)
async def test_a_restore_that_differs_from_the_manifest_says_where(
    world: World, empty: Settings, tmp_path: Path, held: str, told: str, said: str
) -> None:
    backup = await backed_up(world, tmp_path / "backups")
    manifest = (backup / MANIFEST).read_text(encoding="utf-8")
    assert held in manifest
    (backup / MANIFEST).write_text(manifest.replace(held, told), encoding="utf-8")
    with pytest.raises(Unusable, match=said):
        await restore_backup(empty, backup)


async def test_a_gap_in_the_log_is_reported_and_the_backup_kept(world: World, tmp_path: Path) -> None:
    await fill(world)
    async with connected(str(world.context.settings.database_url)) as administrator:
        await administrator.execute("DELETE FROM events WHERE seq = (SELECT min(seq) + 1 FROM events)")
    with pytest.raises(Unusable, match="The event log has a gap"):
        await make_backup(world.context.settings, tmp_path / "backups", keep=1)
    [backup] = list_backups(tmp_path / "backups")
    assert not read_manifest(backup).contents.log.whole


async def test_only_the_newest_are_kept_and_what_was_not_finished_does_not_count(world: World, tmp_path: Path) -> None:
    for day in (1, 2, 3):
        old = tmp_path / f"hotline-{datetime(2026, 11, day, tzinfo=UTC):%Y%m%dT%H%M%SZ}"
        old.mkdir()
        (old / MANIFEST).touch()
    (tmp_path / "hotline-20261104T000000Z.part").mkdir()
    (tmp_path / "notes").mkdir()
    await make_backup(world.context.settings, tmp_path, keep=2)
    left = names(tmp_path)
    assert left[:2] == ["hotline-20261103T000000Z", "hotline-20261104T000000Z.part"]
    assert left[3:] == ["notes"]


@pytest.mark.parametrize("program", ["exit 1", 'while [ "${1#--file=}" = "$1" ]; do shift; done; : > "${1#--file=}"'])
async def test_a_dump_that_fails_or_is_empty_leaves_no_backup(
    world: World, tmp_path: Path, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "pg_restore").symlink_to(find_folder("pg_restore") / "pg_restore")
    (programs / "pg_dump").write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
    (programs / "pg_dump").chmod(0o755)
    monkeypatch.setenv("HOTLINE_PG_BIN", str(programs))
    with pytest.raises(Unusable):
        await make_backup(world.context.settings, tmp_path / "backups")
    assert names(tmp_path / "backups") == []


async def test_an_empty_database_has_nothing_to_back_up(empty: Settings, tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="nothing to back up"):
        await make_backup(empty, tmp_path / "backups")
    assert names(tmp_path / "backups") == []
