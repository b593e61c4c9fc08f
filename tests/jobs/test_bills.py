"""What a provider may bill: free, low fee, fixed price, quote, consent, payout."""

from typing import Any

import pytest

from app.registry.models import PriceKind
from tests.world import DRAIN, SampleProvider, World, ok, refused

CAP = 8_000  # the cap of DRAIN in app/catalog/data/caps.yaml, in fen per visit


async def started(world: World, provider: SampleProvider, item: str = DRAIN, **facts: Any) -> str:
    """Dispatch, accept and start a job; return its id."""
    created = await world.dispatch(item, **facts)
    job = await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
    return str(job["id"])


def complete(provider: SampleProvider, job: str, amount_fen: int, **more: int) -> Any:
    body = {"result": "疏通完毕", "amount_fen": amount_fen, **more}
    return provider.client.put(f"/provider/jobs/{job}/completion", json=body)


async def member(world: World, group: str = "hardship") -> None:
    await ok(world.operator.put(f"/citizens/13957412345/groups/{group}", json={"source": "低保证"}))


async def test_a_free_job_costs_nothing(world: World) -> None:
    provider = await world.add_provider(DRAIN, tiers=("free", "paid"))
    await member(world)
    job = await started(world, provider, tier="free")
    await refused(complete(provider, job, 1), 422, "amount_on_free_job")
    await refused(
        provider.client.put(f"/provider/jobs/{job}/quote", json={"amount_fen": 500}), 422, "amount_on_free_job"
    )
    assert (await ok(complete(provider, job, 0)))["amount_fen"] == 0


async def test_low_fee_stays_within_the_cap(world: World) -> None:
    provider = await world.add_provider(DRAIN, tiers=("low_fee",))
    await member(world)
    job = await started(world, provider, tier="low_fee", quantity=2)
    over = {"amount_fen": 2 * CAP + 1, "agreed_on_site": True}
    problem = await refused(provider.client.put(f"/provider/jobs/{job}/quote", json=over), 422, "above_cap")
    assert problem["cap_fen"] == 2 * CAP
    await ok(provider.client.put(f"/provider/jobs/{job}/quote", json={"amount_fen": 2 * CAP, "agreed_on_site": True}))
    await ok(complete(provider, job, 2 * CAP))


async def test_a_fixed_price_is_agreed_by_the_card_and_more_needs_a_new_consent(world: World) -> None:
    provider = await world.add_provider(DRAIN, price_kind=PriceKind.FIXED, price_fen=15_000)
    job = await started(world, provider)
    problem = await refused(complete(provider, job, 18_000), 409, "above_consent")
    assert problem["agreed_fen"] == 15_000
    await ok(world.operator.put(f"/jobs/{job}/consent", json={"amount_fen": 18_000}))
    assert (await ok(complete(provider, job, 18_000)))["amount_fen"] == 18_000


async def test_a_quote_can_be_billed_only_once_the_citizen_has_agreed(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    job = await started(world, provider)
    await refused(complete(provider, job, 12_000), 409, "above_consent")
    quoted = await ok(provider.client.put(f"/provider/jobs/{job}/quote", json={"amount_fen": 12_000}))
    assert (quoted["quote_fen"], quoted["agreed_fen"]) == (12_000, None)
    await refused(complete(provider, job, 12_000), 409, "above_consent")
    await ok(provider.client.put(f"/provider/jobs/{job}/quote", json={"amount_fen": 12_000, "agreed_on_site": True}))
    await ok(complete(provider, job, 11_000))
    assert (await ok(complete(provider, job, 11_000)))["amount_fen"] == 11_000


async def test_a_later_price_does_not_change_an_offer(world: World) -> None:
    provider = await world.add_provider(DRAIN, price_kind=PriceKind.FIXED, price_fen=15_000)
    created = await world.dispatch(DRAIN)
    dearer = {"price_kind": "fixed", "price_fen": 30_000}
    await ok(world.registrar.put(f"/providers/{provider.id}/items/{DRAIN}/paid", json=dearer))
    job = await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    assert job["agreed_fen"] == 15_000


async def test_what_a_provider_pays_the_citizen_is_a_payout(world: World) -> None:
    buyer = await world.add_provider("RE01", tiers=("free",))
    job = await started(world, buyer, "RE01")
    done = await ok(complete(buyer, job, 0, payout_fen=6_000))
    assert (done["amount_fen"], done["payout_fen"]) == (0, 6_000)
    provider = await world.add_provider(DRAIN)
    await refused(complete(provider, await started(world, provider), 0, payout_fen=6_000), 422, "payout_not_allowed")


@pytest.mark.parametrize("amount", [-1, 100_000_001, "十元", 1.5])
async def test_an_invalid_amount_is_refused(world: World, amount: Any) -> None:
    provider = await world.add_provider(DRAIN)
    job = await started(world, provider)
    await refused(complete(provider, job, amount), 422, "invalid_input")
