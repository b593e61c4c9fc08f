"""Input is accepted only as declared: no unknown fields, no wrong types, no implausible days."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from app.kit.fields import FIRST_DAY, LAST_DAY, Body, ClockTime, Day, Fen, Moment
from app.kit.quantity import Quantity
from tests.test_routes import ROUTES
from tests.world import World, ok, refused


def models(kind: Any, seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in seen:
        seen.add(kind)
        yield kind
        for field in kind.model_fields.values():
            yield from models(field.annotation, seen)
    for part in get_args(kind):
        yield from models(part, seen)


SENT = {
    model
    for route in ROUTES
    for part in route.dependant.body_params
    for model in models(part.field_info.annotation, set())
}


def test_every_body_and_nested_model_forbids_unknown_fields() -> None:
    assert len(SENT) > 80
    assert not {model for model in SENT if not issubclass(model, Body) or model.model_config.get("extra") != "forbid"}


class Every(Body):
    count: int = 0
    fen: Fen = 0
    degrees: float = 0
    quantity: Quantity = Decimal(1)
    yes: bool = False
    day: Day | None = None
    moment: Moment | None = None
    time: ClockTime | None = None
    inner: "list[Every]" = []  # noqa: RUF012 (pydantic copies it)


NUMBERS = "count", "fen", "degrees", "quantity"
WRONG = [
    *((field, value) for field in NUMBERS for value in (True, False, "1", "", [1])),
    *((field, 1.0) for field in ("count", "fen")),
    *(("yes", value) for value in (0, 1, "true", "yes", 1.0)),
    *(("day", value) for value in (0, 20_000, "0", "1700006400", "0001-01-01", "1899-12-31", "2100-01-01", "9999-12-31",
                                   "2026-11-28T00:00:00Z", "2026-1-1", True)),
    *(("moment", value) for value in (0, 1_800_000_000, "1800000000", "0001-01-01T00:00:00Z", "2026-11-28",
                                      "1999-12-31T23:59:59Z", "9999-12-31T00:00:00Z", "2026-11-28T08:00:00", True)),
    *(("time", value) for value in (0, 3600, "3600", "8:00", "24:00", "08:00:00Z", "08:00:00.5", True)),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_value_of_another_type_is_refused(field: str, value: Any) -> None:
    for body in ({field: value}, {"inner": [{field: value}]}):
        with pytest.raises(ValidationError) as raised:
            TypeAdapter(Every).validate_python(body, from_attributes=True)
        assert raised.value.errors()[0]["loc"][-1] == field


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "count": st.integers(-(2**63), 2**63),
            "fen": st.integers(0, 100_000_000),
            "degrees": st.integers(-180, 180) | st.floats(-180, 180),
            "quantity": st.integers(1, 1000) | st.just(2.5),
            "yes": st.booleans(),
            "day": st.dates(FIRST_DAY, LAST_DAY).map(str),
            "time": st.times().map(lambda time: f"{time:%H:%M}"),
        },
    )
)
def test_declared_values_are_accepted(body: dict[str, Any]) -> None:
    taken = TypeAdapter(Every).validate_python(body, from_attributes=True).model_dump(mode="json", exclude_unset=True)
    times = {"time": f"{body['time']}:00"} if "time" in body else {}
    assert taken == {**body, **times}


async def test_a_misspelt_field_is_named_in_the_callers_language(world: World) -> None:
    """A misspelt `expires` used to be dropped, so that the membership had no end."""
    path = "/citizens/13957412345/groups/hardship"
    for language, message in (("en", "There is no such field"), ("zh-CN", "没有这个字段")):
        headers = {"Accept-Language": language}
        body = {"source": "身份证", "expires": "2027-01-01"}
        problem = await refused(world.operator.put(path, json=body, headers=headers), 422, "invalid_input")
        [error] = problem["errors"]
        assert error == {"field": "body.expires", "code": "extra_forbidden", "message": message}


async def test_a_membership_ends_today_or_later(world: World) -> None:
    path = "/citizens/13957412345/groups/hardship"
    for expires_on in (0, "0", "0001-01-01", "9999-12-31"):
        await refused(
            world.operator.put(path, json={"source": "身份证", "expires_on": expires_on}), 422, "invalid_input"
        )
    past = {"source": "身份证", "expires_on": "2026-11-23"}
    await refused(world.operator.put(path, json=past), 422, "membership_over")
    assert (await world.operator.put(path, json={**past, "expires_on": "2026-11-24"})).status_code == 204


async def test_a_request_is_held_for_a_year_at_most(world: World) -> None:
    request = (await ok(world.create()))["request"]
    hold = {"cause": "citizen", "reason": "出差"}
    for until in ("2026-11-24T01:00:00Z", "2099-01-01T00:00:00Z"):
        await refused(
            world.operator.put(f"/requests/{request['id']}/hold", json={**hold, "until": until}), 422, "hold_invalid"
        )


@pytest.mark.parametrize("path", ["/requests?received", "/calls?began"])
async def test_a_span_that_ends_before_it_begins_is_refused(world: World, path: str) -> None:
    """The answer used to be an empty list, as if there were nothing."""
    name = path.rpartition("?")[2]
    span = f"{path}_from=2026-11-24T00:00:00Z&{name}_to=2026-11-23T00:00:00Z"
    await refused(world.supervisor.get(span), 422, "invalid_input")


@pytest.mark.parametrize(
    ("path", "most"), [("/catalog/suggestions", 5_000), ("/places/searches", 5_000), ("/desk/searches", 50)]
)
async def test_text_is_as_long_as_the_document_says(world: World, path: str, most: int) -> None:
    """Control characters used to be taken out before anything was counted."""
    assert (await world.operator.post(path, json={"words": "水" * most})).status_code == 200
    await refused(world.operator.post(path, json={"words": "\x9f" + "水" * most}), 422, "invalid_input")
