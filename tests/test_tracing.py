"""One id follows a call: its answer, its events, what the worker does about it, and the webhook messages."""

import re

import pytest
from sqlalchemy import select

from app.events.models import Event
from app.kit.tracing import HEADER
from tests.world import World

GIVEN = "0AF76519-16CD-43DD-8448-EB211C80319C"
TRACE = "0af7651916cd43dd8448eb211c80319c"


async def traces(world: World) -> dict[str, set[str]]:
    """Return the traces of all events, by kind."""
    async with world.context.db.begin() as tx:
        found: dict[str, set[str]] = {}
        for event in (await tx.session.execute(select(Event))).scalars():
            assert event.trace_id is not None
            found.setdefault(event.kind, set()).add(event.trace_id.hex)
        return found


@pytest.mark.parametrize("given", [GIVEN, TRACE])
async def test_an_answer_names_the_id_that_came_with_the_call(world: World, given: str) -> None:
    for path, status in (("/requests", 200), ("/nowhere", 404), ("/requests?nope=1", 422)):
        answer = await world.operator.get(path, headers={HEADER: given})
        assert (answer.status_code, answer.headers[HEADER]) == (status, TRACE)


@pytest.mark.parametrize("given", ["13957412345", "", "x" * 32, TRACE * 2])
async def test_an_id_that_is_no_uuid_is_replaced(world: World, given: str) -> None:
    """Somebody's own id might be a phone number, and would be kept with the events."""
    answers = [await world.operator.get("/requests", headers={HEADER: given}) for _ in range(2)]
    first, second = (answer.headers[HEADER] for answer in answers)
    assert first != second
    assert re.fullmatch("[0-9a-f]{32}", first)
    assert first != given


async def test_events_keep_the_trace_of_what_caused_them(world: World) -> None:
    await world.add_provider("PE02")
    created = await world.create(dispatch=True)
    assert set.union(*(await traces(world)).values()) == {created.headers[HEADER]}
    world.advance(hours=2)
    await world.work()
    expired = (await traces(world))["offer.expired"]
    assert len(expired) == 1
    assert not expired & {created.headers[HEADER]}, "the worker's work has a trace of its own"
