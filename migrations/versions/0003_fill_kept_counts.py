"""Validate the constraints of 0002, build its indexes, and fill the counts that it introduced.

Each statement commits on its own. None blocks reads or writes of rows. The downgrade drops the indexes; 0002 drops the
counts.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.indexes import build_index

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(
            "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conrelid::regclass AS rel, conname FROM pg_constraint "
            "WHERE NOT convalidated LOOP EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', c.rel, c.conname); "
            "END LOOP; END $$"
        )
    build_index("ix_requests_alarm", "requests", ["alarm_at"], postgresql_where=sa.text("alarm_at IS NOT NULL"))
    build_index("ix_provider_coverage_township_code_provider_id", "provider_coverage", ["township_code", "provider_id"])
    with op.get_context().autocommit_block():
        op.execute(
            "INSERT INTO provider_windows (provider_id, first_day, accepted, declined, expired, counted, completed, "
            "returned) SELECT provider_id, current_date - 27, sum(accepted), sum(declined), sum(expired), sum(counted), "
            "sum(completed), sum(returned) FROM provider_days WHERE day >= current_date - 27 GROUP BY provider_id ON CONFLICT DO NOTHING"
        )
        op.execute(
            "INSERT INTO provider_item_months (month, item_code, provider_id, counted) "
            "SELECT date_trunc('month', o.decided_at AT TIME ZONE 'Asia/Shanghai')::date, r.item_code, o.provider_id, "
            "count(*) FROM offers o JOIN requests r ON r.id = o.request_id WHERE o.offered_by = 'ranking' "
            "AND o.status IN ('accepted', 'ended', 'declined', 'expired') GROUP BY 1, 2, 3 ON CONFLICT DO NOTHING"
        )


def downgrade() -> None:
    op.drop_index("ix_provider_coverage_township_code_provider_id", table_name="provider_coverage")
    op.drop_index("ix_requests_alarm", table_name="requests", postgresql_where=sa.text("alarm_at IS NOT NULL"))
