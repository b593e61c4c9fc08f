"""The monthly return: filed by the provider or on paper, reviewed and locked, reopened with a reason, reminded of."""

from datetime import date
from typing import Any

from app.registry.models import ProviderKind, ReachedBy
from app.registry.months import remind_of_months
from tests.credit.cases import ningbo
from tests.world import DRAIN, SampleProvider, World, ok, refused

OCTOBER = {"turnover_fen": 7_000_000, "profit_tax_fen": 500_000}
OWN = "/provider/months/2026-10"


def theirs(provider: SampleProvider, month: str = "2026-10") -> str:
    return f"/providers/{provider.id}/months/{month}"


async def list_providers(world: World, **asked: Any) -> list[dict[str, Any]]:
    return list((await ok(world.registrar.get("/months/2026-10", params=asked)))["items"])


async def declared(world: World) -> Any:
    """Return what the manager's figures show as declared by the only provider for October."""
    [row] = (await ok(world.manager.get("/metrics/turnover", params={"month": "2026-10"})))["items"]
    return row["declared_turnover"] and row["declared_turnover"]["ratio"]


async def test_a_return_is_compared_with_the_baseline_and_counts_once_locked(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    baseline = {"turnover_fen": 1_000_000, "profit_tax_fen": 100_000, "baseline": True}
    await ok(world.registrar.put(theirs(provider, "2020-01"), json=baseline))
    filed = await ok(provider.client.put(OWN, json=OCTOBER))
    assert (filed["status"], filed["on_paper"], filed["turnover"]["ratio"], filed["turnover"]["growth"]) == (
        "filed",
        False,
        7.0,
        6.0,
    )
    assert filed["profit_tax"]["ratio"] == 5.0
    assert await declared(world) is None
    locked = await ok(world.registrar.put(f"{theirs(provider)}/lock", json=OCTOBER))
    assert (locked["status"], locked["locked_at"]) == ("locked", "2026-11-24T02:00:00Z")
    assert await ok(world.registrar.put(f"{theirs(provider)}/lock", json=OCTOBER)) == locked
    assert await declared(world) == 7.0


async def test_a_locked_return_is_corrected_only_after_a_reopening_with_a_reason(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await ok(provider.client.put(OWN, json=OCTOBER))
    await ok(world.registrar.put(f"{theirs(provider)}/lock", json=OCTOBER))
    correction = OCTOBER | {"turnover_fen": 7_200_000}
    for client, url in ((provider.client, OWN), (world.registrar, theirs(provider))):
        await refused(client.put(url, json=correction), 409, "month_locked")
    await refused(world.registrar.put(f"{theirs(provider)}/reopening", json={"reason": " "}), 422, "invalid_input")
    opened = await ok(world.registrar.put(f"{theirs(provider)}/reopening", json={"reason": "漏计两张发票"}))
    assert (opened["status"], opened["reopened_why"]) == ("filed", "漏计两张发票")
    await refused(world.registrar.put(f"{theirs(provider)}/reopening", json={"reason": "漏计"}), 409, "status_conflict")
    [notice] = (await ok(provider.client.get("/provider/notices")))["items"]
    assert "漏计两张发票" in notice["zh"]
    assert (await ok(provider.client.put(OWN, json=correction)))["turnover_fen"] == 7_200_000


async def test_only_the_reviewed_figures_can_be_locked(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await refused(world.registrar.put(f"{theirs(provider)}/lock", json=OCTOBER), 404, "not_found")
    await ok(provider.client.put(OWN, json=OCTOBER | {"turnover_fen": 1}))
    await refused(world.registrar.put(f"{theirs(provider)}/lock", json=OCTOBER), 409, "month_changed")


async def test_a_month_is_filed_when_it_is_over(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await refused(provider.client.put("/provider/months/2026-11", json=OCTOBER), 422, "month_not_over")
    await refused(world.registrar.put(theirs(provider, "2027-01"), json=OCTOBER), 422, "month_not_over")
    for wrong in ({"turnover_fen": -1, "profit_tax_fen": 0}, {"turnover_fen": 1}, OCTOBER | {"baseline": True}):
        await refused(provider.client.put(OWN, json=wrong), 422, "invalid_input")
    assert (await ok(provider.client.get("/provider/months")))["items"] == []


async def test_the_registrar_sees_who_has_not_filed(world: World) -> None:
    filed, paper, missing = [await world.add_provider(DRAIN) for _ in range(3)]
    await world.add_provider(DRAIN, kind=ProviderKind.VOLUNTEER_TEAM)
    await world.add_provider(DRAIN, joined_on=date(2026, 11, 2))
    await ok(filed.client.put(OWN, json=OCTOBER))
    await ok(world.registrar.put(theirs(paper), json=OCTOBER))
    await ok(world.registrar.put(f"{theirs(paper)}/lock", json=OCTOBER))
    states = {row["provider_id"]: row["state"] for row in await list_providers(world)}
    assert states == {str(filed.id): "filed", str(paper.id): "locked", str(missing.id): "missing"}
    assert [row["provider_id"] for row in await list_providers(world, state="missing")] == [str(missing.id)]
    [locked] = await list_providers(world, state="locked")
    assert locked["filed"]["on_paper"] is True
    await refused(filed.client.get("/months/2026-10"), 403, "not_allowed")


async def test_providers_that_have_not_filed_are_reminded_before_and_after_the_deadline(world: World) -> None:
    late = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    filed = await world.add_provider(DRAIN)
    await ok(filed.client.put(OWN, json=OCTOBER))
    counts = []
    for day in (9, 10, 15, 16, 30):
        world.clock.moment = ningbo(11, day)
        counts.append(await remind_of_months(world.context))
    assert counts == [0, 1, 0, 1, 0]
    [provider] = await ok(world.operator.get("/notices/to-phone"))
    assert [notice["kind"] for notice in provider["notices"]] == ["month_due", "month_overdue"]
    assert "2026-11-15" in provider["notices"][0]["zh"]
    assert provider["provider_id"] == str(late.id)
