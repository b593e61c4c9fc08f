"""What every command needs: a database, an event loop that stops cleanly, and readable errors.

A command exits with 1 and a sentence when its arguments, its settings or its database are at fault, and with 130 when
it is stopped early.
"""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Iterator
from typing import Any

import asyncpg
import typer
import uvloop
from alembic.util import CommandError
from pydantic import ValidationError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from typer.core import TyperGroup

from app.kit import embedded
from app.kit.errors import HotlineError
from app.settings import Settings

FORESEEN = (
    HotlineError,
    ValidationError,
    CommandError,
    ArgumentError,
    DBAPIError,
    asyncpg.PostgresError,
    embedded.EmbeddedPostgresError,
    OSError,
)
"""Errors whose cause lies outside this program. Any other exception is a bug, and its traceback is shown."""


STOPPED = 130
"""The exit code that shells use for Ctrl-C."""


class Unusable(ValueError):
    """A command cannot use its arguments; the text says why."""


class Sentences(TyperGroup):
    """A group of commands that reports foreseen errors as a sentence."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # Whoever reads the output has enough, as `head` does: Click ends quietly.
            raise
        except (*FORESEEN, Unusable) as error:
            typer.echo(sentence(error), err=True)
            raise typer.Exit(1) from error
        except (KeyboardInterrupt, asyncio.CancelledError) as error:
            typer.echo("Stopped before it was done.", err=True)
            raise typer.Exit(STOPPED) from error


def sentence(error: Exception) -> str:
    """Return what went wrong as a sentence, without a traceback."""
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
    """Return the field as its caller wrote it; for a setting, its environment variable."""
    name = ".".join(map(str, place))
    return name if error.title != "Settings" or name.isupper() else f"HOTLINE_{name}".upper()


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[Settings]:
    """Yield the settings with a database: the one they name, or else an embedded server while the block runs.

    Exits with 1 and a message if the embedded server does not start.
    """
    if settings.database_url:
        yield settings
        return
    try:
        with embedded.join(settings.data_dir) as server:
            urls = ("database_url", "database_direct_url", "database_owner_url")
            yield settings.model_copy(update=dict.fromkeys(urls, server.url))
    except embedded.EmbeddedPostgresError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def direct_url(settings: Settings) -> str:
    """Return the database URL that bypasses any pooler."""
    url = settings.database_direct_url or settings.database_url
    assert url is not None
    return url


def owner_url(settings: Settings) -> str:
    """Return the database URL of the role that owns the tables, or of the only role if one role does everything."""
    return settings.database_owner_url or direct_url(settings)


def application_role(settings: Settings) -> str | None:
    """Return the role in DATABASE_URL if a different role owns the tables, or else None."""
    role, owner = make_url(str(settings.database_url)).username, make_url(owner_url(settings)).username
    return role if role != owner else None


def run(coroutine: Coroutine[Any, Any, None], *, endless: bool = False) -> None:
    """Run the coroutine until it ends, or until Ctrl-C or SIGTERM stops it cleanly.

    Being stopped is the normal end of an `endless` coroutine. When any other is stopped, this raises
    KeyboardInterrupt or CancelledError.
    """

    async def stoppable() -> None:
        task = asyncio.current_task()
        assert task is not None
        # Not a KeyboardInterrupt of our own: raised inside a transport's callback, it would be lost there.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await coroutine

    with (
        contextlib.suppress(*([KeyboardInterrupt, asyncio.CancelledError] if endless else [])),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(stoppable())
