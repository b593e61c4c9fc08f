"""The database: one engine per process, one transaction per edge, and statements compiled once.

SQLAlchemy owns the pool, the schema and the ORM. Hot paths write their statements in Core, compile them to SQL once
(`Prepared`) and run them on the same asyncpg connection in the same transaction, without SQLAlchemy's work per
execution (docs/decisions/0005). The engine therefore runs in autocommit, and we send BEGIN and COMMIT ourselves.

The SQLSTATE tells what went wrong: busy (somebody else held what was needed, and nothing was changed), unavailable,
read-only, or unknown if the connection was lost between COMMIT and its reply. Each kind of work has its own pool and
its own timeouts, so work that hangs in one pool does not starve the others.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, cast
from uuid import uuid4

import asyncpg
from sqlalchemy import ClauseElement, Dialect, event
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from app.kit.errors import DatabaseBusy, DatabaseReadOnly, DatabaseUnavailable, HotlineError, OutcomeUnknown

Row = asyncpg.Record
T = TypeVar("T")
_DIALECT: Dialect = asyncpg_dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def connect_arguments(url: str) -> dict[str, Any]:
    """Return the arguments for asyncpg's own `connect` that correspond to a SQLAlchemy URL."""
    _, arguments = _DIALECT.create_connect_args(make_url(url))
    return dict(arguments)


class Timeouts(NamedTuple):
    """How long a kind of work waits for the database, in seconds.

    `statement` bounds a statement, `lock` the part of it spent waiting for a lock, and `idle` the time between two
    statements of a transaction.
    """

    statement: float
    lock: float
    idle: float

    @property
    def settings(self) -> dict[str, str]:
        """The limits as PostgreSQL settings, in milliseconds."""
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        return {name: str(round(seconds * 1000)) for name, seconds in zip(names, self, strict=True)}


CALL = Timeouts(statement=15, lock=5, idle=30)
"""For requests: somebody waits for the response."""
STEP = Timeouts(statement=60, lock=2, idle=60)
"""For the worker: its statements are long, and it retries what is locked."""
FILE = Timeouts(statement=120, lock=5, idle=300)
"""For files: an import plans a whole registry between two statements."""

CONNECT_SECONDS = 5
ANSWER_SECONDS = 5
"""Added to a statement's own limit. A server that has not replied by then counts as silent."""
ROLLBACK_SECONDS = 2
KEEPALIVE = {"idle": 15, "interval": 5, "count": 3}
UNANSWERED_SECONDS = 30
"""A connection is closed when data stays unacknowledged for this long."""


class Prepared:
    """A Core statement that is compiled on first use. The driver gets its parameters unconverted (JSON as text).

    `optional` names parameters that a caller may leave out; they are then NULL.
    """

    def __init__(self, statement: ClauseElement, *, optional: Iterable[str] = ()) -> None:
        self._statement = statement
        self.optional = frozenset(optional)

    @cached_property
    def _compiled(self) -> SQLCompiler:
        return cast(SQLCompiler, self._statement.compile(dialect=_DIALECT))

    @cached_property
    def sql(self) -> str:
        """The statement's SQL for PostgreSQL."""
        return str(self._compiled)

    @cached_property
    def parameters(self) -> dict[str, TypeEngine[Any]]:
        """The types of the parameters that a caller passes, by name."""
        return {name: bound.type for name, bound in self._compiled.binds.items() if bound.required}

    @cached_property
    def _places(self) -> list[tuple[str, Any]]:
        """The name and value of each parameter, in the statement's order. Values that the caller passes are None."""
        constants = self._compiled.params
        return [
            (name, None if name in self.parameters else constants[name]) for name in self._compiled.positiontup or ()
        ]

    def arguments(self, params: dict[str, Any]) -> list[Any]:
        """Return the values in the statement's order. Raises WrongParameters if one is missing, misspelt or surplus."""
        if params.keys() != self.parameters.keys():
            unknown = params.keys() - self.parameters.keys()
            missing = self.parameters.keys() - params.keys() - self.optional
            if unknown or missing:
                raise WrongParameters(f"unknown: {sorted(unknown)}, missing: {sorted(missing)}")
        return [params.get(name, constant) for name, constant in self._places]


class WrongParameters(TypeError):
    """A caller passed parameters that the statement does not have, or left some out."""


