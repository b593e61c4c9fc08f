"""Keeps this provider's actions on disk from before they are sent until the centre has answered.

An SQLite file, opened and flushed to disk for each operation. It survives a crash of the program or the machine, and
several processes may use it. Reading needs no free disk space, so unanswered actions can be read on a full disk.
"""

import json
import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OTHERS_WRITE_SECONDS = 10.0
KEPT_SECONDS = 30 * 86_400
"""How long answered actions are kept for reference."""

_TABLE = """CREATE TABLE IF NOT EXISTS actions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kept_at REAL NOT NULL, path TEXT NOT NULL, body TEXT NOT NULL, outcome TEXT)"""
_KEEP = "INSERT INTO actions (kept_at, path, body) VALUES (?, ?, ?)"
_SETTLE = "UPDATE actions SET outcome = ? WHERE id = ?"
_FORGET = "DELETE FROM actions WHERE outcome IS NOT NULL AND kept_at < ?"
_LIST = "SELECT id, kept_at, path, body, outcome FROM actions ORDER BY id"

logger = logging.getLogger(__name__)


class CannotKeep(Exception):
    """The action could not be written to disk (full or broken), so it was not sent."""


@dataclass(frozen=True)
class Kept:
    """An action: the body to PUT and its path. `outcome` is None until the centre answers, then "done" or the refusal's
    code."""

    id: int
    kept_at: float
    path: str
    body: Any
    outcome: str | None

    @property
    def subject(self) -> str:
        """The offer or job that the action is about. Actions on one subject are sent one after another."""
        return self.path.rpartition("/")[0]


class Journal:
    """The journal in the file at `path`, which is created when the first action is kept."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, path: str, body: Any) -> Kept:
        """Write an action to the journal and return it. Raises CannotKeep."""
        now, text = time.time(), json.dumps(body, ensure_ascii=False)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._open() as db:
                db.execute(_TABLE)
                db.execute(_FORGET, (now - KEPT_SECONDS,))
                row = db.execute(_KEEP, (now, path, text)).lastrowid
        except (sqlite3.Error, OSError) as error:
            raise CannotKeep(f"{self._path}: {error}") from error
        assert row is not None
        return Kept(row, now, path, body, None)

    def settle(self, kept: Kept, outcome: str) -> None:
        """Record the answer. If that cannot be written, the action will be sent again, which does no harm."""
        try:
            with self._open() as db:
                db.execute(_SETTLE, (outcome, kept.id))
        except sqlite3.Error as error:
            logger.warning("%s: %s; the action will be sent again", self._path, error)

    def all(self) -> list[Kept]:
        """Return every action in the journal, oldest first. Raises CannotKeep."""
        if not self._path.exists() or not self._path.stat().st_size:
            return []
        try:
            with self._open() as db:
                return [Kept(row[0], row[1], row[2], json.loads(row[3]), row[4]) for row in db.execute(_LIST)]
        except sqlite3.Error as error:
            raise CannotKeep(f"{self._path}: {error}") from error

    def unanswered(self, subject: str | None = None) -> list[Kept]:
        """Return the unanswered actions in order, of one offer or job if given. Raises CannotKeep."""
        return [kept for kept in self.all() if kept.outcome is None and subject in (None, kept.subject)]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=OTHERS_WRITE_SECONDS)) as db, db:
            db.execute("PRAGMA synchronous = EXTRA")
            yield db
