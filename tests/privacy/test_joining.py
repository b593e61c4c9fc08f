"""Two citizens that are one count as one, whoever calls, and are parted again without loss."""

import asyncio
from typing import Any
from uuid import UUID

from app.intake.models import JoinReason
from tests.intake.test_entitlement import HAIRCUT, member
from tests.privacy.lives import rows
from tests.world import DRAIN, World, ok, refused

MAIN, SECOND, THIRD = "13757418891", "13757418892", "13757418893"


async def citizen(world: World, phone: str) -> str:
    """Record the citizen. Return their id."""
    return str((await ok(world.operator.post("/citizens", json={"phone": phone})))["citizen_id"])


async def join(world: World, one: str, into: str) -> Any:
    return await world.supervisor.put(
        f"/personal-data/citizens/{one}/joining", json={"into": into, "why": JoinReason.SECOND_NUMBER}
    )


async def part(world: World, one: str) -> None:
    await ok(world.supervisor.delete(f"/personal-data/citizens/{one}/joining"))


async def card(world: World, phone: str) -> dict[str, Any]:
    found = await ok(world.operator.post("/citizens/searches", json={"phone": phone}))
    lists = {"groups": [group["group_code"] for group in found["groups"]], "bars": found["barred_provider_ids"]}
    numbers = sorted(row["number"] for row in found["open_requests"] + found["past_requests"])
    return lists | {"name": found["name"], "phone": found["phone"], "others": found["other_numbers"], "had": numbers}


async def snapshot(world: World) -> list[Any]:
    tables = {"citizen_groups": "citizen_id, group_code", "citizen_bars": "citizen_id, provider_id",
              "consents": "id", "requests": "id"}  # fmt: skip
    return [await rows(world, f"SELECT * FROM {table} ORDER BY {key}") for table, key in tables.items()]


async def test_either_number_counts_for_both_until_they_are_parted(world: World) -> None:
    main, second = await citizen(world, MAIN), await citizen(world, SECOND)
    await ok(world.operator.patch(f"/citizens/{MAIN}", json={"name": "李大爷"}))
    await ok(world.operator.patch(f"/citizens/{SECOND}", json={"name": "老李"}))
    await member(world, "aged_80", MAIN)
    provider = await world.add_provider(HAIRCUT, tiers=("free",))
    await ok(world.operator.put(f"/citizens/{SECOND}/bars/{provider.id}", json={}))
    first = (await ok(world.create(HAIRCUT, phone=MAIN)))["request"]["number"]
    made = (await ok(world.create(DRAIN, phone=SECOND)))["request"]["number"]
    before = await snapshot(world), await card(world, MAIN), await card(world, SECOND)

    assert (await join(world, second, main)).status_code == 204
    both = {"groups": ["aged_80"], "bars": [str(provider.id)], "name": "李大爷", "phone": MAIN, "others": [SECOND]}
    both["had"] = sorted([first, made])
    assert [await card(world, MAIN), await card(world, SECOND)] == [both, both]
    assert (await join(world, second, main)).status_code == 204  # a retry
    found = await ok(world.operator.post("/requests/searches", json={"citizen_id": second}))
    assert sorted(row["number"] for row in found["items"]) == both["had"]

    await part(world, second)
    await part(world, second)
    assert (await snapshot(world), await card(world, MAIN), await card(world, SECOND)) == before
    told = await rows(world, "SELECT subject, action FROM audit_entries WHERE action ~ 'joined|parted' ORDER BY id")
    assert [(row["subject"], row["action"]) for row in told] == [
        (f"citizen:{one}", action) for action in ("citizen.joined", "citizen.parted") for one in (second, main)
    ]
    copy = await ok(world.supervisor.get(f"/personal-data/citizens/{second}"))
    assert [(one["joined"], one["other_id"], one["why"]) for one in copy["joinings"]] == [
        (True, main, "second_number"), (False, main, None),
    ]  # fmt: skip
    page = await world.supervisor.get(f"/personal-data/citizens/{second}/page", params={"lang": "en"})
    assert "joined · a second number" in page.text


