"""The declarative base and the column types that all tables share."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, DateTime, MetaData, Text, and_, literal_column
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(DeclarativeBase):
    """The base of all mapped classes. Text is `text`, moments are `timestamptz`."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {str: Text(), datetime: DateTime(timezone=True)}  # noqa: RUF012 (SQLAlchemy's own form)


Id = Annotated[UUID, mapped_column(primary_key=True)]


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """Return a CHECK that the column holds one of the enum's values (NULL passes)."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=column)


def word(value: str) -> ColumnElement[str]:
    """Return a constant of ours as a literal in the SQL: the planner uses partial indexes only with constants."""
    return literal_column(f"'{value}'", Text)


def as_text(*conditions: ColumnElement[bool]) -> str:
    """Return the conditions, joined by AND, for a statement written as text. Parameters keep their names."""
    return str(and_(*conditions))


def not_negative(*columns: str) -> CheckConstraint:
    """Return a CHECK that none of the columns is negative (NULL passes)."""
    return CheckConstraint(" AND ".join(f"{column} >= 0" for column in columns), name="not_negative")
