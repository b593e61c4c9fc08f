"""What the database itself refuses, whatever the code does."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.kit.ids import new_id
from tests.world import DRAIN, World, ok


async def prepared(world: World) -> dict[str, Any]:
    """Create a request in progress with its offer and job, and a second provider."""
    provider, other = await world.add_provider(DRAIN, tiers=("free", "paid")), await world.add_provider()
    await ok(world.operator.put("/citizens/13957412345/groups/hardship", json={"source": "低保证"}))
    created = await world.dispatch(DRAIN, tier="free")
    job = await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    return {
        "request": UUID(created["request"]["id"]),
        "offer": UUID(created["offers"][0]["id"]),
        "job": UUID(job["id"]),
        "provider": other.id,
        "new": new_id(world.clock.now()),
        "now": world.clock.now(),
    }


CREDIT = (
    "INSERT INTO credit_entries (id, provider_id, rules_version, rule_code, status, points, effect, cause, cause_at,"
    " made_at, reply_by, decided_at, appeal_by)"
    " VALUES ($1, $2, 'sample-2', 'late', {}, -6, {}, 'event:1', $3, $3, $4, {}, $3)"
)


@pytest.mark.parametrize(
    ("constraint", "sql", "names"),
    [
        (
            "uq_offers_one_accepted",
            "INSERT INTO offers (id, request_id, provider_id, status, tier, price_kind, price_fen, offered_by,"
            " policy_version, rank, scores, offered_at, expires_at, decided_at)"
            " SELECT $2, request_id, $3, status, tier, price_kind, price_fen, offered_by, policy_version, rank, scores,"
            " offered_at, expires_at, decided_at FROM offers WHERE id = $1",
            ("offer", "new", "provider"),
        ),
        ("ck_requests_status", "UPDATE requests SET status = 'lost' WHERE id = $1", ("request",)),
        ("ck_offers_status", "UPDATE offers SET status = 'maybe' WHERE id = $1", ("offer",)),
        ("ck_jobs_status", "UPDATE jobs SET status = 'paused' WHERE id = $1", ("job",)),
        (
            "ck_requests_closed_at",
            "UPDATE requests SET status = 'closed', close_reason = 'solved' WHERE id = $1",
            ("request",),
        ),
        (
            "ck_requests_closed_why",
            "UPDATE requests SET status = 'closed', closed_at = $2 WHERE id = $1",
            ("request", "now"),
        ),
        (
            "ck_jobs_free_costs_nothing",
            "UPDATE jobs SET agreed_fen = 500, agreed_how = 'on_site' WHERE id = $1",
            ("job",),
        ),
        ("ck_offers_free_costs_nothing", "UPDATE offers SET price_fen = 500 WHERE id = $1", ("offer",)),
        ("ck_offers_not_negative", "UPDATE offers SET tier = 'paid', price_fen = -1 WHERE id = $1", ("offer",)),
        ("ck_jobs_not_negative", "UPDATE jobs SET payout_fen = -1 WHERE id = $1", ("job",)),
        (
            "ck_jobs_within_consent",
            "UPDATE jobs SET tier = 'paid', status = 'completed', completed_at = $2, amount_fen = 1 WHERE id = $1",
            ("job", "now"),
        ),
        (
            "ck_credit_entries_reply_period_first",
            CREDIT.format("'applied'", "-6", "$4::timestamptz - interval '1 hour'"),
            ("new", "provider", "now", "now"),
        ),
        (
            "ck_credit_entries_effect_once_applied",
            CREDIT.format("'dropped'", "-6", "$4::timestamptz"),
            ("new", "provider", "now", "now"),
        ),
        ("ck_providers_not_negative", "UPDATE providers SET open_jobs = -1 WHERE id = $1", ("provider",)),
    ],
)
async def test_the_database_refuses_invalid_rows(
    world: World, constraint: str, sql: str, names: tuple[str, ...]
) -> None:
    facts = await prepared(world)
    async with world.context.db.autocommit() as tx:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            await tx.driver.execute(sql, *(facts[name] for name in names))
    assert getattr(refused.value, "constraint_name", None) == constraint
