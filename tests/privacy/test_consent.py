"""What a citizen no longer agrees to is removed at once and not kept again."""

from tests.privacy.lives import rows
from tests.world import World, ok, refused

PHONE = "13757418899"
YES, NO = {"given": True, "asked": "by_phone"}, {"given": False, "asked": "in_person"}


async def known(world: World) -> str:
    """Record a citizen with name and group. Return their consents' address."""
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"name": "李大爷", "address": "澄浪路3号"}))
    await ok(world.operator.put(f"/citizens/{PHONE}/groups/hardship", json={"source": "社区登记"}))
    [citizen] = await rows(world, "SELECT id FROM citizens")
    return f"/personal-data/citizens/{citizen['id']}/consents"


async def test_a_withdrawn_purpose_is_forgotten_until_the_citizen_agrees_again(world: World) -> None:
    url = await known(world)
    await ok(world.operator.put(f"{url}/groups", json=YES))
    world.advance(days=1)
    said = await ok(world.operator.put(f"{url}/groups", json=NO))
    assert [(one["given"], one["asked"]) for one in said] == [(True, "by_phone"), (False, "in_person")]
    assert said[0]["at"] < said[1]["at"]
    assert await rows(world, "SELECT source FROM citizen_groups") == []
    membership = world.operator.put(f"/citizens/{PHONE}/groups/hardship", json={"source": "社区登记"})
    await refused(membership, 409, "consent_withdrawn")
    assert len(await ok(world.operator.put(f"{url}/groups", json=NO))) == 2
    await ok(world.operator.put(f"{url}/groups", json=YES))
    await ok(world.operator.put(f"/citizens/{PHONE}/groups/hardship", json={"source": "社区登记"}))


async def test_a_citizen_may_stay_without_a_profile(world: World) -> None:
    url = await known(world)
    await ok(world.operator.put(f"{url}/profile", json=NO))
    card = await ok(world.operator.post("/citizens/searches", json={"phone": PHONE}))
    assert (card["name"], card["address"], [one["group_code"] for one in card["groups"]]) == (None, None, ["hardship"])
    await refused(world.operator.patch(f"/citizens/{PHONE}", json={"name": "李"}), 409, "consent_withdrawn")
    await world.create("GV01", phone=PHONE, contact_name="李大爷", answer="已答复")
    assert [row["name"] for row in await rows(world, "SELECT name FROM citizens")] == [None]


async def test_consents_are_in_the_copy(world: World) -> None:
    url = await known(world)
    await ok(world.operator.put(f"{url}/groups", json=YES))
    copy = await ok(world.supervisor.get(url.removesuffix("/consents")))
    assert [(one["purpose"], one["given"]) for one in copy["consents"]] == [("groups", True)]
    page = await world.supervisor.get(f"{url.removesuffix('/consents')}/page", params={"lang": "en"})
    assert "record priority groups · agreed · by phone" in page.text
