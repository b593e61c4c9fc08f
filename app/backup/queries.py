"""Reads what a database holds, in the caller's snapshot."""

import asyncpg

from app.backup.manifest import Contents, Log

# Partitions hold rows; the tables that they belong to do not. Tables of extensions are not ours.
_TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.relname
"""
_LOG = """
SELECT min(seq) AS first, max(seq) AS last, count(seq) AS numbered, count(DISTINCT seq) AS distinct,
  count(*) FILTER (WHERE seq IS NULL) AS unnumbered
FROM events
"""


async def list_tables(connection: asyncpg.Connection) -> list[str]:
    """Return the names of all tables that hold rows."""
    return [row["relname"] for row in await connection.fetch(_TABLES)]


async def read_contents(connection: asyncpg.Connection) -> Contents | None:
    """Return what the database holds, with every row counted, or None if it has none of hotline's tables."""
    tables = await list_tables(connection)
    if not {"alembic_version", "event_cursors"} <= set(tables):
        return None
    counts = " UNION ALL ".join(f"SELECT '{table}' AS name, count(*) AS rows FROM ONLY \"{table}\"" for table in tables)
    rows = {row["name"]: row["rows"] for row in await connection.fetch(counts)}
    log = await connection.fetchrow(_LOG)
    revision = await connection.fetchval("SELECT version_num FROM alembic_version")
    return Contents(revision=revision or "base", rows=rows, log=Log.model_validate(dict(log or {})))
