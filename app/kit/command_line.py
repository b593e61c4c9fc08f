"""What a command answers where its caller, its settings or its database are wrong: a sentence and exit code 1."""

import asyncio
from typing import Any

import asyncpg
import typer
from alembic.util import CommandError
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, DBAPIError
from typer.core import TyperGroup

from app.kit.errors import HotlineError

FORESEEN = (HotlineError, ValidationError, CommandError, ArgumentError, DBAPIError, asyncpg.PostgresError, OSError)
"""What may be wrong outside this program. All else is a fault of ours and ends with its traceback."""


class Unusable(ValueError):
    """What a command was given cannot be used; the text says why."""


class Sentences(TyperGroup):
    """A group of commands that says what is foreseen to go wrong in a sentence."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (*FORESEEN, Unusable) as error:
            typer.echo(sentence(error), err=True)
            raise typer.Exit(1) from error


def sentence(error: Exception) -> str:
    """What is wrong, in words without a traceback."""
    if isinstance(error, ValidationError):
        return "\n".join(f"{_name(error, item['loc'])}: {item['msg']}" for item in error.errors())
    if isinstance(error, DBAPIError) and error.orig is not None:
        return f"the database says: {error.orig.__cause__ or error.orig}"
    if isinstance(error, asyncpg.PostgresError):
        return f"the database says: {error}"
    if isinstance(error, (ConnectionError, asyncio.TimeoutError)):
        return f"the database cannot be reached: {error}"
    return str(error) or type(error).__name__


def _name(error: ValidationError, place: tuple[int | str, ...]) -> str:
    """The field as its caller wrote it: a setting by its environment variable."""
    name = ".".join(map(str, place))
    return name if error.title != "Settings" or name.isupper() else f"HOTLINE_{name}".upper()
