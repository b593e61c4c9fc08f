"""Volumes as a table for a spreadsheet."""

from app.catalog.snapshot import Snapshot
from app.kit.spreadsheet import csv_text
from app.metrics.schemas import Counts, Dimension, VolumeRow, Volumes


def volumes_csv(volumes: Volumes, by: list[Dimension], catalog: Snapshot) -> str:
    """Return the volumes as CSV, with the Chinese names of categories and townships beside their codes."""
    counts = [name for name in Counts.model_fields if getattr(volumes.total, name) is not None]
    names = {
        Dimension.CATEGORY: {code: category.zh for code, category in catalog.categories.items()},
        Dimension.TOWNSHIP: {code: township.zh for code, township in catalog.townships.items()},
    }
    named = [dimension for dimension in dict.fromkeys(by) if dimension in names]
    header = [*dict.fromkeys(by), *(f"{dimension}_zh" for dimension in named), *counts]

    def line(row: VolumeRow) -> list[object]:
        labels = [names[dimension][getattr(row, dimension)] for dimension in named]
        return [*(getattr(row, d) for d in dict.fromkeys(by)), *labels, *(getattr(row, name) for name in counts)]

    return csv_text(header, map(line, volumes.rows))
