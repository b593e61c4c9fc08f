"""Import and export of the registry as the API reads and shows them."""

from enum import StrEnum
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from app.kit.languages import Language


class Format(StrEnum):
    """A workbook, or a ZIP with one CSV per sheet."""

    XLSX = "xlsx"
    CSV = "csv"


class FileAsked(BaseModel):
    """The format and language of an exported file."""

    format: Annotated[Format, Query()] = Format.XLSX
    lang: Annotated[Language, Query()] = Language.ZH


class CellFault(BaseModel):
    """A fault with its sheet, row and column. Row 0 and an empty column mean the whole sheet or file."""

    sheet: str
    row: int
    column: str
    value: str = Field(description="the first 60 characters of the cell")
    code: str
    zh: str
    en: str


class ImportOut(BaseModel):
    """What the import changed, or with `dry_run` would change. `rows` counts the rows read per sheet."""

    dry_run: bool
    rows: dict[str, int]
    added: int
    changed: int
    unchanged: int
    changes: list[str] = Field(description="the first 200 new or changed providers, each with what changes")
    warned: int = Field(description="the number of warnings")
    warnings: list[CellFault] = Field(description="the first 500 warnings; they do not prevent the import")
