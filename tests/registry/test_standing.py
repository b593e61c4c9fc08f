"""Standings of a provider: which follows which, who is notified, and what the database itself refuses."""

import itertools
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.auth.models import Role
from app.events.act import act_of
from app.events.models import Event
from app.events.transition import StatusConflict
from app.kit.db import Tx
from app.registry.models import Provider, Standing
from app.registry.states import PROVIDER_MOVES, PROVIDERS, steps_from
from tests.registry.applications import LOCK_PAPER, apply
from tests.world import World, ok, refused

# The moves of docs/states.md. A suspended provider returns only to its former standing.
FOLLOWS: dict[tuple[str, str | None], set[str]] = {
    ("applied", None): {"trial"},
    ("trial", None): {"active", "suspended", "left"},
    ("active", None): {"watch", "suspended", "left"},
    ("watch", None): {"active", "suspended", "left"},
    ("suspended", "trial"): {"trial", "expelled"},
    ("suspended", "active"): {"active", "expelled"},
    ("suspended", "watch"): {"watch", "expelled"},
    ("left", None): {"applied"},
    ("expelled", None): set(),
}


LIFE = ["applied", "trial", "active", "watch", "suspended", "watch", "active", "suspended", "expelled"]


async def put_at(tx: Tx, provider_id: str, standing: str, former: str | None) -> None:
    values = {"standing": standing, "former_standing": former}
    await tx.session.execute(update(Provider).where(Provider.id == UUID(provider_id)).values(values))


@pytest.mark.parametrize(("standing", "former"), FOLLOWS)
def test_the_table_holds_the_moves_of_the_design_and_no_other(standing: str, former: str | None) -> None:
    assert set(steps_from(standing, former)) == FOLLOWS[standing, former]


async def test_a_step_from_the_wrong_standing_changes_nothing(world: World) -> None:
    provider = await apply(world)
    async with world.context.db.begin() as tx:
        for (standing, former), (step, move) in itertools.product(FOLLOWS, PROVIDER_MOVES.items()):
            await put_at(tx, provider["id"], standing, former)
            if standing not in move.sources:
                with pytest.raises(StatusConflict):
                    await PROVIDERS.transition(act_of(world.context), tx, step, UUID(provider["id"]))
                assert (await tx.session.execute(select(Provider.standing))).scalar_one() == standing
        assert (await tx.session.execute(select(Event.kind))).scalars().all() == ["provider.applied"]


async def test_a_life_in_the_registry_and_what_is_refused_on_the_way(world: World) -> None:
    provider = await apply(world)
    url = f"/providers/{provider['id']}"
    for version, (standing, following) in enumerate(itertools.pairwise(LIFE), 1):
        headers = {"If-Match": f'"{version}"'}
        allowed = FOLLOWS[standing, provider["former_standing"]]
        for wanted in set(Standing) - allowed - {standing}:
            change = world.registrar.put(
                f"{url}/standing", json={"standing": wanted, "reason": "季度检查"}, headers=headers
            )
            problem = await refused(change, 409, "standing_not_allowed")
            assert set(problem["possible"]) == allowed
        assert await ok(world.registrar.get(url)) == provider
        change = world.registrar.put(
            f"{url}/standing", json={"standing": following, "reason": "季度检查"}, headers=headers
        )
        provider = await ok(change)
        assert (provider["standing"], provider["version"]) == (following, version + 1)
        assert provider["former_standing"] == (standing if following == "suspended" else None)


async def test_a_change_is_logged_with_its_reason_and_wakes_dispatch(world: World) -> None:
    provider = await apply(world)
    url = f"/providers/{provider['id']}/standing"
    admission = {"standing": "trial", "reason": "证照齐全，现场核验通过"}
    await refused(world.registrar.put(url, json=admission), 428, "version_required")
    await refused(world.registrar.put(url, json=admission, headers={"If-Match": '"7"'}), 412, "version_stale")
    async with world.context.pubsub.subscribe("dispatch") as woken:
        admitted = await ok(world.registrar.put(url, json=admission, headers={"If-Match": '"1"'}))
        assert woken.is_set()
    assert (admitted["standing"], admitted["joined_on"], admitted["version"]) == ("trial", "2026-11-24", 2)
    assert await ok(world.registrar.put(url, json=admission, headers={"If-Match": '"1"'})) == admitted
    async with world.context.db.begin() as tx:
        query = select(Event.kind, Event.request_id, Event.actor_id, Event.data).order_by(Event.id)
        events = (await tx.session.execute(query.where(Event.provider_id == UUID(provider["id"])))).all()
    assert [tuple(event) for event in events[1:]] == [
        ("provider.admitted", None, world.staff_ids[Role.REGISTRAR], admission | {"former": "applied"})
    ]
    assert "provider.standing_changed" in [e["action"] for e in (await ok(world.admin.get("/audit")))["items"]]


async def test_nobody_is_admitted_without_the_papers_of_its_card(world: World) -> None:
    provider = await apply(world, papers=[LOCK_PAPER | {"expires_on": "2026-11-24"}])
    url = f"/providers/{provider['id']}"
    world.advance(days=1)
    admission = {"standing": "trial", "reason": "证照核验"}
    problem = await refused(
        world.registrar.put(f"{url}/standing", json=admission, headers={"If-Match": '"1"'}), 409, "item_without_papers"
    )
    assert problem["missing"] == ["lock"]
    renewed = {"number": "甬公锁备2026-0102", "issued_on": "2026-11-25"}
    await ok(world.registrar.put(f"{url}/papers/lock", json=renewed))
    await ok(world.registrar.put(f"{url}/standing", json=admission, headers={"If-Match": '"2"'}))


async def test_the_database_refuses_a_suspension_without_a_way_back(world: World) -> None:
    provider = await apply(world)
    for standing, former in [("suspended", None), ("active", "trial"), ("suspended", "left"), ("retired", None)]:
        with pytest.raises(IntegrityError):
            async with world.context.db.begin() as tx:
                await put_at(tx, provider["id"], standing, former)