class Tx:
    """An open transaction. Queries take it as their first argument; only the edge that opened it commits.

    `driver` is the asyncpg connection, for what only the driver can do (COPY). `kept` caches rows of this database that
    never change.
    """

    def __init__(self, connection: AsyncConnection, driver: asyncpg.Connection, kept: dict[Any, Any]) -> None:
        self._connection = connection
        self.driver = driver
        self.kept = kept
        self._session: AsyncSession | None = None
        self.published: set[str] = set()

    @property
    def session(self) -> AsyncSession:
        """The ORM session on this transaction, for everyday reads and edits."""
        if self._session is None:
            self._session = AsyncSession(bind=self._connection, expire_on_commit=False, autoflush=True)
        return self._session

    async def rows(self, statement: Prepared, **params: Any) -> list[Row]:
        """Run a compiled statement and return its rows."""
        return await self.driver.fetch(statement.sql, *statement.arguments(params))

    async def row(self, statement: Prepared, **params: Any) -> Row | None:
        """Run a compiled statement and return its first row, if any."""
        return await self.driver.fetchrow(statement.sql, *statement.arguments(params))

    def publish(self, *topics: str) -> None:
        """Publish these topics to all processes, once the transaction has committed."""
        self.published.update(topics)

    async def flush(self) -> None:
        """Send pending ORM changes to the database."""
        if self._session is not None:
            await self._session.flush()

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        """Run the block in a savepoint.

        If it raises, only the block is undone, and the session forgets what it had loaded.
        """
        await self.driver.execute("SAVEPOINT part")
        try:
            yield
            await self.flush()
            await self.driver.execute("RELEASE SAVEPOINT part")
        except Exception as error:
            if database_problem(error) is None:
                await self.close()
                self._session = None
                await self.driver.execute("ROLLBACK TO SAVEPOINT part")
            raise

    async def abandon(self) -> None:
        """Roll back. A connection that cannot even roll back is closed instead of returning to the pool."""
        try:
            async with asyncio.timeout(ROLLBACK_SECONDS):
                await self.driver.execute("ROLLBACK")
        except BaseException as error:
            self.driver.terminate()
            await self._connection.invalidate()
            if not isinstance(error, Exception):
                raise  # a task that is cancelled during the rollback must still end

    async def close(self) -> None:
        """Close the ORM session. The connection stays with the edge that opened it."""
        if self._session is not None:
            await self._session.close()


_POOLED: dict[str, Any] = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": lambda: f"hotline_{uuid4().hex}",
}
"""Behind a pooler in transaction mode, connections share servers: nothing stays prepared, and no name is used twice."""


class Database:
    """A connection pool for one kind of work. Only `begin()` commits.

    Leave out `timeouts` for our own tools, which may take their time.
    """

    def __init__(
        self, url: str, *, pool_size: int = 20, pooled: bool = False, timeouts: Timeouts | None = None
    ) -> None:
        self._pooled = pooled
        self._begin = "BEGIN"
        settings = {"timezone": "UTC"}
        if timeouts and pooled:  # a pooler refuses unknown settings when a connection begins
            self._begin += "".join(f"; SET LOCAL {name} = {value}" for name, value in timeouts.settings.items())
        elif timeouts:
            settings |= timeouts.settings | SERVER_KEEPALIVE
        self._kept: dict[Any, Any] = {}
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_reset_on_return=None,
            hide_parameters=True,
            connect_args={
                "timeout": CONNECT_SECONDS,
                "command_timeout": timeouts.statement + ANSWER_SECONDS if timeouts else None,
                "server_settings": settings,
            }
            | (_POOLED if pooled else {}),
        )
        # Not as an argument above: behind a pooler, SQLAlchemy's own first query needs a transaction.
        self.engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        event.listen(self.engine.sync_engine, "checkout", _refuse_closed)
        event.listen(self.engine.sync_engine, "connect", lambda connection, _: keep_alive(connection.driver_connection))
        self.on_publish: Callable[[set[str]], None] = lambda topics: None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """Open a transaction that commits when the block ends and rolls back when it raises.

        Raises DatabaseUnavailable when the database cannot be reached or the connection is lost, DatabaseReadOnly when
        it accepts no changes, and DatabaseBusy when somebody else held what was needed or a statement took too long. In
        these cases nothing was changed. Raises OutcomeUnknown when the connection is lost after COMMIT was sent.
        """
        async with self._connect(self._begin) as tx:
            try:
                yield tx
                await tx.flush()
                await _commit(tx)
            except BaseException:
                await tx.abandon()
                raise
        if tx.published:
            self.on_publish(tx.published)

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[Tx]:
        """Open a connection for one reading statement, without BEGIN and COMMIT: two round trips fewer.

        Behind a pooler it opens a transaction after all, because the pooler may switch servers between preparing and
        executing a statement. Raises DatabaseUnavailable, DatabaseBusy.
        """
        async with self.begin() if self._pooled else self._connect() as tx:
            yield tx

    async def read(self, query: Callable[[Tx], Awaitable[T]]) -> T:
        """Return what a reading `query` returns. It is run once more if the database was unavailable or busy.

        Raises DatabaseUnavailable, DatabaseBusy.
        """
        try:
            async with self.autocommit() as tx:
                return await query(tx)
        except (DatabaseUnavailable, DatabaseBusy):
            async with self.autocommit() as tx:
                return await query(tx)

    @asynccontextmanager
    async def _connect(self, first: str | None = None) -> AsyncIterator[Tx]:
        """Yield a connection of the pool on which `first` was run, and translate database errors into our own."""
        try:
            async with self._checked_out(first) as connection:
                raw = await connection.get_raw_connection()
                tx = Tx(connection, cast(asyncpg.Connection, raw.driver_connection), self._kept)
                try:
                    yield tx
                except asyncio.CancelledError:
                    # A server cut off in mid-reply may keep its locks until its reply is read or the connection ends.
                    tx.driver.terminate()
                    await connection.invalidate()
                    raise
                except Exception as error:
                    if isinstance(database_problem(error), DatabaseUnavailable):  # unusable, even if it still replies
                        tx.driver.terminate()
                        await connection.invalidate()
                    raise
                finally:
                    await tx.close()
        except Exception as error:
            trouble = database_problem(error)
            if trouble is None or trouble is error:
                raise
            raise trouble from error

    @asynccontextmanager
    async def _checked_out(self, first: str | None) -> AsyncIterator[AsyncConnection]:
        """Yield a connection; replace it once if it turns out to be lost before anything was done."""
        async with self.engine.connect() as connection:
            if first:
                raw = await connection.get_raw_connection()
                driver = cast(asyncpg.Connection, raw.driver_connection)
                try:
                    await driver.execute(first)
                except BaseException as error:
                    driver.terminate()
                    await connection.invalidate()
                    if not isinstance(database_problem(error), DatabaseUnavailable):
                        raise
                    raw = await connection.get_raw_connection()
                    await cast(asyncpg.Connection, raw.driver_connection).execute(first)
            yield connection

    @property
    def connections(self) -> tuple[int, int]:
        """The number of connections in use, and the maximum."""
        pool = cast(AsyncAdaptedQueuePool, self.engine.pool)
        return pool.checkedout(), pool.size()

    async def close(self) -> None:
        """Close every connection of the pool."""
        await self.engine.dispose()


