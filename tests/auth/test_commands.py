"""`hotline staff` in a shell: passwords come by standard input, and mistakes get a one-sentence error."""

import asyncio
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from tests.conftest import recreate_database

GOOD = "木樨-七点半-渡口边"


@pytest.fixture
def environment(server: str, tmp_path: Path) -> dict[str, str]:
    name = f"test_commands_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    return {"DATABASE_URL": asyncio.run(recreate_database(server, name)), "HOTLINE_DATA_DIR": str(tmp_path)}


def test_staff_accounts_are_managed_from_the_command_line(environment: dict[str, str]) -> None:
    def hotline(words: str, typed: str = "") -> tuple[int, str]:
        result = CliRunner().invoke(app, words.split(), input=typed, env=environment, catch_exceptions=False)
        return result.exit_code, result.output

    assert hotline("migrate")[0] == 0
    assert hotline("staff add chenli 陈莉 --role admin", f"{GOOD}\n") == (0, "chenli can sign in.\n")
    for words, typed, said in [
        ("staff add wangmin 王敏 --role provider", GOOD, "unknown staff role: provider"),
        ("staff add wangmin 王敏 --role boss", GOOD, "unknown staff role: boss"),
        ("staff add chenli 陈莉 --role admin", GOOD, "chenli is already taken"),
        ("staff add WangMin 王敏 --role operator", GOOD, "username"),
        ("staff add wangmin 王敏 --role operator", "short", "password"),
        ("staff add wangmin 王敏 --role operator", "1234567890", "too easy to guess"),
        ("staff deactivate chenli", "", "last active administrator"),
        ("staff roles chenli --role operator", "", "last active administrator"),
        ("staff unlock nobody", "", "nobody"),
    ]:
        code, output = hotline(words, f"{typed}\n")
        assert code != 0
        assert said in output, (words, output)
        assert "Traceback" not in output
    code, made = hotline("staff add wangmin 王敏 --role operator", "\n")
    assert (code, len(made.strip())) == (0, 16)
    for words in ("deactivate", "reactivate", "unlock", "end-sessions", "remove-second-factor", "roles --role manager"):
        command, *options = words.split()
        assert hotline(" ".join(["staff", command, "wangmin", *options]))[0] == 0
    assert len(hotline("staff reset-password wangmin", "\n")[1].strip()) == 16
    listed = hotline("staff list")[1]
    assert "wangmin" in listed
    assert "temporary password" in listed
