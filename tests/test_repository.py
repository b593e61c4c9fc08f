"""The repository tracks only files that belong here."""

import re
import subprocess
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def test_no_process_id_log_database_or_secret_is_tracked() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    [refused] = [hook["files"] for hook in hooks if hook["id"] == "refused-files"]
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert [file for file in tracked.splitlines() if re.search(refused, file)] == []


def test_every_routes_module_is_checked_for_sql() -> None:
    """import-linter has no pattern for all files of a name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    [held] = [one for one in project["importlinter"]["contracts"] if one["name"] == "Routes hold no SQL"]
    routers = [path for path in (ROOT / "app").glob("*/*.py") if "APIRouter(" in path.read_text(encoding="utf-8")]
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in routers}
    assert {name for name in modules if not name.endswith(".routes")} - set(held["source_modules"]) == set()


EDGE = re.compile(
    r"(.+_)?routes|schemas|current|main|cli"  # schemas of filters are built with Query
    r"|kit/(web|limiting|measuring|pages|etags|idempotency|quotas|waiting)|(auth|monitoring)/access|auth/cookies"
    r"|intake/filters|live/stream"
    r"|console/pages|contract/document"
)
"""Modules that may know about HTTP: routes, their dependencies, and the models of their parameters."""


def test_only_edge_modules_import_http() -> None:
    """An action does the same for a route, the worker, a command and a simulated day."""
    knowing = set()
    for path in (ROOT / "app").rglob("*.py"):
        if re.search(r"^(from|import) (fastapi|starlette|app\.kit\.web)\b", path.read_text(encoding="utf-8"), re.M):
            knowing.add("/".join(path.relative_to(ROOT / "app").with_suffix("").parts))
    assert knowing, "routes do"
    assert {name for name in knowing if not (EDGE.fullmatch(name) or EDGE.fullmatch(name.rpartition("/")[2]))} == set()
