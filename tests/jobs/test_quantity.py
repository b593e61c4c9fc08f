"""The quantity of a job: recorded, offered, corrected by the provider on site, agreed, billed and shown."""

from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from app.registry.models import PriceKind, ReachedBy
from app.statement.words import UNITS
from tests.world import CLEANING, SampleProvider, World, ok, refused

CAP = 2_500  # the cap of CLEANING in app/catalog/data/caps.yaml, in fen an hour
PRICE = 1_700  # fen an hour


async def cleaners(world: World, **facts: Any) -> SampleProvider:
    """Add a provider that cleans for 17 yuan an hour, and entitle the caller to the low-fee tier."""
    await ok(world.operator.put("/citizens/13957412345/groups/hardship", json={"source": "低保证"}))
    terms: dict[str, Any] = {"tiers": ("low_fee", "paid"), "price_kind": PriceKind.FIXED, "price_fen": PRICE}
    return await world.add_provider(CLEANING, **terms | facts)


async def started(world: World, provider: SampleProvider, item: str = CLEANING, **facts: Any) -> dict[str, Any]:
    created = await world.dispatch(item, **{"tier": "low_fee"} | facts)
    job = await ok(provider.client.put(f"/provider/offers/{created['offers'][0]['id']}/acceptance"))
    return dict(await ok(provider.client.put(f"/provider/jobs/{job['id']}/start")))


def quote(provider: SampleProvider, job: dict[str, Any], amount_fen: int, **more: Any) -> Any:
    return provider.client.put(f"/provider/jobs/{job['id']}/quote", json={"amount_fen": amount_fen, **more})


def complete(provider: SampleProvider, job: dict[str, Any], amount_fen: int, **more: Any) -> Any:
    body = {"result": "打扫完毕", "amount_fen": amount_fen, **more}
    return provider.client.put(f"/provider/jobs/{job['id']}/completion", json=body)


def terms(job: dict[str, Any]) -> tuple[Any, ...]:
    return job["quantity"], job["unit"], job["unit_cap_fen"], job["cap_fen"], job["agreed_fen"]


async def agreed(world: World, job: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the data of the job's price agreements, oldest first."""
    events = await ok(world.operator.get(f"/requests/{job['request_id']}/events"))
    return [event["data"] for event in events if event["kind"] == "job.price_agreed"]


async def test_an_offer_and_its_job_show_quantity_unit_and_sum(world: World) -> None:
    provider = await cleaners(world)
    created = await world.dispatch(CLEANING, tier="low_fee", quantity=2.5)
    assert created["request"]["quantity"] == 2.5
    [offer] = await ok(provider.client.get("/provider/offers"))
    assert [offer[name] for name in ("quantity", "unit", "price_fen", "sum_fen")] == [2.5, "hour", PRICE, 4_250]
    job = await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))
    assert terms(job) == (2.5, "hour", CAP, 6_250, 4_250)
    assert terms(await ok(provider.client.get(f"/provider/jobs/{job['id']}"))) == terms(job)
    assert terms((await ok(provider.client.get("/provider/jobs")))[0]) == terms(job)


@pytest.mark.parametrize("how", ["quote", "completion", "phone"])
async def test_more_hours_than_recorded_are_billed_once_the_citizen_agrees(world: World, how: str) -> None:
    """The agreed price is 17 yuan an hour and the cap 25."""
    provider = await cleaners(world)
    job = await started(world, provider)
    assert terms(job) == (1, "hour", CAP, CAP, PRICE)
    problem = await refused(complete(provider, job, 5_100, quantity=3), 409, "above_consent")
    assert (problem["amount_fen"], problem["agreed_fen"]) == (5_100, PRICE)
    match how:
        case "quote":
            quoted = await ok(quote(provider, job, 5_100, quantity=3, agreed_on_site=True))
            assert terms(quoted) == (3, "hour", CAP, 7_500, 5_100)
            done = await ok(complete(provider, job, 5_100))
        case "completion":
            for _ in range(2):  # the second is a retry
                done = await ok(complete(provider, job, 5_100, quantity=3, agreed_on_site=True))
            facts = {"job_id": job["id"], "quantity": 3, "agreed_fen": 5_100, "how": "on_site"}
            assert await agreed(world, job) == [facts]
        case _:
            consent = {"amount_fen": 5_100, "quantity": 3}
            for _ in range(2):
                await ok(world.operator.put(f"/jobs/{job['id']}/consent", json=consent))
            assert [said["how"] for said in await agreed(world, job)] == ["by_phone"]
            done = await ok(complete(provider, job, 5_100))
    assert (*terms(done), done["amount_fen"]) == (3, "hour", CAP, 7_500, 5_100, 5_100)


