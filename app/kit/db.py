"""The database: one engine per process, one transaction per edge, and statements compiled once.

SQLAlchemy owns the pool, the schema and the ORM. Statements on hot paths are written in Core, compiled to SQL once
(`Prepared`) and run on the same asyncpg connection, in the same transaction, without SQLAlchemy's work per execution
(docs/decisions/0005). For that the engine is in autocommit and the transaction's BEGIN and COMMIT are ours.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any, cast
from uuid import uuid4

import asyncpg
from sqlalchemy import ClauseElement, Dialect, event
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.sql.compiler import SQLCompiler

from app.kit.errors import DatabaseBusy, DatabaseUnavailable

Row = asyncpg.Record
_DIALECT: Dialect = asyncpg_dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def connect_arguments(url: str) -> dict[str, Any]:
    """What asyncpg itself needs to connect where a SQLAlchemy URL leads."""
    _, arguments = _DIALECT.create_connect_args(make_url(url))
    return dict(arguments)


class Prepared:
    """A Core statement compiled at its first use; parameters are passed to the driver as they are (JSON as text)."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement

    @cached_property
    def _compiled(self) -> tuple[str, list[str], dict[str, Any]]:
        compiled = cast(SQLCompiler, self._statement.compile(dialect=_DIALECT))
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        return str(compiled), list(compiled.positiontup or []), fixed

    @property
    def sql(self) -> str:
        """As PostgreSQL reads it."""
        return self._compiled[0]

    def arguments(self, params: dict[str, Any]) -> list[Any]:
        """The values in the statement's order; a parameter left out is NULL or the statement's own constant."""
        _, names, fixed = self._compiled
        return [params[name] if name in params else fixed.get(name) for name in names]


class Tx:
    """One open transaction. Queries take it first; only the edge that opened it commits.

    `driver` is its asyncpg connection, for what only the driver can do (COPY). `kept` holds what was read from this
    database and never changes there.
    """

    def __init__(self, connection: AsyncConnection, driver: asyncpg.Connection, kept: dict[Any, Any]) -> None:
        self._connection = connection
        self.driver = driver
        self.kept = kept
        self._session: AsyncSession | None = None
        self.wakes: set[str] = set()

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

    def wake(self, *topics: str) -> None:
        """Tell waiting processes about these topics once the transaction has committed."""
        self.wakes.update(topics)

    async def flush(self) -> None:
        """Send pending ORM changes."""
        if self._session is not None:
            await self._session.flush()

    async def abandon(self) -> None:
        """Roll back; a connection that cannot even do that is not given back to the pool."""
        try:
            await self.driver.execute("ROLLBACK")
        except BaseException as error:
            self.driver.terminate()
            await self._connection.invalidate()
            if not isinstance(error, Exception):
                raise  # who is cancelled while rolling back an error still ends

    async def close(self) -> None:
        """Let go of the ORM session; the connection stays with whoever opened it."""
        if self._session is not None:
            await self._session.close()


_POOLED: dict[str, Any] = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": lambda: f"hotline_{uuid4().hex}",
}
"""Behind a pooler in transaction mode connections share servers: nothing stays prepared, no name is used twice."""


class Database:
    """The process's engine. `begin()` is the only place that commits."""

    def __init__(self, url: str, *, pool_size: int = 20, pooled: bool = False) -> None:
        self._pooled = pooled
        self._kept: dict[Any, Any] = {}
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_reset_on_return=None,
            connect_args={"timeout": 5, "server_settings": {"timezone": "UTC"}} | (_POOLED if pooled else {}),
        )
        # Not as an argument above: SQLAlchemy's own first look at a server needs a transaction behind a pooler.
        self.engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        event.listen(self.engine.sync_engine, "checkout", _refuse_closed)
        self.on_wake: Callable[[set[str]], None] = lambda topics: None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """A transaction that commits when the block ends and rolls back when it raises.

        Raises DatabaseUnavailable when the database cannot be reached, or was lost meanwhile; DatabaseBusy when
        PostgreSQL chose this transaction to end a deadlock.
        """
        async with self._connect() as tx:
            try:
                await tx.driver.execute("BEGIN")
                yield tx
                await tx.flush()
                await tx.driver.execute("COMMIT")
            except BaseException:
                await tx.abandon()
                raise
        if tx.wakes:
            self.on_wake(tx.wakes)

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Tx]:
        """For one reading statement: no BEGIN, no COMMIT, two round trips less. Raises DatabaseUnavailable.

        A pooler may change the server between preparing and executing a statement, so there it is a transaction.
        """
        async with self.begin() if self._pooled else self._connect() as tx:
            yield tx

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator[Tx]:
        """A connection of the pool, and what goes wrong with it in words of ours."""
        try:
            async with self.engine.connect() as connection:
                raw = await connection.get_raw_connection()
                tx = Tx(connection, cast(asyncpg.Connection, raw.driver_connection), self._kept)
                try:
                    yield tx
                except asyncio.CancelledError:
                    # Cut off in the middle of an answer, the server may keep its locks until it is read or hangs up.
                    tx.driver.terminate()
                    await connection.invalidate()
                    raise
                finally:
                    await tx.close()
        except Exception as error:
            driver_error = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error
            if isinstance(driver_error, _LOSSES):
                raise DatabaseUnavailable from error
            if isinstance(driver_error, (asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)):
                raise DatabaseBusy from error
            raise

    async def close(self) -> None:
        """Close every connection of the pool."""
        await self.engine.dispose()


_LOSSES = (
    OSError,
    PoolTimeout,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
"""What a database that is down, stopping, starting or full looks like from here."""


def _refuse_closed(connection: Any, *_: object) -> None:
    """Have the pool replace a connection that the server has closed meanwhile (it was restarted)."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError
