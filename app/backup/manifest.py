"""Describes what a backup holds, and compares it with what is found later."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from app.kit.command_line import Unusable

DUMP = "database.dump"
MANIFEST = "manifest.json"


class Log(BaseModel):
    """The numbers of the event log. `first` and `last` are None while no event is numbered."""

    first: int | None
    last: int | None
    numbered: int
    distinct: int
    unnumbered: int = Field(description="committed, but not numbered yet")

    @property
    def whole(self) -> bool:
        """Return whether the numbers run from the first to the last without gaps or repeats."""
        span = 0 if self.first is None or self.last is None else self.last - self.first + 1
        return self.numbered == self.distinct == span

    def __str__(self) -> str:
        numbers = f"events {self.first} to {self.last}" if self.numbered else "no numbered event"
        gap = "" if self.whole else f", but only {self.distinct} of these numbers"
        return f"{numbers}{gap}, {self.unnumbered} not numbered yet"


class Contents(BaseModel):
    """What a database holds at one moment: its revision, the rows of each table, the numbers of its event log."""

    revision: str
    rows: dict[str, int]
    log: Log

    def __str__(self) -> str:
        return f"{sum(self.rows.values())} rows in {len(self.rows)} tables; {self.log}"


class Manifest(BaseModel):
    """What a backup holds, in a file beside the dump."""

    made_at: datetime
    postgresql: str
    size: int = Field(description="of the dump, in bytes")
    sha256: str
    contents: Contents


def read_manifest(folder: Path) -> Manifest:
    """Return the backup's manifest. Raises Unusable if the folder holds no complete backup."""
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise Unusable(f"{folder} is no backup: it has no readable {MANIFEST}") from error


def list_backups(folder: Path) -> list[Path]:
    """Return the finished backups in a folder, oldest first."""
    return sorted(path.parent for path in folder.glob(f"*Z/{MANIFEST}"))


def differences(found: Mapping[str, int], told: Mapping[str, int]) -> list[str]:
    """Return a line for each table whose number of rows is not what the manifest says."""
    tables = sorted(found.keys() | told.keys())
    return [
        f"{table}: {found.get(table, 'no')} rows instead of {told.get(table, 'none')}"
        for table in tables
        if found.get(table) != told.get(table)
    ]
