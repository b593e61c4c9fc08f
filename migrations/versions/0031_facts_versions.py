"""Give each provider a version of its prices, licences and hours, and index only the requests that wait to be matched.

Processes cache these facts, and the version says when they are out of date. It is a random number, so that no version
occurs twice, even after a rollback, a restore or a failover.

The column has a constant default: ACCESS EXCLUSIVE on `providers` lasts milliseconds, and no row is written. So does
SHARE ROW EXCLUSIVE on `provider_items`, `provider_papers`, `provider_hours` and `provider_exceptions`, which the
triggers need. The indexes on `requests` are built concurrently, and the former one is dropped only then.

The downgrade loses nothing, but it rebuilds the former index under SHARE, which blocks writes to `requests`: 0.2 s for
300,000 requests.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.indexes import build_index, drop_index

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DRAWN = "UPDATE providers SET facts_version = floor(random() * 9e15)::bigint + 1 WHERE id"
FACTS = {
    "provider_items": "item_code, tier, price_kind, price_fen, valid_from, valid_to, approved_at, provider_id",
    "provider_papers": "provider_id, paper_code, issued_on, expires_on",
    "provider_hours": "provider_id, weekday, opens, closes",
    "provider_exceptions": "provider_id, day, opens, closes",
}
WAITING = sa.text("status = 'dispatching' AND match_at IS NOT NULL")


def upgrade() -> None:
    facts_version = sa.Column("facts_version", sa.BigInteger(), server_default="0", nullable=False)
    op.add_column("providers", facts_version, if_not_exists=True)
    op.execute(
        "CREATE OR REPLACE FUNCTION draw_facts_versions() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{DRAWN} IN (SELECT provider_id FROM changed); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE OR REPLACE FUNCTION draw_facts_version() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{DRAWN} IN (OLD.provider_id, NEW.provider_id); RETURN NULL; END $$"
    )
    for table, columns in FACTS.items():
        for event, rows in (("INSERT", "NEW"), ("DELETE", "OLD")):
            op.execute(
                f"CREATE OR REPLACE TRIGGER draw_facts_{event.lower()} AFTER {event} ON {table} "
                f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION draw_facts_versions()"
            )
        op.execute(
            f"CREATE OR REPLACE TRIGGER draw_facts_update AFTER UPDATE OF {columns} ON {table} "
            "FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION draw_facts_version()"
        )
    build_index("ix_requests_waiting", "requests", ["match_at"], postgresql_where=WAITING)
    build_index("ix_requests_turn", "requests", ["category_code", "urgency_rank", "match_at"], postgresql_where=WAITING)
    drop_index("ix_requests_match", "requests")
    op.execute("ALTER INDEX ix_requests_waiting RENAME TO ix_requests_match")


def downgrade() -> None:
    for table in FACTS:
        for event in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER draw_facts_{event} ON {table}")
    op.execute("DROP FUNCTION draw_facts_versions()")
    op.execute("DROP FUNCTION draw_facts_version()")
    op.drop_column("providers", "facts_version")
    op.drop_index("ix_requests_turn", table_name="requests")
    op.drop_index("ix_requests_match", table_name="requests")
    op.create_index("ix_requests_match", "requests", ["match_at"], postgresql_where=sa.text("status = 'dispatching'"))
