"""What PostgreSQL did for each statement: its real plan, reported by auto_explain on the connection that ran it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from app.kit.db import Database

BLOCK_BYTES = 8_192
UNCOUNTED = ("BEGIN", "COMMIT", "ROLLBACK")
NOW_AND_THEN = "auth_generation"
"""Read at most once in this many milliseconds, by whichever call comes next."""
WORTH_NAMING = 60
"""Rows. On smaller tables the planner's choice is arbitrary."""
EXPLAIN = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_format": "json",
    "auto_explain.log_level": "notice",
    "auto_explain.log_nested_statements": "on",
}
"""Settings that make a database's connections report their plans. Only a superuser may set them."""


@dataclass
class Counts:
    """The counts of one call: rows that scans read, returned or not, and bytes of the blocks read, cached or not."""

    statements: int = 0
    rows: int = 0
    kib: int = 0
    read_by: set[str] = field(default_factory=set)
    """How the larger parts were read: the kind of scan, and the index or table."""

    def facts(self) -> dict[str, Any]:
        """Return the counts as counts.json has them."""
        return {"statements": self.statements, "rows": self.rows, "kib": self.kib, "read_by": sorted(self.read_by)}

    def add(self, plan: dict[str, Any]) -> None:
        """Add one statement's counts."""
        self.kib += (plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]) * BLOCK_BYTES // 1024
        for node in _nodes(plan):
            looked_at = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            looked_at = round((looked_at + node.get("Rows Removed by Index Recheck", 0)) * node["Actual Loops"])
            if "Relation Name" in node and node["Node Type"] != "ModifyTable":
                self.rows += looked_at
            scans = node["Node Type"].endswith("Scan")
            if scans and looked_at >= WORTH_NAMING and (name := node.get("Index Name", node.get("Relation Name"))):
                self.read_by.add(f"{node['Node Type']} {name}")


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


@contextmanager
def counted(db: Database) -> Iterator[Counts]:
    """Count what the database's connections do during the block."""
    counts = Counts()

    def hear(_: object, message: Any) -> None:
        if message.message.startswith("duration:"):
            counts.add(json.loads(message.message.partition("plan:")[2])["Plan"])

    def note(record: Any) -> None:
        counts.statements += record.query not in UNCOUNTED and NOW_AND_THEN not in record.query

    listening: list[Any] = []

    def listen(dbapi_connection: Any, *_: object) -> None:
        driver = dbapi_connection.driver_connection
        if driver not in listening:
            driver.add_log_listener(hear)
            driver.add_query_logger(note)
            listening.append(driver)

    pool = db.engine.sync_engine
    event.listen(pool, "checkout", listen)
    try:
        yield counts
    finally:
        event.remove(pool, "checkout", listen)
        for driver in listening:
            driver.remove_log_listener(hear)
            driver.remove_query_logger(note)