BUSY = {"40001", "40P01", "55P03", "57014"}
"""SQLSTATEs of a serialisation failure, a deadlock, a lock timeout and a statement timeout."""
READ_ONLY = "25006"
LOST = ("08", "53", "57P", "58", "25P03", "25P04")
"""SQLSTATE prefixes of a database that is down, starting, stopping or full, or has given up this transaction."""
_OF_THE_DATA = ("22", "23")
"""SQLSTATE prefixes of invalid values and of violated constraints."""
_BROKEN = (OSError, PoolTimeout, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""Errors that the driver and the pool raise when the database does not reply at all."""


def database_problem(error: BaseException) -> HotlineError | None:
    """Return the problem to report to a caller for a database error, or None if the database itself works."""
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(cause, HotlineError):
        return cause if isinstance(cause, DatabaseUnavailable) else None
    if isinstance(cause, _BROKEN):
        return DatabaseUnavailable()
    state = (isinstance(cause, asyncpg.PostgresError) and cause.sqlstate) or ""
    if state == READ_ONLY:
        return DatabaseReadOnly()
    if state in BUSY:
        return DatabaseBusy()
    return DatabaseUnavailable() if state.startswith(LOST) else None


def is_data_error(error: Exception) -> bool:
    """Return whether the data being processed is at fault, rather than the database or our statement."""
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(cause, asyncpg.PostgresError):
        return (cause.sqlstate or "").startswith(_OF_THE_DATA)
    return database_problem(error) is None and not isinstance(error, DatabaseBusy)


async def _commit(tx: Tx) -> None:
    try:
        status = await tx.driver.execute("COMMIT")
    except Exception as error:
        if isinstance(database_problem(error), DatabaseUnavailable) and not isinstance(
            database_problem(error), DatabaseReadOnly
        ):
            raise OutcomeUnknown from error
        raise
    if status != "COMMIT":  # a statement had failed, and the caller went on regardless
        raise DatabaseBusy


SERVER_KEEPALIVE = {f"tcp_keepalives_{name}": str(value) for name, value in KEEPALIVE.items()} | {
    "tcp_user_timeout": str(UNANSWERED_SECONDS * 1000)
}


def keep_alive(connection: asyncpg.Connection) -> None:
    """Have the kernel notice, even on an idle connection, that the server's machine or the network to it is gone."""
    sock = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined]  # the driver shows no socket
    if sock is None or sock.family == socket.AF_UNIX:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {"TCP_KEEPIDLE": KEEPALIVE["idle"], "TCP_KEEPINTVL": KEEPALIVE["interval"]}
    options |= {"TCP_KEEPCNT": KEEPALIVE["count"], "TCP_USER_TIMEOUT": UNANSWERED_SECONDS * 1000}
    for name, value in options.items():
        if hasattr(socket, name):  # Linux has them all
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _refuse_closed(connection: Any, *_: object) -> None:
    """Have the pool replace a connection that the server closed meanwhile, for example in a restart."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError
