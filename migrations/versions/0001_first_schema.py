"""The first schema.

It creates tables in an empty database, so nobody waits for a lock. The downgrade drops everything.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("request_number", start=100001)))
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_subject_id"), "audit_entries", ["subject", "id"], unique=False)
    op.create_table(
        "categories",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_categories")),
    )
    op.create_table(
        "daily_volumes",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.Column("township_code", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("requests", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("answered_in_call", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("answered", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("relayed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("dispatched", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("unmatched", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("offered", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("accepted", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("declined", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("expired", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("returned", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("completed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("on_time", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("closed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cancelled", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("callbacks", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reached", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("solved", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rated", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("satisfied", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("turnover_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint(
            "day", "kind", "category_code", "township_code", "tier", "channel", name=op.f("pk_daily_volumes")
        ),
    )
    op.create_table(
        "districts",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_districts")),
    )
    op.create_table(
        "event_cursors",
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("reader", name=op.f("pk_event_cursors")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("on_behalf", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.CheckConstraint("actor_kind IN ('staff', 'provider', 'system')", name=op.f("ck_events_actor_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_request_id_id"), "events", ["request_id", "id"], unique=False)
    op.create_index(op.f("ix_events_seq"), "events", ["seq"], unique=True, postgresql_where=sa.text("seq IS NOT NULL"))
    op.create_index("ix_events_unnumbered", "events", ["id"], unique=False, postgresql_where=sa.text("seq IS NULL"))
    op.create_table(
        "groups",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_groups")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("principal_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "paper_kinds",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_paper_kinds")),
    )
    op.create_table(
        "policies",
        sa.Column("version", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("weights", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("offer_timeouts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("broadcast_size", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("mode IN ('cascade', 'broadcast')", name=op.f("ck_policies_mode")),
        sa.CheckConstraint("broadcast_size BETWEEN 1 AND 20", name=op.f("ck_policies_broadcast_size")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policies")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "roles <@ ARRAY['operator', 'supervisor', 'registrar', 'manager', 'admin'] AND cardinality(roles) > 0",
            name=op.f("ck_staff_roles"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("username", name=op.f("uq_staff_username")),
    )
    op.create_table(
        "urgencies",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("accept_minutes", sa.Integer(), nullable=True),
        sa.Column("arrive_minutes", sa.Integer(), nullable=True),
        sa.Column("arrive_rule", sa.Text(), nullable=False),
        sa.Column("complete_minutes", sa.Integer(), nullable=True),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "arrive_rule IN ('minutes', 'day_close', 'appointment', 'none')", name=op.f("ck_urgencies_arrive_rule")
        ),
        sa.CheckConstraint(
            "calendar IN ('always', 'service_hours', 'working_days')", name=op.f("ck_urgencies_calendar")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_urgencies")),
    )
    op.create_table(
        "items",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("keywords", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tiers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("papers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("cap_fen", sa.Integer(), nullable=True),
        sa.Column("pays_citizen", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("dispatchable", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("NOT 'low_fee' = ANY (tiers) OR cap_fen IS NOT NULL", name=op.f("ck_items_low_fee_has_cap")),
        sa.CheckConstraint("kind IN ('info', 'service', 'volunteer', 'relay')", name=op.f("ck_items_kind")),
        sa.CheckConstraint(
            "tiers <@ ARRAY['free', 'low_fee', 'paid'] AND cardinality(tiers) > 0", name=op.f("ck_items_tiers")
        ),
        sa.CheckConstraint("cap_fen > 0", name=op.f("ck_items_cap")),
        sa.ForeignKeyConstraint(["category_code"], ["categories.code"], name=op.f("fk_items_category_code")),
        sa.ForeignKeyConstraint(["urgency"], ["urgencies.code"], name=op.f("fk_items_urgency")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_items")),
    )
    op.create_index(op.f("ix_items_category_code"), "items", ["category_code"], unique=False)
    op.create_table(
        "staff_sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_staff_sessions_staff_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_staff_sessions")),
    )
    op.create_index(op.f("ix_staff_sessions_staff_id"), "staff_sessions", ["staff_id"], unique=False)
    op.create_table(
        "townships",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("district_code", sa.Text(), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("urban", sa.Boolean(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["district_code"], ["districts.code"], name=op.f("fk_townships_district_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_townships")),
    )
    op.create_index(op.f("ix_townships_district_code"), "townships", ["district_code"], unique=False)
    op.create_table(
        "communities",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("township_code", sa.Text(), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("pinyin", sa.Text(), nullable=False),
        sa.Column("initials", sa.Text(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["township_code"], ["townships.code"], name=op.f("fk_communities_township_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_communities")),
    )
    op.create_index(op.f("ix_communities_township_code"), "communities", ["township_code"], unique=False)
    op.create_table(
        "entitlements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_code", sa.Text(), nullable=True),
        sa.Column("category_code", sa.Text(), nullable=True),
        sa.Column("group_code", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("quota_per_month", sa.Integer(), nullable=True),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.Column("sample", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("tier IN ('free', 'low_fee', 'paid')", name=op.f("ck_entitlements_tier")),
        sa.CheckConstraint("num_nonnulls(item_code, category_code) = 1", name=op.f("ck_entitlements_item_or_category")),
        sa.CheckConstraint("quota_per_month >= 0", name=op.f("ck_entitlements_not_negative")),
        sa.ForeignKeyConstraint(["category_code"], ["categories.code"], name=op.f("fk_entitlements_category_code")),
        sa.ForeignKeyConstraint(["group_code"], ["groups.code"], name=op.f("fk_entitlements_group_code")),
        sa.ForeignKeyConstraint(["item_code"], ["items.code"], name=op.f("fk_entitlements_item_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entitlements")),
    )
    op.create_table(
        "providers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("uscc", sa.Text(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("township_code", sa.Text(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("former_standing", sa.Text(), nullable=True),
        sa.Column("reached_by", sa.Text(), nullable=False),
        sa.Column("reachable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("open_jobs", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("credit", sa.Integer(), server_default=sa.text("100"), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "(standing = 'suspended') = (former_standing IS NOT NULL)", name=op.f("ck_providers_suspended_from")
        ),
        sa.CheckConstraint(
            "former_standing IN ('trial', 'active', 'watch')", name=op.f("ck_providers_former_standing")
        ),
        sa.CheckConstraint(
            "kind IN ('company', 'public_body', 'welfare', 'volunteer_team')", name=op.f("ck_providers_kind")
        ),
        sa.CheckConstraint("kind NOT IN ('company') OR uscc IS NOT NULL", name=op.f("ck_providers_company_has_uscc")),
        sa.CheckConstraint("reached_by IN ('queue', 'phone')", name=op.f("ck_providers_reached_by")),
        sa.CheckConstraint(
            "standing IN ('applied', 'trial', 'active', 'watch', 'suspended', 'left', 'expelled')",
            name=op.f("ck_providers_standing"),
        ),
        sa.CheckConstraint("capacity >= 0 AND open_jobs >= 0 AND credit >= 0", name=op.f("ck_providers_not_negative")),
        sa.ForeignKeyConstraint(["township_code"], ["townships.code"], name=op.f("fk_providers_township_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_providers")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(op.f("ix_providers_name_id"), "providers", ["name", "id"], unique=False)
    op.create_index(
        op.f("ix_providers_uscc"), "providers", ["uscc"], unique=True, postgresql_where=sa.text("uscc IS NOT NULL")
    )
    op.create_table(
        "citizens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("community_code", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_code"], ["communities.code"], name=op.f("fk_citizens_community_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_citizens")),
        sa.UniqueConstraint("phone", name=op.f("uq_citizens_phone")),
    )
    op.create_table(
        "provider_coverage",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("township_code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_provider_coverage_provider_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["township_code"], ["townships.code"], name=op.f("fk_provider_coverage_township_code")),
        sa.PrimaryKeyConstraint("provider_id", "township_code", name=op.f("pk_provider_coverage")),
    )
    op.create_table(
        "provider_days",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("accepted", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("declined", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("expired", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("counted", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("completed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("on_time", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("returned", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("turnover_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_provider_days_provider_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("provider_id", "day", name=op.f("pk_provider_days")),
    )
    op.create_table(
        "provider_hours",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.CheckConstraint("closes > opens OR closes = '00:00'", name=op.f("ck_provider_hours_order")),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_provider_hours_weekday")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_provider_hours_provider_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("provider_id", "weekday", "opens", name=op.f("pk_provider_hours")),
    )
    op.create_table(
        "provider_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("item_code", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("price_kind", sa.Text(), nullable=False),
        sa.Column("price_fen", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(tier = 'free') = (price_kind = 'free')", name=op.f("ck_provider_items_free_tier_has_no_price")
        ),
        sa.CheckConstraint("price_kind <> 'free' OR price_fen = 0", name=op.f("ck_provider_items_free_costs_nothing")),
        sa.CheckConstraint("price_kind IN ('free', 'fixed', 'quote')", name=op.f("ck_provider_items_price_kind")),
        sa.CheckConstraint("tier IN ('free', 'low_fee', 'paid')", name=op.f("ck_provider_items_tier")),
        sa.CheckConstraint("price_fen >= 0", name=op.f("ck_provider_items_not_negative")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_provider_items_validity")),
        sa.ForeignKeyConstraint(["item_code"], ["items.code"], name=op.f("fk_provider_items_item_code")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_provider_items_provider_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_items")),
    )
    op.create_index(
        op.f("ix_provider_items_item_code_tier_provider_id"),
        "provider_items",
        ["item_code", "tier", "provider_id"],
        unique=False,
    )
    op.create_index(
        "uq_provider_items_approved",
        "provider_items",
        ["provider_id", "item_code", "tier", "valid_from"],
        unique=True,
        postgresql_where=sa.text("approved_at IS NOT NULL"),
    )
    op.create_index(
        "uq_provider_items_proposed",
        "provider_items",
        ["provider_id", "item_code", "tier"],
        unique=True,
        postgresql_where=sa.text("approved_at IS NULL"),
    )
    op.create_table(
        "provider_keys",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_provider_keys_provider_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_provider_keys")),
    )
    op.create_index(op.f("ix_provider_keys_provider_id"), "provider_keys", ["provider_id"], unique=False)
    op.create_table(
        "provider_months",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("turnover_fen", sa.BigInteger(), nullable=False),
        sa.Column("profit_tax_fen", sa.BigInteger(), nullable=False),
        sa.Column("baseline", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("ck_provider_months_first_of_month")),
        sa.CheckConstraint("turnover_fen >= 0", name=op.f("ck_provider_months_not_negative")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_provider_months_provider_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("provider_id", "month", name=op.f("pk_provider_months")),
    )
    op.create_index(
        "uq_provider_months_baseline",
        "provider_months",
        ["provider_id"],
        unique=True,
        postgresql_where=sa.text("baseline"),
    )
    op.create_table(
        "provider_papers",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("paper_code", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.CheckConstraint("expires_on >= issued_on", name=op.f("ck_provider_papers_validity")),
        sa.ForeignKeyConstraint(["paper_code"], ["paper_kinds.code"], name=op.f("fk_provider_papers_paper_code")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_provider_papers_provider_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("provider_id", "paper_code", name=op.f("pk_provider_papers")),
    )
    op.create_table(
        "citizen_bars",
        sa.Column("citizen_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["citizen_id"], ["citizens.id"], name=op.f("fk_citizen_bars_citizen_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_citizen_bars_provider_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("citizen_id", "provider_id", name=op.f("pk_citizen_bars")),
    )
    op.create_table(
        "citizen_groups",
        sa.Column("citizen_id", sa.Uuid(), nullable=False),
        sa.Column("group_code", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("checked_by", sa.Uuid(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["checked_by"], ["staff.id"], name=op.f("fk_citizen_groups_checked_by")),
        sa.ForeignKeyConstraint(
            ["citizen_id"], ["citizens.id"], name=op.f("fk_citizen_groups_citizen_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["group_code"], ["groups.code"], name=op.f("fk_citizen_groups_group_code")),
        sa.PrimaryKeyConstraint("citizen_id", "group_code", name=op.f("pk_citizen_groups")),
    )
    op.create_table(
        "requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), server_default=sa.text("nextval('request_number')"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.Column("item_code", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("urgency_rank", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("citizen_id", sa.Uuid(), nullable=False),
        sa.Column("contact_name", sa.Text(), nullable=True),
        sa.Column("contact_phone", sa.Text(), nullable=False),
        sa.Column("community_code", sa.Text(), nullable=True),
        sa.Column("township_code", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("priority_group", sa.Text(), nullable=True),
        sa.Column("tier_asked", sa.Text(), nullable=False),
        sa.Column("tier_entitled", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("tier_fallback", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("wanted_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wanted_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chosen_provider_id", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_in_call", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("relay_to", sa.Text(), nullable=True),
        sa.Column("outside_number", sa.Text(), nullable=True),
        sa.Column("unmatched_reason", sa.Text(), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("held_from", sa.Text(), nullable=True),
        sa.Column("hold_cause", sa.Text(), nullable=True),
        sa.Column("hold_reason", sa.Text(), nullable=True),
        sa.Column("hold_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returns", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("redos", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reopens", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("relayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unmatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("match_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accept_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrive_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("complete_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(status = 'cancelled') = (cancelled_at IS NOT NULL)", name=op.f("ck_requests_cancelled_at")
        ),
        sa.CheckConstraint("(status = 'closed') = (close_reason IS NOT NULL)", name=op.f("ck_requests_closed_why")),
        sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_requests_closed_at")),
        sa.CheckConstraint("(status = 'merged') = (merged_at IS NOT NULL)", name=op.f("ck_requests_merged_at")),
        sa.CheckConstraint("(status = 'merged') = (parent_id IS NOT NULL)", name=op.f("ck_requests_merged_into")),
        sa.CheckConstraint(
            "(status = 'on_hold') = (held_at IS NOT NULL) AND (held_at IS NULL) = (held_from IS NULL)",
            name=op.f("ck_requests_held_at"),
        ),
        sa.CheckConstraint(
            "(status = 'unmatched') = (unmatched_at IS NOT NULL)", name=op.f("ck_requests_unmatched_at")
        ),
        sa.CheckConstraint(
            "channel IN ('phone', 'wechat', 'web', 'station', 'alarm')", name=op.f("ck_requests_channel")
        ),
        sa.CheckConstraint(
            "close_reason IN ('answered', 'relayed', 'solved', 'unreached', 'no_provider')",
            name=op.f("ck_requests_close_reason"),
        ),
        sa.CheckConstraint("hold_cause IN ('citizen', 'centre', 'provider')", name=op.f("ck_requests_hold_cause")),
        sa.CheckConstraint("kind IN ('info', 'service', 'volunteer', 'relay')", name=op.f("ck_requests_kind")),
        sa.CheckConstraint("status <> 'answered' OR answered_at IS NOT NULL", name=op.f("ck_requests_answered_at")),
        sa.CheckConstraint("status <> 'assigned' OR assigned_at IS NOT NULL", name=op.f("ck_requests_assigned_at")),
        sa.CheckConstraint("status <> 'completed' OR completed_at IS NOT NULL", name=op.f("ck_requests_completed_at")),
        sa.CheckConstraint(
            "status <> 'dispatching' OR dispatched_at IS NOT NULL", name=op.f("ck_requests_dispatched_at")
        ),
        sa.CheckConstraint("status <> 'in_progress' OR started_at IS NOT NULL", name=op.f("ck_requests_started_at")),
        sa.CheckConstraint("status <> 'relayed' OR relay_to IS NOT NULL", name=op.f("ck_requests_relayed_to")),
        sa.CheckConstraint(
            "status IN ('received', 'answered', 'relayed', 'dispatching', 'unmatched', 'assigned', 'in_progress', 'completed', 'closed', 'cancelled', 'merged', 'on_hold')",
            name=op.f("ck_requests_status"),
        ),
        sa.CheckConstraint("tier IN ('free', 'low_fee', 'paid')", name=op.f("ck_requests_tier")),
        sa.CheckConstraint("tier_asked IN ('free', 'low_fee', 'paid')", name=op.f("ck_requests_tier_asked")),
        sa.CheckConstraint("tier_entitled IN ('free', 'low_fee', 'paid')", name=op.f("ck_requests_tier_entitled")),
        sa.CheckConstraint("tier_fallback IN ('free', 'low_fee', 'paid')", name=op.f("ck_requests_tier_fallback")),
        sa.CheckConstraint(
            "unmatched_reason IN ('item_not_offered', 'tier_not_offered', 'not_active', 'outside_area', 'papers', 'closed_then', 'unreachable', 'full', 'barred', 'tried_before', 'returned', 'failed')",
            name=op.f("ck_requests_unmatched_reason"),
        ),
        sa.CheckConstraint("(wanted_from IS NULL) = (wanted_to IS NULL)", name=op.f("ck_requests_wanted_both")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_requests_not_its_own_parent")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_requests_quantity")),
        sa.CheckConstraint("returns >= 0 AND redos >= 0 AND reopens >= 0", name=op.f("ck_requests_not_negative")),
        sa.CheckConstraint("wanted_to > wanted_from", name=op.f("ck_requests_wanted_window")),
        sa.ForeignKeyConstraint(["category_code"], ["categories.code"], name=op.f("fk_requests_category_code")),
        sa.ForeignKeyConstraint(["chosen_provider_id"], ["providers.id"], name=op.f("fk_requests_chosen_provider_id")),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizens.id"], name=op.f("fk_requests_citizen_id")),
        sa.ForeignKeyConstraint(["community_code"], ["communities.code"], name=op.f("fk_requests_community_code")),
        sa.ForeignKeyConstraint(["created_by"], ["staff.id"], name=op.f("fk_requests_created_by")),
        sa.ForeignKeyConstraint(["item_code"], ["items.code"], name=op.f("fk_requests_item_code")),
        sa.ForeignKeyConstraint(["parent_id"], ["requests.id"], name=op.f("fk_requests_parent_id")),
        sa.ForeignKeyConstraint(["priority_group"], ["groups.code"], name=op.f("fk_requests_priority_group")),
        sa.ForeignKeyConstraint(["township_code"], ["townships.code"], name=op.f("fk_requests_township_code")),
        sa.ForeignKeyConstraint(["urgency"], ["urgencies.code"], name=op.f("fk_requests_urgency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
        sa.UniqueConstraint("number", name=op.f("uq_requests_number")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(op.f("ix_requests_citizen_id_received_at"), "requests", ["citizen_id", "received_at"], unique=False)
    op.create_index(
        "ix_requests_match", "requests", ["match_at"], unique=False, postgresql_where=sa.text("status = 'dispatching'")
    )
    op.create_index(
        "ix_requests_open",
        "requests",
        ["status", "urgency_rank", "received_at"],
        unique=False,
        postgresql_where=sa.text("status NOT IN ('closed', 'cancelled', 'merged')"),
    )
    op.create_index(op.f("ix_requests_parent_id"), "requests", ["parent_id"], unique=False)
    op.create_index(op.f("ix_requests_received_at_id"), "requests", ["received_at", "id"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "channel IN ('phone', 'wechat', 'web', 'station', 'alarm')", name=op.f("ck_contacts_channel")
        ),
        sa.CheckConstraint(
            "purpose IN ('request', 'progress', 'complaint', 'change', 'cancel')", name=op.f("ck_contacts_purpose")
        ),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_contacts_request_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_contacts_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_index(op.f("ix_contacts_request_id"), "contacts", ["request_id"], unique=False)
    op.create_table(
        "offers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("price_kind", sa.Text(), nullable=False),
        sa.Column("price_fen", sa.Integer(), nullable=False),
        sa.Column("redo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("offered_by", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("scores", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decline_reason", sa.Text(), nullable=True),
        sa.Column("decline_note", sa.Text(), nullable=True),
        sa.Column("withdraw_reason", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("phoned_by", sa.Uuid(), nullable=True),
        sa.Column("phoned_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("phone_attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("(status = 'declined') = (decline_reason IS NOT NULL)", name=op.f("ck_offers_declined_why")),
        sa.CheckConstraint("(status = 'ended') = (end_reason IS NOT NULL)", name=op.f("ck_offers_ended_why")),
        sa.CheckConstraint("(status = 'ended') = (ended_at IS NOT NULL)", name=op.f("ck_offers_ended_at")),
        sa.CheckConstraint("(status = 'pending') = (decided_at IS NULL)", name=op.f("ck_offers_decided_at")),
        sa.CheckConstraint(
            "decline_reason IN ('busy', 'too_far', 'not_our_work', 'price', 'no_staff', 'other')",
            name=op.f("ck_offers_decline_reason"),
        ),
        sa.CheckConstraint(
            "end_reason IN ('returned', 'failed', 'redone', 'reopened', 'reassigned', 'cancelled', 'done')",
            name=op.f("ck_offers_end_reason"),
        ),
        sa.CheckConstraint(
            "offered_by IN ('ranking', 'operator', 'citizen', 'redo')", name=op.f("ck_offers_offered_by")
        ),
        sa.CheckConstraint("price_kind IN ('free', 'fixed', 'quote')", name=op.f("ck_offers_price_kind")),
        sa.CheckConstraint(
            "status IN ('pending', 'accepted', 'declined', 'expired', 'withdrawn', 'ended')",
            name=op.f("ck_offers_status"),
        ),
        sa.CheckConstraint("tier <> 'free' OR price_fen = 0", name=op.f("ck_offers_free_costs_nothing")),
        sa.CheckConstraint("tier IN ('free', 'low_fee', 'paid')", name=op.f("ck_offers_tier")),
        sa.CheckConstraint("NOT redo OR price_fen = 0", name=op.f("ck_offers_redo_costs_nothing")),
        sa.CheckConstraint("expires_at > offered_at", name=op.f("ck_offers_expires")),
        sa.CheckConstraint("price_fen >= 0 AND phone_attempts >= 0", name=op.f("ck_offers_not_negative")),
        sa.ForeignKeyConstraint(["phoned_by"], ["staff.id"], name=op.f("fk_offers_phoned_by")),
        sa.ForeignKeyConstraint(["policy_version"], ["policies.version"], name=op.f("fk_offers_policy_version")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_offers_provider_id")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_offers_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        "ix_offers_expiring", "offers", ["expires_at"], unique=False, postgresql_where=sa.text("status = 'pending'")
    )
    op.create_index(op.f("ix_offers_provider_id_offered_at"), "offers", ["provider_id", "offered_at"], unique=False)
    op.create_index(
        "ix_offers_queue", "offers", ["provider_id", "id"], unique=False, postgresql_where=sa.text("status = 'pending'")
    )
    op.create_index(op.f("ix_offers_request_id_provider_id"), "offers", ["request_id", "provider_id"], unique=False)
    op.create_index(
        "uq_offers_one_accepted", "offers", ["request_id"], unique=True, postgresql_where=sa.text("status = 'accepted'")
    )
    op.create_index(
        "uq_offers_one_done", "offers", ["request_id"], unique=True, postgresql_where=sa.text("end_reason = 'done'")
    )
    op.create_index(
        "uq_offers_one_pending",
        "offers",
        ["request_id", "provider_id"],
        unique=True,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("price_kind", sa.Text(), nullable=False),
        sa.Column("appointment_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appointment_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cap_fen", sa.BigInteger(), nullable=True),
        sa.Column("quote_fen", sa.BigInteger(), nullable=True),
        sa.Column("quote_note", sa.Text(), nullable=True),
        sa.Column("quoted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_fen", sa.BigInteger(), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_how", sa.Text(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("payout_fen", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("return_reason", sa.Text(), nullable=True),
        sa.Column("return_note", sa.Text(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'completed') = (completed_at IS NOT NULL)", name=op.f("ck_jobs_completed_at")),
        sa.CheckConstraint("(status = 'returned') = (return_reason IS NOT NULL)", name=op.f("ck_jobs_returned_why")),
        sa.CheckConstraint(
            "(status IN ('returned', 'failed', 'cancelled')) = (ended_at IS NOT NULL)", name=op.f("ck_jobs_ended_at")
        ),
        sa.CheckConstraint("agreed_how IN ('price_card', 'on_site', 'by_phone')", name=op.f("ck_jobs_agreed_how")),
        sa.CheckConstraint("price_kind IN ('free', 'fixed', 'quote')", name=op.f("ck_jobs_price_kind")),
        sa.CheckConstraint(
            "return_reason IN ('out_of_scope', 'wrong_address', 'citizen_absent', 'citizen_changed', 'no_parts', 'no_staff', 'other')",
            name=op.f("ck_jobs_return_reason"),
        ),
        sa.CheckConstraint("status <> 'started' OR started_at IS NOT NULL", name=op.f("ck_jobs_started_at")),
        sa.CheckConstraint(
            "status IN ('accepted', 'started', 'completed', 'returned', 'failed', 'cancelled')",
            name=op.f("ck_jobs_status"),
        ),
        sa.CheckConstraint(
            "tier <> 'free' OR (coalesce(amount_fen, 0) = 0 AND coalesce(agreed_fen, 0) = 0 AND coalesce(quote_fen, 0) = 0)",
            name=op.f("ck_jobs_free_costs_nothing"),
        ),
        sa.CheckConstraint("tier IN ('free', 'low_fee', 'paid')", name=op.f("ck_jobs_tier")),
        sa.CheckConstraint("(agreed_fen IS NULL) = (agreed_how IS NULL)", name=op.f("ck_jobs_agreed_how_known")),
        sa.CheckConstraint("(amount_fen IS NULL) = (completed_at IS NULL)", name=op.f("ck_jobs_completed_has_amount")),
        sa.CheckConstraint("amount_fen <= cap_fen AND agreed_fen <= cap_fen", name=op.f("ck_jobs_within_cap")),
        sa.CheckConstraint("amount_fen <= coalesce(agreed_fen, 0)", name=op.f("ck_jobs_within_consent")),
        sa.CheckConstraint("appointment_to > appointment_from", name=op.f("ck_jobs_appointment")),
        sa.CheckConstraint(
            "cap_fen >= 0 AND quote_fen >= 0 AND agreed_fen >= 0 AND amount_fen >= 0 AND payout_fen >= 0",
            name=op.f("ck_jobs_not_negative"),
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_jobs_offer_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_jobs_provider_id")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_jobs_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_jobs_offer_id")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(op.f("ix_jobs_provider_id_completed_at"), "jobs", ["provider_id", "completed_at"], unique=False)
    op.create_index(
        "ix_jobs_queue",
        "jobs",
        ["provider_id", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('accepted', 'started')"),
    )
    op.create_index(op.f("ix_jobs_request_id"), "jobs", ["request_id"], unique=False)
    op.create_index(
        "uq_jobs_one_live",
        "jobs",
        ["request_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('accepted', 'started')"),
    )
    op.create_table(
        "callbacks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried", postgresql.ARRAY(sa.SmallInteger()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.Column("taken_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("solved", sa.Boolean(), nullable=True),
        sa.Column("satisfaction", sa.Text(), nullable=True),
        sa.Column("paid_fen", sa.BigInteger(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(status = 'done') = (solved IS NOT NULL)", name=op.f("ck_callbacks_solved")),
        sa.CheckConstraint("(status = 'due') = (ended_at IS NULL)", name=op.f("ck_callbacks_ended_at")),
        sa.CheckConstraint(
            "satisfaction IN ('very_satisfied', 'satisfied', 'basically_satisfied', 'dissatisfied', 'very_dissatisfied')",
            name=op.f("ck_callbacks_satisfaction"),
        ),
        sa.CheckConstraint(
            "status = 'done' OR num_nonnulls(satisfaction, paid_fen, remark) = 0", name=op.f("ck_callbacks_answers")
        ),
        sa.CheckConstraint("status IN ('due', 'done', 'unreached', 'dropped')", name=op.f("ck_callbacks_status")),
        sa.CheckConstraint(
            "tried <@ '{0,1,2}'::smallint[] AND cardinality(tried) <= 3", name=op.f("ck_callbacks_tried")
        ),
        sa.CheckConstraint("paid_fen >= 0", name=op.f("ck_callbacks_not_negative")),
        sa.ForeignKeyConstraint(["ended_by"], ["staff.id"], name=op.f("fk_callbacks_ended_by")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_callbacks_job_id")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_callbacks_request_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["staff.id"], name=op.f("fk_callbacks_taken_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
    )
    op.create_index(
        "ix_callbacks_due", "callbacks", ["due_at", "id"], unique=False, postgresql_where=sa.text("status = 'due'")
    )
    op.create_index(op.f("ix_callbacks_job_id_request_id"), "callbacks", ["job_id", "request_id"], unique=True)
    op.create_index(
        "uq_callbacks_one_due", "callbacks", ["request_id"], unique=True, postgresql_where=sa.text("status = 'due'")
    )
    op.create_table(
        "complaints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "cause IN ('very_satisfied', 'satisfied', 'basically_satisfied', 'dissatisfied', 'very_dissatisfied')",
            name=op.f("ck_complaints_cause"),
        ),
        sa.CheckConstraint("(decided_at IS NULL) = (decision IS NULL)", name=op.f("ck_complaints_decision")),
        sa.CheckConstraint("(decided_at IS NULL) = (upheld IS NULL)", name=op.f("ck_complaints_upheld")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_complaints_decided_by")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_complaints_job_id")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_complaints_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaints")),
    )
    op.create_index(
        "ix_complaints_open",
        "complaints",
        ["opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_index(op.f("ix_complaints_request_id"), "complaints", ["request_id"], unique=False)

    op.execute(
        sa.text(
            "INSERT INTO policies (mode, weights, offer_timeouts, broadcast_size, effective_from) "
            "VALUES ('cascade', CAST(:weights AS jsonb), CAST(:timeouts AS jsonb), 3, '2001-08-18T00:00:00Z')"
        ).bindparams(
            weights='{"distance": 3, "credit": 2, "record": 2, "load": 1, "fairness": 3, "price": 1}',
            timeouts='{"emergency": 60, "urgent": 180, "same_day": 600, "booked": 3600, "info": 3600}',
        )
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_complaints_request_id"), table_name="complaints")
    op.drop_index("ix_complaints_open", table_name="complaints", postgresql_where=sa.text("decided_at IS NULL"))
    op.drop_table("complaints")
    op.drop_index("uq_callbacks_one_due", table_name="callbacks", postgresql_where=sa.text("status = 'due'"))
    op.drop_index(op.f("ix_callbacks_job_id_request_id"), table_name="callbacks")
    op.drop_index("ix_callbacks_due", table_name="callbacks", postgresql_where=sa.text("status = 'due'"))
    op.drop_table("callbacks")
    op.drop_index("uq_jobs_one_live", table_name="jobs", postgresql_where=sa.text("status IN ('accepted', 'started')"))
    op.drop_index(op.f("ix_jobs_request_id"), table_name="jobs")
    op.drop_index("ix_jobs_queue", table_name="jobs", postgresql_where=sa.text("status IN ('accepted', 'started')"))
    op.drop_index(op.f("ix_jobs_provider_id_completed_at"), table_name="jobs")
    op.drop_table("jobs")
    op.drop_index("uq_offers_one_pending", table_name="offers", postgresql_where=sa.text("status = 'pending'"))
    op.drop_index("uq_offers_one_done", table_name="offers", postgresql_where=sa.text("end_reason = 'done'"))
    op.drop_index("uq_offers_one_accepted", table_name="offers", postgresql_where=sa.text("status = 'accepted'"))
    op.drop_index(op.f("ix_offers_request_id_provider_id"), table_name="offers")
    op.drop_index("ix_offers_queue", table_name="offers", postgresql_where=sa.text("status = 'pending'"))
    op.drop_index(op.f("ix_offers_provider_id_offered_at"), table_name="offers")
    op.drop_index("ix_offers_expiring", table_name="offers", postgresql_where=sa.text("status = 'pending'"))
    op.drop_table("offers")
    op.drop_index(op.f("ix_contacts_request_id"), table_name="contacts")
    op.drop_table("contacts")
    op.drop_index(op.f("ix_requests_received_at_id"), table_name="requests")
    op.drop_index(op.f("ix_requests_parent_id"), table_name="requests")
    op.drop_index(
        "ix_requests_open",
        table_name="requests",
        postgresql_where=sa.text("status NOT IN ('closed', 'cancelled', 'merged')"),
    )
    op.drop_index("ix_requests_match", table_name="requests", postgresql_where=sa.text("status = 'dispatching'"))
    op.drop_index(op.f("ix_requests_citizen_id_received_at"), table_name="requests")
    op.drop_table("requests")
    op.drop_table("citizen_groups")
    op.drop_table("citizen_bars")
    op.drop_table("provider_papers")
    op.drop_index("uq_provider_months_baseline", table_name="provider_months", postgresql_where=sa.text("baseline"))
    op.drop_table("provider_months")
    op.drop_index(op.f("ix_provider_keys_provider_id"), table_name="provider_keys")
    op.drop_table("provider_keys")
    op.drop_index(
        "uq_provider_items_proposed", table_name="provider_items", postgresql_where=sa.text("approved_at IS NULL")
    )
    op.drop_index(
        "uq_provider_items_approved", table_name="provider_items", postgresql_where=sa.text("approved_at IS NOT NULL")
    )
    op.drop_index(op.f("ix_provider_items_item_code_tier_provider_id"), table_name="provider_items")
    op.drop_table("provider_items")
    op.drop_table("provider_hours")
    op.drop_table("provider_days")
    op.drop_table("provider_coverage")
    op.drop_table("citizens")
    op.drop_index(op.f("ix_providers_uscc"), table_name="providers", postgresql_where=sa.text("uscc IS NOT NULL"))
    op.drop_index(op.f("ix_providers_name_id"), table_name="providers")
    op.drop_table("providers")
    op.drop_table("entitlements")
    op.drop_index(op.f("ix_communities_township_code"), table_name="communities")
    op.drop_table("communities")
    op.drop_index(op.f("ix_townships_district_code"), table_name="townships")
    op.drop_table("townships")
    op.drop_index(op.f("ix_staff_sessions_staff_id"), table_name="staff_sessions")
    op.drop_table("staff_sessions")
    op.drop_index(op.f("ix_items_category_code"), table_name="items")
    op.drop_table("items")
    op.drop_table("urgencies")
    op.drop_table("staff")
    op.drop_table("policies")
    op.drop_table("paper_kinds")
    op.drop_index(op.f("ix_idempotency_keys_created_at"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_table("groups")
    op.drop_index("ix_events_unnumbered", table_name="events", postgresql_where=sa.text("seq IS NULL"))
    op.drop_index(op.f("ix_events_seq"), table_name="events", postgresql_where=sa.text("seq IS NOT NULL"))
    op.drop_index(op.f("ix_events_request_id_id"), table_name="events")
    op.drop_table("events")
    op.drop_table("event_cursors")
    op.drop_table("districts")
    op.drop_table("daily_volumes")
    op.drop_table("categories")
    op.drop_index(op.f("ix_audit_entries_subject_id"), table_name="audit_entries")
    op.drop_table("audit_entries")
    op.execute(sa.schema.DropSequence(sa.Sequence("request_number")))
