"""The database: one engine per process, one transaction per edge, and statements compiled once.

SQLAlchemy owns the pool, the schema and the ORM. Statements on hot paths are written in Core, compiled to SQL once
(`Prepared`) and run on the same asyncpg connection, in the same transaction, without SQLAlchemy's work per execution
(docs/decisions/0005). For that the engine is in autocommit and the transaction's BEGIN and COMMIT are ours.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
from sqlalchemy import Dialect, Executable, event
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.sql.compiler import SQLCompiler

from app.kit.errors import DatabaseBusy, DatabaseUnavailable

Row = asyncpg.Record
_DIALECT: Dialect = asyncpg_dialect()  # type: ignore[no-untyped-call]


def connect_arguments(url: str) -> dict[str, Any]:
    """What asyncpg itself needs to connect where a SQLAlchemy URL leads."""
    target = make_url(url)
    return {
        "host": target.host or target.query.get("host"),
        "port": target.port or target.query.get("port"),
        "user": target.username,
        "password": target.password,
        "database": target.database,
    }


class Prepared:
    """A Core statement compiled once; parameters are passed to the driver as they are (JSON as text)."""

    def __init__(self, statement: Executable) -> None:
        compiled = cast(SQLCompiler, statement.compile(dialect=_DIALECT))  # type: ignore[attr-defined]
        self.sql = str(compiled)
        self._names = list(compiled.positiontup or [])
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}

    def arguments(self, params: dict[str, Any]) -> list[Any]:
        """The values in the statement's order; a parameter left out is NULL or the statement's own constant."""
        fixed = self._fixed
        return [params[name] if name in params else fixed.get(name) for name in self._names]


class Tx:
    """One open transaction. Queries take it first; only the edge that opened it commits.

    `driver` is its asyncpg connection, for what only the driver can do (COPY).
    """

    def __init__(self, connection: AsyncConnection, driver: asyncpg.Connection) -> None:
        self._connection = connection
        self.driver = driver
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

    async def close(self) -> None:
        """Let go of the ORM session; the connection stays with whoever opened it."""
        if self._session is not None:
            await self._session.close()


class Database:
    """The process's engine. `begin()` is the only place that commits."""

    def __init__(self, url: str, *, pool_size: int = 20, pooled: bool = False) -> None:
        caches: dict[str, Any] = {"statement_cache_size": 0, "prepared_statement_cache_size": 0} if pooled else {}
        self.engine: AsyncEngine = create_async_engine(
            url,
            isolation_level="AUTOCOMMIT",
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_reset_on_return=None,
            connect_args={"timeout": 5, "server_settings": {"timezone": "UTC"}, **caches},
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_closed)
        self.on_wake: Callable[[set[str]], None] = lambda topics: None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """A transaction that commits when the block ends and rolls back when it raises.

        Raises DatabaseUnavailable when the database cannot be reached, or was lost meanwhile; DatabaseBusy when
        PostgreSQL chose this transaction to end a deadlock.
        """
        try:
            async with self._open() as tx:
                yield tx
        except Exception as error:
            if _is_loss(error):
                raise DatabaseUnavailable from error
            if isinstance(_driver_error(error), (asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)):
                raise DatabaseBusy from error
            raise
        if tx.wakes:
            self.on_wake(tx.wakes)

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Tx]:
        """For one reading statement: no BEGIN, no COMMIT, two round trips less. Raises DatabaseUnavailable."""
        try:
            async with self._open(alone=True) as tx:
                yield tx
        except Exception as error:
            if _is_loss(error):
                raise DatabaseUnavailable from error
            raise

    @asynccontextmanager
    async def _open(self, *, alone: bool = False) -> AsyncIterator[Tx]:
        async with self.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver = cast(asyncpg.Connection, raw.driver_connection)
            tx = Tx(connection, driver)
            if alone:
                yield tx
                return
            try:
                await driver.execute("BEGIN")
                yield tx
                await tx.flush()
                await driver.execute("COMMIT")
            except BaseException:
                await _abandon(connection, driver)
                raise
            finally:
                await tx.close()

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


def _driver_error(error: Exception) -> BaseException | None:
    return error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error


def _is_loss(error: Exception) -> bool:
    return isinstance(_driver_error(error), _LOSSES)


def _refuse_closed(connection: Any, *_: object) -> None:
    """Have the pool replace a connection that the server has closed meanwhile (it was restarted)."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


async def _abandon(connection: AsyncConnection, driver: asyncpg.Connection) -> None:
    """Roll back; a connection that cannot even do that is not given back to the pool."""
    try:
        await driver.execute("ROLLBACK")
    except BaseException:
        driver.terminate()
        await connection.invalidate()
