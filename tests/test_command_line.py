"""What a caller of `hotline` can get wrong is answered with a sentence and a non-zero exit, never with a traceback."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app

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


def test_minus_one_leads_one_migration_down_and_head_up_again(environment: dict[str, str]) -> None:
    for revision in ("head", "-1", "head"):
        result = CliRunner().invoke(app, ["migrate", revision], env=environment, catch_exceptions=False)
        assert result.exit_code == 0, result.output
