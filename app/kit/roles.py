"""What the application's role may do in a database that another role owns (docs/decisions/0025).

It may read and write every table, except that it only appends to the records of who did what (and numbers events), and
only reads the version of the schema. It owns nothing, so it can neither change the schema nor get around this.
"""

from sqlalchemy import Connection, text
from sqlalchemy.dialects import postgresql

from app.kit.command_line import Unusable

EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"
LESS = {
    "alembic_version": "SELECT",
    "audit_entries": "SELECT, INSERT",
    "events": "SELECT, INSERT, UPDATE (seq)",  # an event is numbered after its commit (app.events.sequence)
}
"""The application's rights on the tables that it may not change freely."""

# Not partitions: they are reached through their table, with its rights.
_TABLES = text(
    """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
AND NOT relispartition ORDER BY relname
"""
)
_ROLE = text(
    """
SELECT rolsuper OR rolcreaterole OR pg_has_role(rolname, current_user, 'MEMBER') AS above FROM pg_roles
WHERE rolname = :role
"""
)
_quote = postgresql.dialect().identifier_preparer.quote_identifier  # type: ignore[no-untyped-call]


def grant(connection: Connection, role: str) -> None:
    """Grant the role what the application needs of the tables, and nothing else. The caller owns them and commits.

    Raises Unusable if there is no such role, or if its powers would let it get around these limits.
    """
    above = connection.scalar(_ROLE, {"role": role})
    if above is None:
        raise Unusable(
            f"DATABASE_URL names the role {role}, which does not exist: CREATE ROLE {role} LOGIN PASSWORD '…'"
        )
    if above:
        raise Unusable(f"the role {role} of DATABASE_URL is a superuser, creates roles or is a member of the owner's")
    name = _quote(role)
    statements = [
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}, PUBLIC",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {name}, PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}",
    ]
    tables = connection.scalars(_TABLES).all()
    statements += [f"GRANT {LESS.get(table, EVERYTHING)} ON {_quote(table)} TO {name}" for table in tables]
    for statement in statements:
        connection.execute(text(statement))
