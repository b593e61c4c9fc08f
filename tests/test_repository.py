"""What is tracked here belongs here."""

import re
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def test_no_process_id_log_database_or_secret_is_tracked() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    [refused] = [hook["files"] for hook in hooks if hook["id"] == "refused-files"]
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert [file for file in tracked.splitlines() if re.search(refused, file)] == []
