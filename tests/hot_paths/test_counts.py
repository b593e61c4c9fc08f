"""The hot paths read no more than counts.json allows, however many providers and open requests there are."""

import json
import os
from pathlib import Path
from typing import Any

from tests.conftest import recreate_database
from tests.hot_paths.measure import COUNTS, FEW, MANY, ROUNDS, measure
from tests.hot_paths.plans import Counts

SLACK, A_FEW = 1.1, 24
"""How far rows and KiB may differ between two runs, because pages split elsewhere or a counter has its row or not."""
PAGED = {"offer poll": 2 * 100, "providers to phone": 8 * 200, "worker: make_callbacks": 6 * 3 * ROUNDS}
"""Rows of a full response: an offer with its request, or with everything that is read out on the phone. The last path
reads all completed requests that still need a callback, and each earlier round of the three cases has left one."""


def excess(now: Counts, allowed: Any) -> bool:
    """Return whether it read more than allowed."""
    return (
        now.statements > allowed["statements"]
        or now.rows > allowed["rows"] * SLACK + A_FEW
        or now.kib > allowed["kib"] * SLACK + 8 * A_FEW
        or not now.read_by <= set(allowed["read_by"])
    )


async def test_the_hot_paths_look_at_no_more_than_is_allowed(server: str, tmp_path: Path) -> None:
    allowed = json.loads(COUNTS.read_text(encoding="utf-8"))
    url = await recreate_database(server, f"test_counts_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}")
    measured = await measure(url, tmp_path)
    costly = [
        f"{case}, {path}: {now.facts()} is more than {allowed[case][path]}"
        for case, paths in measured.items()
        for path, now in paths.items()
        if excess(now, allowed[case][path])
    ]
    assert not costly, "\n".join([*costly, "if meant: make counts"])
    growing = [
        f"{path}: {measured[FEW][path].rows} rows with 1,000 open, {now.rows} with 50,000"
        for path, now in measured[MANY].items()
        if now.rows > PAGED.get(path, measured[FEW][path].rows) * SLACK + A_FEW
    ]
    assert not growing, "\n".join(growing)