async def test_the_cap_follows_the_quantity_found_on_site(world: World) -> None:
    provider = await cleaners(world)
    job = await started(world, provider)
    problem = await refused(quote(provider, job, 7_501, quantity=3, agreed_on_site=True), 422, "above_cap")
    assert (problem["cap_fen"], problem["quantity"]) == (7_500, 3)
    await refused(complete(provider, job, 7_501, quantity=3, agreed_on_site=True), 422, "above_cap")
    assert terms(await ok(provider.client.get(f"/provider/jobs/{job['id']}"))) == terms(job)


async def test_a_cap_that_changes_later_does_not_change_a_job(world: World) -> None:
    provider = await cleaners(world)
    job = await started(world, provider)
    await ok(world.registrar.patch(f"/items/{CLEANING}", json={"cap_fen": 1_000}))
    try:
        assert terms(await ok(quote(provider, job, 5_000, quantity=2, agreed_on_site=True)))[3:] == (5_000, 5_000)
    finally:
        await ok(world.registrar.patch(f"/items/{CLEANING}", json={"cap_fen": CAP}))


async def test_less_work_costs_less_without_a_new_consent(world: World) -> None:
    provider = await cleaners(world)
    job = await started(world, provider, quantity=3)
    await refused(complete(provider, job, 5_100, quantity=2.5), 409, "above_consent")
    done = await ok(complete(provider, job, 4_250, quantity=2.5))
    assert (*terms(done), done["amount_fen"]) == (2.5, "hour", CAP, 6_250, 4_250, 4_250)
    assert await agreed(world, job) == []


async def test_a_quote_is_for_the_whole_job_but_capped_by_a_smaller_quantity(world: World) -> None:
    provider = await cleaners(world)
    job = await started(world, provider, quantity=3)
    await ok(quote(provider, job, 7_000, agreed_on_site=True))
    assert terms(await ok(quote(provider, job, 4_000, quantity=2)))[3:] == (5_000, 5_000)
    paid = await started(world, provider, tier="paid", quantity=3)
    await ok(quote(provider, paid, 7_000, agreed_on_site=True))
    assert (await ok(complete(provider, paid, 7_000, quantity=2)))["agreed_fen"] == 7_000


async def test_a_quote_without_consent_changes_the_quantity_and_not_the_agreed_sum(world: World) -> None:
    provider = await cleaners(world)
    job = await started(world, provider)
    for _ in range(2):
        assert terms(await ok(quote(provider, job, 5_100, quantity=3)))[3:] == (7_500, PRICE)
    await refused(complete(provider, job, 5_100), 409, "above_consent")
    await ok(world.operator.put(f"/jobs/{job['id']}/consent", json={"amount_fen": 5_100}))
    assert (await ok(complete(provider, job, 5_100)))["quantity"] == 3


async def test_the_same_completion_with_another_quantity_is_another_bill(world: World) -> None:
    provider = await cleaners(world)
    job = await started(world, provider, quantity=2)
    await ok(complete(provider, job, 3_000))
    await ok(complete(provider, job, 3_000, quantity=2))
    await refused(complete(provider, job, 3_000, quantity=1), 409, "job_over")


async def test_free_work_has_a_quantity_and_costs_nothing(world: World) -> None:
    await ok(world.operator.put("/citizens/13957412345/groups/aged_80", json={"source": "身份证"}))
    provider = await world.add_provider("EL05", tiers=("free",))
    job = await started(world, provider, "EL05", tier="free")
    await refused(complete(provider, job, 1, quantity=2, agreed_on_site=True), 422, "amount_on_free_job")
    assert (await ok(complete(provider, job, 0, quantity=1.5)))["quantity"] == 1.5


async def test_an_item_without_a_unit_takes_no_quantity(world: World) -> None:
    """The cap of such an item is for the whole job; a quantity does not multiply it."""
    await ok(world.operator.put("/citizens/13957412345/groups/hardship", json={"source": "低保证"}))
    assert world.catalog.items["PS10"].unit == "quote"
    for item in ("PS10", "GV01"):
        await refused(world.create(item, quantity=2), 422, "quantity_not_counted")
    provider = await world.add_provider("PS10", tiers=("low_fee",))
    job = await started(world, provider, "PS10")
    more = {"quantity": 2, "agreed_on_site": True}
    await refused(quote(provider, job, 100, **more), 422, "quantity_not_counted")
    await refused(complete(provider, job, 100, **more), 422, "quantity_not_counted")
    assert terms(await ok(quote(provider, job, 100, quantity=1, agreed_on_site=True)))[0] == 1


