"""The client library against the real application."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from app.registry.models import PriceKind
from hotline_provider import DeclineReason, HotlineClient, Problem, ReturnReason, ToldHow
from tests.providers.kit import client_of
from tests.world import CLEANING, DRAIN, World, ok


async def test_a_job_is_taken_quoted_and_billed(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    created = await world.dispatch(DRAIN)
    async with client_of(world, provider) as hotline:
        [offer] = await hotline.offers()
        assert (offer.number, offer.price_kind) == (created["request"]["number"], "quote")

        job = await hotline.accept(offer.id)
        assert [one.id for one in await hotline.jobs()] == [job.id]
        assert (await hotline.job(job.id)).address == "澄浪路88弄12号302室"
        await hotline.start(job.id)
        assert (await hotline.quote(job.id, 15_000)).agreed_fen is None
        quoted = await hotline.quote(job.id, 12_000, quantity=Decimal("1.5"), agreed_on_site=True)
        assert (quoted.quantity, quoted.unit, quoted.agreed_fen) == (Decimal("1.5"), "visit", 12_000)
        done = await hotline.complete(job.id, result="疏通主管，试水通畅", amount_fen=12_000)

        assert (done.status, done.amount_fen) == ("completed", 12_000)
        assert await hotline.jobs() == []
    assert await world.status(created["request"]["id"]) == "completed"


async def test_watching_tells_of_an_offer_while_it_waits_and_of_its_end(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    async with client_of(world, provider) as hotline:
        watching = hotline.watch_offers()
        assert await anext(watching) == []

        [offer], created = await asyncio.gather(anext(watching), world.dispatch(DRAIN))
        assert str(offer.request_id) == created["request"]["id"]

        gone, _ = await asyncio.gather(anext(watching), hotline.decline(offer.id, DeclineReason.BUSY, "今天单子排满了"))
        assert gone == []


async def test_a_refusal_is_a_problem_in_the_providers_language(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await world.dispatch(DRAIN)
    async with client_of(world, provider) as hotline, client_of(world, provider, "en") as abroad:
        [offer] = await hotline.offers()
        world.advance(days=1)
        with pytest.raises(Problem, match="已转给其他单位") as refused:
            await hotline.accept(offer.id)
        with pytest.raises(Problem, match="has gone on to others"):
            await abroad.accept(offer.id)
    assert (refused.value.code, refused.value.status) == ("offer_expired", 409)
    assert refused.value.members["expired_at"] == offer.expires_at.isoformat()


async def test_an_appointment_is_made_and_moved(world: World) -> None:
    provider = await world.add_provider(CLEANING, price_kind=PriceKind.FIXED)
    start = world.clock.now() + timedelta(days=1)
    wanted = {"wanted_from": start.isoformat(), "wanted_to": (start + timedelta(hours=6)).isoformat()}
    await world.dispatch(CLEANING, **wanted)
    async with client_of(world, provider) as hotline:
        [offer] = await hotline.offers()
        job = await hotline.accept(
            offer.id, appointment_from=start + timedelta(hours=1), appointment_to=start + timedelta(hours=3)
        )
        assert job.appointment_from == start + timedelta(hours=1)
        moved = await hotline.move_appointment(
            job.id,
            start + timedelta(hours=4),
            start + timedelta(hours=6),
            agreed_by="王阿姨",
            agreed_how=ToldHow.IN_WRITING,
        )
        assert moved.appointment_to == start + timedelta(hours=6)


async def test_work_that_cannot_be_done_goes_back(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await world.dispatch(DRAIN)
    await world.dispatch(DRAIN)
    async with client_of(world, provider) as hotline:
        first, second = [await hotline.accept(offer.id) for offer in await hotline.offers()]
        back = await hotline.give_back(first.id, ReturnReason.CITIZEN_ABSENT, "敲门没人应，电话也不接")
        assert (back.status, back.return_reason) == ("returned", "citizen_absent")
        await hotline.start(second.id)
        assert (await hotline.fail(second.id, "公共立管堵死，要物业开检修口")).status == "failed"
    assert await world.status(str(first.request_id)) == "dispatching"
    assert await world.status(str(second.request_id)) == "unmatched"


async def test_a_provider_reads_itself_and_sets_its_availability(world: World) -> None:
    provider = await world.add_provider(DRAIN, capacity=5)
    async with client_of(world, provider) as hotline:
        own = await hotline.own()
        assert (own.name, own.reachable) == (provider.name, True)
        assert [(line.item_code, line.price_fen) for line in own.items] == [(DRAIN, 8_000)]

        away = await hotline.set_availability(reachable=False, capacity=2)
        assert (away.reachable, away.capacity) == (False, 2)
        assert {item.code: item.zh for item in await hotline.items()}[DRAIN] == world.catalog.items[DRAIN].zh
        assert {one.code for one in await hotline.townships()} == set(world.catalog.townships)
    stored = await ok(world.registrar.get(f"/providers/{provider.id}"))
    assert (stored["reachable"], stored["capacity"]) == (False, 2)


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://hotline.example", True),
        ("http://192.168.1.5:8189", True),
        ("https://hotline.example", False),
        ("http://localhost:8189", False),
        ("http://127.0.0.1:8189", False),
        ("http://[::1]:8189", False),
    ],
)
async def test_it_warns_before_a_key_leaves_the_machine_in_clear(
    url: str, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async with HotlineClient(url, "secret-key"):
        pass
    assert ("https" in caplog.text) == warned
    assert "secret-key" not in caplog.text
