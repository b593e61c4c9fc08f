"""Import and export in the API."""

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
    format: Annotated[Format, Query()] = Format.XLSX
    lang: Annotated[Language, Query()] = Language.ZH


class CellFault(BaseModel):
    """One thing that is wrong: on which sheet, in which row and column (0 and empty: the whole sheet or file)."""

    sheet: str
    row: int
    column: str
    value: str = Field(description="what stands there, its first 60 characters")
    code: str
    zh: str
    en: str


class ImportOut(BaseModel):
    """What the import changed, or with `dry_run` would change; `rows`: those read, by sheet."""

    dry_run: bool
    rows: dict[str, int]
    added: int
    changed: int
    unchanged: int
    changes: list[str] = Field(description="the first 200 providers that are new or change, and what changes")
    warned: int = Field(description="how many warnings there are")
    warnings: list[CellFault] = Field(description="the first 500 things to look at; they keep nothing out")
