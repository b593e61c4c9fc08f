"""What every command needs: a database, a loop that stops cleanly, and a sentence with exit code 1 where its caller,
its settings or its database are wrong, 130 where it was stopped before its end."""

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
from sqlalchemy.exc import ArgumentError, DBAPIError
from typer.core import TyperGroup

from app.kit import embedded
from app.kit.errors import HotlineError
from app.settings import Settings

FORESEEN = (HotlineError, ValidationError, CommandError, ArgumentError, DBAPIError, asyncpg.PostgresError, OSError)
"""What may be wrong outside this program. All else is a fault of ours and ends with its traceback."""


STOPPED = 130
"""As shells say it of Ctrl-C."""


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
        except (KeyboardInterrupt, asyncio.CancelledError) as error:
            typer.echo("Stopped before it was done.", err=True)
            raise typer.Exit(STOPPED) from error


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


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[Settings]:
    """The settings with a database: the one they name, or the embedded server while the block runs."""
    if settings.database_url:
        yield settings
        return
    try:
        with embedded.join(settings.data_dir) as server:
            yield settings.model_copy(update={"database_url": server.url, "database_direct_url": server.url})
    except embedded.EmbeddedPostgresError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def direct_url(settings: Settings) -> str:
    """The URL past any pooler."""
    url = settings.database_direct_url or settings.database_url
    assert url is not None
    return url


def run(coroutine: Coroutine[Any, Any, None], *, endless: bool = False) -> None:
    """Run to the end, or to Ctrl-C or SIGTERM, each a clean stop; of what is `endless` that is the end."""

    async def stoppable() -> None:
        task = asyncio.current_task()
        assert task is not None
        # Not a KeyboardInterrupt of our own: raised inside a transport's callback it would be lost there.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await coroutine

    with (
        contextlib.suppress(*([KeyboardInterrupt, asyncio.CancelledError] if endless else [])),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(stoppable())
