"""Mistakes by users of `hotline` get a sentence and a non-zero exit status, never a traceback."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from app.cli import app
from app.kit.db import connect_arguments
from app.kit.migrate import ADVISORY_LOCK
from tests.children import child
from tests.conftest import recreate_database

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


@pytest.fixture
def environment(server: str, tmp_path: Path) -> dict[str, str]:
    return {"DATABASE_URL": server, "HOTLINE_DATA_DIR": str(tmp_path)}


@pytest.mark.parametrize(
    ("command", "changed", "said"),
    [
        ("migrate no-such-revision", {}, "no-such-revision"),
        ("migrate -99", {}, "-99"),
        ("migrate", {"DATABASE_URL": NOWHERE}, "the database cannot be reached"),
        ("seed", {"DATABASE_URL": NOWHERE}, "the database cannot be reached"),
        ("backup", {"DATABASE_URL": NOWHERE}, "the database cannot be reached"),
        ("backup --keep 0", {}, "--keep"),
        ("restore no-such-folder", {}, "no-such-folder"),
        ("restore .", {}, "is no backup"),
        ("migrate", {"DATABASE_URL": "mysql://somewhere"}, "DATABASE_URL"),
        ("serve", {"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
        ("worker", {"HOTLINE_POOL_SIZE": "0"}, "HOTLINE_POOL_SIZE"),
        ("serve", {"HOTLINE_TIMEZONE": "Mars/Olympus"}, "HOTLINE_TIMEZONE"),
        ("worker", {"HOTLINE_CLOCK_START": "2026-01-01"}, "HOTLINE_CLOCK_START"),
        ("serve --port 70000", {}, "65535"),
        ("seed --history -1", {}, "--history"),
        ("simulate tornado", {}, "typhoon"),
        ("simulate day --scale 1000000000", {}, "--scale"),
        ("simulate day --policy no-such-file.json", {}, "no-such-file.json"),
        ("simulate day --policy {file}", {}, "Invalid JSON"),
        ("demo --speed 0", {}, "--speed"),
        ("no-such-command", {}, "no-such-command"),
    ],
)
def test_a_mistake_is_answered_with_a_sentence(
    command: str, changed: dict[str, str], said: str, environment: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "policy.json"
    file.write_text("weights: many", encoding="utf-8")
    words = command.format(file=file).split()
    result = CliRunner().invoke(app, words, env=environment | changed, catch_exceptions=False)
    assert result.exit_code in (1, 2), result.output
    assert said in result.output


def test_a_command_whose_output_nobody_reads_any_more_ends_quietly(tmp_path: Path) -> None:
    sentences = tmp_path / "sentences.tsv"
    sentences.write_text("fire\t家里着火了\n", encoding="utf-8")
    unread, output = os.pipe()
    os.close(unread)
    try:
        words = ["danger", "evaluate", str(sentences), str(sentences)]
        ended = subprocess.run(
            [sys.executable, "-m", "app.cli", *words], stdout=output, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(output)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_minus_one_leads_one_migration_down_and_head_up_again(environment: dict[str, str]) -> None:
    for revision in ("head", "-1", "head"):
        result = CliRunner().invoke(app, ["migrate", revision], env=environment, catch_exceptions=False)
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_command_that_is_stopped_before_its_end_says_so(
    number: signal.Signals, server: str, tmp_path: Path
) -> None:
    """The exit status used to be 0, and the next command began on a database that was not migrated."""
    url = await recreate_database(server, f"{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_stopped")
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    holder = await asyncpg.connect(**connect_arguments(url))
    try:
        await holder.execute(f"SELECT pg_advisory_lock({ADVISORY_LOCK})")
        with child(
            [Path(sys.executable).with_name("hotline"), "migrate"],
            env=os.environ | {"DATABASE_URL": url, "HOTLINE_DATA_DIR": str(tmp_path)},
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            async with asyncio.timeout(60):
                while not await holder.fetchval(others):
                    await asyncio.sleep(0.05)
            process.send_signal(number)
            said = await asyncio.to_thread(process.communicate, timeout=60)
        assert process.returncode == 130
        assert "Stopped before it was done." in said[1]
        assert "Traceback" not in said[1]
    finally:
        await holder.close()
