"""Volumes as a table that a spreadsheet opens."""

import csv
import io

from app.catalog.snapshot import Snapshot
from app.metrics.schemas import Counts, Dimension, VolumeRow, Volumes

BOM = "\ufeff"
"""Without it Excel takes UTF-8 for the local code page and shows no Chinese."""


def volumes_csv(volumes: Volumes, by: list[Dimension], catalog: Snapshot) -> str:
    """One line per row, with the Chinese names of categories and townships beside their codes."""
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

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(map(line, volumes.rows))
    return BOM + text.getvalue()
