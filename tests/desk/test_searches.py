"""The desk's search by a few letters."""

from sqlalchemy import select

from app.auth.models import AuditEntry
from tests.world import CHENGLANG, DRAIN, World, ok, refused

PHONE = "13957412345"


async def test_requests_citizens_and_providers_are_found_and_masked(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    made = (await ok(world.create(DRAIN, phone=PHONE, description="阳台地漏返水")))["request"]
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"name": "王阿姨", "area": CHENGLANG}))

    async def find(words: str) -> dict[str, list[str]]:
        found = await ok(world.operator.post("/desk/searches", json={"words": words}))
        return {kind: [one["id"] for one in rows] for kind, rows in found.items() if rows}

    [citizen] = (await find("王阿"))["citizens"]
    assert await find(str(made["number"])) == {"requests": [made["id"]]}
    assert await find("地漏") == {"requests": [made["id"]]}
    assert await find(PHONE) == {"requests": [made["id"]], "citizens": [citizen]}
    assert await find(provider.name[1:]) == {"providers": [str(provider.id)]}
    assert await find("%_") == {}
    [shown] = (await ok(world.operator.post("/desk/searches", json={"words": "王阿姨"})))["citizens"]
    assert (shown["name"], shown["phone"], shown["community_code"]) == ("王**", "139****2345", CHENGLANG)


async def test_searches_and_caller_cards_are_audited(world: World) -> None:
    await ok(world.operator.patch(f"/citizens/{PHONE}", json={"name": "王阿姨"}))
    [citizen] = (await ok(world.operator.post("/desk/searches", json={"words": PHONE})))["citizens"]
    card = await ok(world.operator.post("/citizens/searches", json={"citizen_id": citizen["id"]}))
    assert (card["phone"], card["name"]) == (PHONE, "王阿姨")
    async with world.context.db.begin() as tx:
        query = select(AuditEntry).where(AuditEntry.action == "personal_data.revealed").order_by(AuditEntry.id)
        noted = [(one.subject, one.data) for one in (await tx.session.execute(query)).scalars()]
    assert noted == [
        ("desk", {"why": "search", "searched": "phone", "what": "139****2345"}),
        (f"citizen:{citizen['id']}", {"why": "caller"}),
    ]
    await refused(world.operator.post("/citizens/searches", json={}), 422, "invalid_input")
    await refused(world.manager.post("/desk/searches", json={"words": "王"}), 403, "not_allowed")


async def test_the_caller_card_shows_the_clocks_of_open_requests(world: World) -> None:
    made = (await ok(world.create(DRAIN, phone=PHONE, dispatch=True)))["request"]
    world.advance(minutes=11)
    card = await ok(world.operator.post("/citizens/searches", json={"phone": PHONE}))
    [clock, *_] = card["clocks"][made["id"]]
    assert (clock["clock"], clock["due_at"] < world.clock.now().isoformat()) == ("accept", True)
