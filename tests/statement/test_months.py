"""A provider's figures with their counts, month by month, and a month's amounts job by job."""

import csv
import io
from typing import Any

from openpyxl import load_workbook

from tests.aftercare.calls import complete, record, take
from tests.credit.cases import give_back, ledger, ningbo
from tests.world import DRAIN, SampleProvider, World, ok, refused

NOVEMBER = "/provider/statement/2026-11"


async def november(provider: SampleProvider) -> dict[str, Any]:
    """Return the latest month."""
    return dict((await ok(provider.client.get("/provider/statement")))["months"][-1])


async def test_each_rate_is_shown_with_its_counts(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await complete(world, provider)
    world.clock.moment = ningbo(11, 24, 12)
    await ok(record(world, await take(world), reached=True, solved=True, satisfaction="satisfied"))
    declined = await world.dispatch(DRAIN)
    refusal = {"reason": "busy", "note": "今天排满了"}
    await ok(provider.client.put(f"/provider/offers/{declined['offers'][0]['id']}/refusal", json=refusal))
    found = await november(provider)
    assert found["month"] == "2026-11-01"
    assert found["acceptance"] == {"numerator": 1, "denominator": 2, "rate": 0.5}
    assert found["punctuality"] == {"numerator": 1, "denominator": 1, "rate": 1.0}
    assert found["satisfaction"] == {"numerator": 1, "denominator": 1, "rate": 1.0}
    assert (found["completed"], found["declined"], found["turnover_fen"]) == (1, 1, 8_000)


async def test_a_month_without_work_has_no_rate_and_invalid_months_are_refused(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    statement = await ok(provider.client.get("/provider/statement", params={"from": "2026-10", "to": "2026-11"}))
    assert [month["month"] for month in statement["months"]] == ["2026-10-01", "2026-11-01"]
    assert statement["months"][0]["acceptance"] == {"numerator": 0, "denominator": 0, "rate": None}
    for months in ({"from": "2026-12", "to": "2026-11"}, {"from": "2020-01"}):
        await refused(provider.client.get("/provider/statement", params=months), 422, "months_invalid")
    await refused(provider.client.get("/provider/statement", params={"from": "2026-13"}), 422, "invalid_input")
    await refused(provider.client.get("/provider/statement/november"), 422, "invalid_input")


async def test_a_months_amounts_add_up_job_by_job(world: World) -> None:
    provider, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    numbers = []
    for each, amount in ((provider, 8_000), (provider, 12_050), (other, 999)):
        made = await world.dispatch(DRAIN, chosen_provider_id=str(each.id))
        await world.complete(each, made["offers"][0]["id"], amount)
        world.advance(minutes=1)
        numbers.append(made["request"]["number"])
    statement = await ok(provider.client.get(NOVEMBER))
    assert [(job["number"], job["amount_fen"]) for job in statement["jobs"]] == [
        (numbers[0], 8_000),
        (numbers[1], 12_050),
    ]
    total = {"jobs": 2, "amount_fen": 20_050, "payout_fen": 0}
    assert (statement["total"], statement["by_tier"]) == (total, {"paid": total})
    assert statement["figures"]["turnover_fen"] == 20_050
    rows = list(csv.DictReader(io.StringIO((await provider.client.get(NOVEMBER, params={"format": "csv"})).text[1:])))
    assert [row["amount_fen"] for row in rows] == ["8000", "12050"]
    assert rows[0]["completed_at"].startswith("2026-11-24 10:00")
    workbook = load_workbook(io.BytesIO((await provider.client.get(NOVEMBER, params={"format": "xlsx"})).content))
    heading, *lines, last = workbook["2026-11"].iter_rows(values_only=True)
    assert heading[-2:] == ("收费（元）", "付给求助人（元）")
    assert [(line[0], line[-2]) for line in lines] == list(zip(numbers[:2], (80, 120.5), strict=True))
    assert (last[0], last[-2]) == ("合计 2 单", 200.5)
    assert (await ok(provider.client.get("/provider/statement/2026-10")))["jobs"] == []


async def test_the_page_shows_amounts_and_credit_in_both_languages(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await complete(world, provider)
    await give_back(world, provider)
    assert len((await ledger(provider))["items"]) == 1
    for lang, words in (
        ("zh", ["月度对账单", "80.00", "可申辩", "下水道"]),
        ("en", ["80.00", "reply until 2026-12-01 10:00"]),
    ):
        answer = await provider.client.get(NOVEMBER, params={"format": "html", "lang": lang})
        assert answer.headers["content-type"].startswith("text/html")
        assert [word for word in [*words, provider.name] if word not in answer.text] == []


async def test_a_providers_name_is_text_and_no_markup(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    async with world.context.db.begin() as tx:
        await tx.driver.execute("UPDATE providers SET name = '<script>便民</script>' WHERE id = $1", provider.id)
    page = (await world.registrar.get(f"/providers/{provider.id}/statement/2026-11", params={"format": "html"})).text
    assert "<script>" not in page
    assert "&lt;script&gt;便民" in page