async def test_quota_and_bar_of_one_number_hold_for_the_other(world: World) -> None:
    main, second = await citizen(world, MAIN), await citizen(world, SECOND)
    await member(world, "aged_80", MAIN)  # one haircut free a month
    barred, other = [await world.add_provider(HAIRCUT, tiers=("free",)) for _ in range(2)]
    await ok(world.operator.put(f"/citizens/{MAIN}/bars/{barred.id}", json={}))
    await refused(world.create(HAIRCUT, tier="free", phone=SECOND), 409, "not_entitled")
    assert (await join(world, second, main)).status_code == 204
    made = await world.dispatch(HAIRCUT, tier="free", phone=SECOND)
    assert {offer["provider_id"] for offer in made["offers"]} == {str(other.id)}
    await refused(world.create(HAIRCUT, tier="free", phone=MAIN), 409, "not_entitled")
    await part(world, second)
    await ok(world.create(HAIRCUT, tier="free", phone=MAIN))


async def test_consent_copy_and_erasure_are_of_the_person(world: World) -> None:
    main, second = await citizen(world, MAIN), await citizen(world, SECOND)
    await ok(world.operator.patch(f"/citizens/{SECOND}", json={"name": "老李"}))
    assert (await join(world, second, main)).status_code == 204
    no = {"given": False, "asked": "by_phone"}
    await ok(world.operator.put(f"/personal-data/citizens/{second}/consents/profile", json=no))
    await refused(world.operator.patch(f"/citizens/{MAIN}", json={"name": "李"}), 409, "consent_withdrawn")
    assert [row["name"] for row in await rows(world, "SELECT name FROM citizens")] == [None, None]
    await ok(world.create("GV01", phone=SECOND, answer="已答复"))
    copy = await ok(world.supervisor.get(f"/personal-data/citizens/{main}"))
    assert (copy["other_numbers"], len(copy["requests"]), len(copy["consents"])) == ([SECOND], 1, 1)
    done = await ok(world.supervisor.post(f"/personal-data/citizens/{second}/erasure", json={"asked": "in_person"}))
    assert done["requests"] == 1
    assert await rows(world, "SELECT id FROM citizens") == []
    erased = await rows(world, "SELECT citizen_id FROM erasures")
    assert {row["citizen_id"] for row in erased} == {UUID(main), UUID(second)}


async def test_what_cannot_be_joined(world: World) -> None:
    main, second, third = [await citizen(world, phone) for phone in (MAIN, SECOND, THIRD)]
    await refused(join(world, main, main), 422, "joined_with_itself")
    await refused(join(world, main, str(UUID(int=7))), 404, "not_found")
    assert (await join(world, second, main)).status_code == 204
    for one, into in ((main, third), (third, second), (second, third), (main, second)):
        await refused(join(world, one, into), 409, "already_joined")
    url = f"/personal-data/citizens/{second}/joining"
    assert (await world.operator.put(url, json={"into": main, "why": "mistyped"})).status_code == 403


async def test_opposite_and_chained_joinings_at_once_leave_one_main_citizen(world: World) -> None:
    main, second, third = [await citizen(world, phone) for phone in (MAIN, SECOND, THIRD)]
    pairs = [(main, second), (second, main), (second, third), (third, main)]
    answers = await asyncio.gather(*(join(world, *pair) for pair in pairs))
    assert {answer.status_code for answer in answers} <= {204, 409}
    assert 204 in {answer.status_code for answer in answers}
    chained = "SELECT c.id FROM citizens c JOIN citizens m ON m.id = c.joined_into WHERE m.joined_into IS NOT NULL"
    assert await rows(world, chained) == []


async def test_a_request_during_the_joining_counts_for_both(world: World) -> None:
    main, second = await citizen(world, MAIN), await citizen(world, SECOND)
    for phone in (MAIN, SECOND):
        await member(world, "aged_80", phone)
    await world.add_provider(HAIRCUT, tiers=("free",), capacity=20)
    joined, *made = await asyncio.gather(
        join(world, second, main),
        *(world.create(HAIRCUT, tier="free", dispatch=True, phone=phone) for phone in (MAIN, SECOND) * 2),
    )
    assert joined.status_code == 204
    numbers = sorted(one.json()["request"]["number"] for one in made if one.status_code == 201)
    assert 1 <= len(numbers) <= 2  # two if both were made before the joining
    assert (await card(world, MAIN))["had"] == (await card(world, SECOND))["had"] == numbers
    await refused(world.create(HAIRCUT, tier="free", phone=SECOND), 409, "not_entitled")
