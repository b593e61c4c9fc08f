"""Licences that expire: warnings, suspension of the item or the provider, release by renewal."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.expiry import review_paper
from app.registry.notices import NoticeKind
from tests.registry.applications import LOCK_PAPER, apply
from tests.world import DOOR_LOCK, DRAIN, SampleProvider, World, ok, refused

LICENCE = {"number": "91330203MA2GR0AB1C", "issued_on": "2021-12-24", "expires_on": "2026-12-24"}
TODAY = date(2026, 11, 24)


def told(notices: dict[str, Any]) -> list[str]:
    return [notice["kind"] for notice in notices["items"]]


async def own_notices(provider: SampleProvider) -> list[str]:
    return told(await ok(provider.client.get("/provider/notices")))


async def standing(world: World, provider: SampleProvider) -> tuple[str, bool]:
    document = await ok(world.registrar.get(f"/providers/{provider.id}"))
    return document["standing"], document["papers_lapsed"]


async def file_paper(world: World, provider: SampleProvider, code: str, paper: dict[str, Any]) -> None:
    await ok(world.registrar.put(f"/providers/{provider.id}/papers/{code}", json=paper))
    await world.work()


@given(st.integers(-40, 800))
def test_an_expiring_paper_causes_three_notices(days: int) -> None:
    expires_on, due, kinds = TODAY + timedelta(days=days), TODAY, []
    while due is not None:
        review = review_paper(expires_on, due)
        assert review.next_on is None or review.next_on > due
        kinds += [review.notice] if review.notice else []
        due = review.next_on  # type: ignore[assignment]  # ends with None
    every = [NoticeKind.EXPIRES_IN_30_DAYS, NoticeKind.EXPIRES_IN_7_DAYS, NoticeKind.EXPIRED]
    assert kinds == every[0 if days > 7 else 1 if days >= 0 else 2 :]


@pytest.mark.parametrize(
    ("days", "kind", "next_in"),
    [
        (31, None, 1),
        (30, NoticeKind.EXPIRES_IN_30_DAYS, 23),
        (8, NoticeKind.EXPIRES_IN_30_DAYS, 1),
        (7, NoticeKind.EXPIRES_IN_7_DAYS, 8),
        (0, NoticeKind.EXPIRES_IN_7_DAYS, 1),
        (-1, NoticeKind.EXPIRED, None),
    ],
)
def test_a_review_names_its_notice_and_the_next_review(days: int, kind: NoticeKind | None, next_in: int | None) -> None:
    review = review_paper(TODAY + timedelta(days=days), TODAY)
    assert (review.notice, review.next_on) == (kind, next_in and TODAY + timedelta(days=next_in))


async def test_a_paper_of_the_provider_warns_suspends_and_releases(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await file_paper(world, provider, "business", LICENCE)
    assert await own_notices(provider) == ["paper_expires_in_30_days"]
    world.advance(days=10)
    await world.work()
    assert await own_notices(provider) == ["paper_expires_in_30_days"]
    world.advance(days=13)
    await world.work()
    assert await own_notices(provider) == ["paper_expires_in_7_days", "paper_expires_in_30_days"]
    world.advance(days=7)
    await world.work()
    assert await standing(world, provider) == ("active", False)  # valid on its last day
    world.advance(days=1)
    await world.work()
    assert await standing(world, provider) == ("suspended", True)
    assert (await own_notices(provider))[0] == "firm_paper_expired"
    release = {"standing": "active", "reason": "已电话核实"}
    version = {"If-Match": f'"{(await ok(world.registrar.get(f"/providers/{provider.id}")))["version"]}"'}
    problem = await refused(
        world.registrar.put(f"/providers/{provider.id}/standing", json=release, headers=version), 409, "papers_expired"
    )
    assert problem["papers"] == ["business"]
    world.advance(hours=1)
    await file_paper(world, provider, "business", LICENCE | {"expires_on": "2031-12-24"})
    assert await standing(world, provider) == ("active", False)
    assert (await own_notices(provider))[0] == "released_after_renewal"
    await world.work()
    assert len(await own_notices(provider)) == 4


RENEWED = {"number": "91330203MA2GR0AB1C", "issued_on": "2026-12-25", "expires_on": "2031-12-24"}


async def test_an_early_renewal_prevents_warnings_and_suspension(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await file_paper(world, provider, "business", LICENCE)
    await file_paper(world, provider, "business", RENEWED)
    assert (await ok(world.registrar.get("/papers/expiring")))["items"] == []
    for days in (29, 2):
        world.advance(days=days)
        await world.work()
        assert await standing(world, provider) == ("active", False)
    assert await own_notices(provider) == ["paper_expires_in_30_days"]  # before the renewed one was recorded
    [paper] = (await ok(provider.client.get("/provider")))["papers"]
    assert paper == RENEWED | {"paper_code": "business"}


async def test_a_renewal_with_a_gap_suspends_for_the_gap(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    await file_paper(world, provider, "business", LICENCE)
    await file_paper(world, provider, "business", RENEWED | {"issued_on": "2026-12-27"})
    seen = []
    for days in (31, 1, 1):  # 25, 26, 27 December
        world.advance(days=days)
        await world.work()
        seen.append(await standing(world, provider))
    assert seen == [("suspended", True), ("suspended", True), ("active", False)]
    assert len((await ok(provider.client.get("/provider")))["papers"]) == 1


async def test_a_renewal_does_not_release_a_provider_suspended_by_a_person(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    suspension = {"standing": "suspended", "reason": "投诉查实"}
    url = f"/providers/{provider.id}"
    await ok(world.registrar.put(f"{url}/standing", json=suspension, headers={"If-Match": '"1"'}))
    await file_paper(world, provider, "business", LICENCE | {"expires_on": "2026-11-23"})
    await file_paper(world, provider, "business", LICENCE)
    assert await standing(world, provider) == ("suspended", False)


async def test_an_expired_paper_of_an_item_takes_that_item_out_and_no_other(world: World) -> None:
    provider = await world.add_provider(DOOR_LOCK, DRAIN, papers=())
    paper = {"number": "甬公锁备2023-0317", "issued_on": "2023-11-25", "expires_on": "2026-11-24"}
    await file_paper(world, provider, "lock", paper)
    created = await world.dispatch(DOOR_LOCK)
    assert [offer["provider_id"] for offer in created["offers"]] == [str(provider.id)]
    world.advance(hours=13, minutes=59, seconds=59)
    again = await world.dispatch(DOOR_LOCK, phone="13957412346")
    world.advance(seconds=1)  # midnight in Ningbo
    await world.work()
    [offer] = await ok(world.operator.get(f"/requests/{again['request']['id']}/offers"))
    assert (offer["status"], offer["withdraw_reason"]) == ("withdrawn", "not_available")
    document = await ok(provider.client.get("/provider"))
    assert {line["item_code"]: line["lacks"] for line in document["items"]} == {DOOR_LOCK: ["lock"], DRAIN: []}
    assert document["standing"] == "active"
    assert (await world.dispatch(DRAIN))["offers"]
    [notice, _] = (await ok(provider.client.get("/provider/notices")))["items"]
    assert notice["kind"] == "paper_expired"
    assert "甬公锁备2023-0317" in notice["zh"]
    assert f"不再派发：{world.catalog.items[DOOR_LOCK].zh}；" in notice["zh"]
    assert "2026-11-24" in notice["en"]


async def test_a_paper_struck_off_takes_open_offers_with_it(world: World) -> None:
    provider = await world.add_provider(DOOR_LOCK, DRAIN)
    created = await world.dispatch(DOOR_LOCK)
    other = await world.dispatch(DRAIN, phone="13957412346")
    await ok(world.registrar.delete(f"/providers/{provider.id}/papers/lock"))
    await world.work()
    [offer] = await ok(world.operator.get(f"/requests/{created['request']['id']}/offers"))
    assert (offer["status"], offer["withdraw_reason"]) == ("withdrawn", "not_available")
    [offer] = await ok(world.operator.get(f"/requests/{other['request']['id']}/offers"))
    assert offer["status"] == "pending"


async def test_an_applicant_is_told_once_it_is_admitted(world: World) -> None:
    applicant = await apply(world, papers=[LOCK_PAPER | {"expires_on": "2026-12-20"}])
    url = f"/providers/{applicant['id']}"
    await world.work()
    assert told(await ok(world.registrar.get(f"{url}/notices"))) == []
    admission = {"standing": "trial", "reason": "证照齐全"}
    await ok(world.registrar.put(f"{url}/standing", json=admission, headers={"If-Match": '"1"'}))
    await world.work()
    notices = await ok(world.operator.get(f"{url}/notices"))
    assert told(notices) == ["paper_expires_in_30_days"]
    read = f"{url}/notices/{notices['items'][0]['id']}/reading"
    assert (await ok(world.operator.put(read)))["read_at"] == "2026-11-24T02:00:00Z"
    await refused(world.manager.put(read), 403, "not_allowed")


async def test_another_providers_notice_cannot_be_read(world: World) -> None:
    provider, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    await file_paper(world, provider, "business", LICENCE)
    [notice] = (await ok(provider.client.get("/provider/notices")))["items"]
    await refused(other.client.put(f"/provider/notices/{notice['id']}/reading"), 404, "not_found")
    assert (await ok(provider.client.put(f"/provider/notices/{notice['id']}/reading")))["read_at"] is not None


async def test_the_registrar_sees_what_expires(world: World) -> None:
    provider, other = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    await file_paper(world, provider, "business", LICENCE)
    await file_paper(world, provider, "food", LICENCE | {"expires_on": "2027-02-01"})
    await file_paper(world, other, "business", LICENCE | {"expires_on": "2026-11-20"})
    listed = await ok(world.registrar.get("/papers/expiring"))
    assert [(row["name"], row["days_left"], row["standing"]) for row in listed["items"]] == [
        (other.name, -4, "suspended"),
        (provider.name, 30, "active"),
    ]
    assert listed["items"][0]["paper_zh"] == "营业执照"
    first = await world.registrar.get("/papers/expiring", params={"within_days": 100, "limit": 2})
    following = await ok(
        world.registrar.get("/papers/expiring", params={"within_days": 100, "cursor": first.json()["next"]})
    )
    assert [row["paper_code"] for row in following["items"]] == ["food"]