@pytest.mark.parametrize("quantity", [0, -1, 0.001, 1000.01, "三", True, [1]])
async def test_an_invalid_quantity_is_refused(world: World, quantity: Any) -> None:
    provider = await cleaners(world)
    job = await started(world, provider)
    await refused(world.create(CLEANING, quantity=quantity), 422, "invalid_input")
    await refused(quote(provider, job, 100, quantity=quantity), 422, "invalid_input")
    await refused(complete(provider, job, 100, quantity=quantity), 422, "invalid_input")


async def test_the_next_provider_starts_from_the_recorded_quantity_and_the_past_job_keeps_its_own(world: World) -> None:
    first = await cleaners(world)
    job = await started(world, first, chosen_provider_id=str(first.id))
    await ok(quote(first, job, 5_100, quantity=3, agreed_on_site=True))
    await ok(first.client.put(f"/provider/jobs/{job['id']}/return", json={"reason": "no_staff"}))
    second = await cleaners(world, price_fen=2_000)
    await ok(world.operator.post(f"/requests/{job['request_id']}/offers", json={"provider_id": str(second.id)}))
    [offer] = await ok(second.client.get("/provider/offers"))
    assert (offer["quantity"], offer["sum_fen"]) == (1, 2_000)
    history = (await ok(first.client.get("/provider/jobs/history")))["items"]
    assert [past["quantity"] for past in history] == [3]


async def test_an_operator_sees_and_reports_quantities_for_a_phoned_provider(world: World) -> None:
    provider = await cleaners(world, reached_by=ReachedBy.PHONE)
    await world.dispatch(CLEANING, tier="low_fee", quantity=2)
    [offer] = await ok(world.operator.get("/offers/to-phone"))
    assert [offer[name] for name in ("quantity", "unit", "sum_fen")] == [2, "hour", 3_400]
    job = await ok(world.operator.put(f"/offers/{offer['id']}/acceptance"))
    url = f"/jobs/{job['id']}"
    await ok(world.operator.put(f"{url}/start"))
    done = {"result": "打扫完毕", "amount_fen": 5_950, "quantity": 3.5, "agreed_on_site": True}
    assert (await ok(world.operator.put(f"{url}/completion", json=done)))["quantity"] == 3.5
    assert provider.name


async def test_callback_statement_and_figures_show_the_quantity(world: World) -> None:
    provider = await cleaners(world)
    job = await started(world, provider)
    await ok(complete(provider, job, 4_250, quantity=2.5, agreed_on_site=True))
    world.advance(days=1)
    await world.work()
    callback = await ok(world.operator.post("/callbacks/next"))
    assert [callback[name] for name in ("quantity", "unit", "billed_fen")] == [2.5, "hour", 4_250]
    url = "/provider/statement/2026-11"
    [line] = (await ok(provider.client.get(url)))["jobs"]
    assert (line["quantity"], line["unit"], line["amount_fen"]) == (2.5, "hour", 4_250)
    head, row, *_ = (await provider.client.get(url, params={"format": "csv"})).text.removeprefix("\ufeff").splitlines()
    printed = dict(zip(head.split(","), row.split(","), strict=True))
    assert (printed["quantity"], printed["unit"]) == ("2.5", "hour")
    for lang, words in (("zh", "2.5 小时"), ("en", "2.5 hours")):
        assert f"<td>{words}</td>" in (await provider.client.get(url, params={"format": "html", "lang": lang})).text
    book = load_workbook(BytesIO((await provider.client.get(url, params={"format": "xlsx"})).content))
    assert [cell.value for cell in book.worksheets[0][2]][2:4] == [2.5, "小时"]
    asked = {"from": "2026-11-01", "to": "2026-11-30"}
    [work] = (await ok(world.manager.get("/metrics/work", params=asked)))["rows"]
    assert work == {
        "item": CLEANING, "zh": world.catalog.items[CLEANING].zh, "en": world.catalog.items[CLEANING].en,
        "unit": "hour", "completed": 1, "quantity": 2.5, "turnover_fen": 4_250,
    }  # fmt: skip
    assert (await ok(world.manager.get("/metrics/work", params=asked | {"tier": "paid"})))["rows"] == []


async def test_every_unit_of_the_catalogue_has_a_name(world: World) -> None:
    units = {item.unit for item in world.catalog.items.values()} - {None, "quote"}
    assert units == set(UNITS)
