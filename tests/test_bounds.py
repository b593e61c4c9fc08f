"""All input has bounds, checked on the OpenAPI document. Input beyond them is refused, never a 500."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from httpx import Response

from app.auth.models import STAFF_ROLES, Role
from tests.test_routes import APP, ROUTES, name_of, roles_of
from tests.world import CLEANING, DRAIN, World, ok, refused

DOCUMENT = APP.openapi()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


def unbounded(where: str, schema: dict[str, Any], inside: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the fields below this schema that a caller may fill with anything."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in inside:
            yield from unbounded(name, SCHEMAS[name], (*inside, name))
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from unbounded(where, part, inside)
    match schema:
        case {"enum": _} | {"const": _} | {"format": "uuid" | "time" | "binary"}:
            pass
        case {"type": "string", "format": "date-time" | "date"}:
            yield from [where] * ("x-maximum" not in schema or "x-minimum" not in schema)
        case {"type": "string"}:
            yield from [where] * ("maxLength" not in schema and "pattern" not in schema)
        case {"type": "integer" | "number"}:
            upper, lower = {"maximum", "exclusiveMaximum"}, {"minimum", "exclusiveMinimum"}
            yield from [where] * (not upper & schema.keys() or not lower & schema.keys())
        case {"type": "array"}:
            yield from [f"{where} (how many)"] * ("maxItems" not in schema)
            yield from unbounded(f"{where}[]", schema["items"], inside)
        case {"type": "object"}:
            for name, field in schema.get("properties", {}).items():
                yield from unbounded(f"{where}.{name}", field, inside)
            if isinstance(more := schema.get("additionalProperties"), dict):
                yield from unbounded(f"{where}.*", more, inside)
            elif "properties" not in schema:
                yield f"{where} (an object of anything)"


def test_every_field_that_a_caller_sends_has_bounds() -> None:
    found = set[str]()
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                # The server bounds all headers together; a number in one has bounds of its own.
                if parameter["in"] != "header" or parameter["schema"].get("type") != "string":
                    named = f"{method} {path} {parameter['name']}"
                    texts = parameter["in"] == "header" and "anyOf" in parameter["schema"]
                    found |= {
                        one
                        for one in unbounded(named, parameter["schema"])
                        if not texts or any(part.get("type") == "integer" for part in parameter["schema"]["anyOf"])
                    }
            for content in operation.get("requestBody", {}).get("content", {}).values():
                found |= set(unbounded(f"{method} {path}", content["schema"]))
    assert not found, "give these one of app.kit.fields, or bounds of their own"


async def test_an_unknown_parameter_is_refused_by_every_operation(world: World) -> None:
    clients = {role: getattr(world, role) for role in STAFF_ROLES} | {
        Role.PROVIDER: (await world.add_provider()).client
    }
    for route in ROUTES:
        path = str(route.path_format)
        for name in route.param_convertors:
            path = path.replace(f"{{{name}}}", "x")
        client = next((clients[role] for role in roles_of(route) or () if role in clients), world.anonymous)
        call = client.request(min(route.methods or ()), f"http://hotline{path}", params={"nope": "1"})
        problem = await refused(call, 422, "unknown_parameter")
        assert problem["unknown"] == ["nope"], name_of(route)


FAR = "9999-12-31T23:59:59-12:00"


async def calls(world: World) -> dict[str, Response]:
    """Return calls that used to answer 500, by what is wrong with them."""
    provider = await world.add_provider(DRAIN, CLEANING)
    [offer] = (await world.dispatch())["offers"]
    job = await ok(provider.client.put(f"/provider/offers/{offer['id']}/acceptance"))
    item = {"content-type": "application/json"}
    moment = {"appointment_from": FAR, "appointment_to": FAR, "agreed_with_citizen": True}
    edit = world.registrar.patch
    return {
        "a window that begins at the end of time": await world.create(wanted_from="9999-12-31T23:00:00Z"),
        "an appointment then": await provider.client.put(f"/provider/jobs/{job['id']}/appointment", json=moment),
        "decisions of the last day": await provider.client.get("/provider/decisions?day=9999-12-31"),
        "decisions of the first day": await provider.client.get("/provider/decisions?day=0001-01-01"),
        "an exception of the last day": await provider.client.put(
            "/provider/exceptions/9999-12-31", json={"hours": []}
        ),
        "requests received before time": await world.operator.get(
            "/requests?received_from=0001-01-01T00:00:00%2B14:00"
        ),
        "no list of keywords": await edit("/items/PE02", json={"keywords": None}),
        "half a surrogate pair": await edit("/items/PE02", content=rb'{"keywords": ["\ud800"]}', headers=item),
        "half a pair in a text": await edit("/items/PE02", content=rb'{"rule": "\ud800"}', headers=item),
        "half a pair as a name": await edit("/items/PE02", content=rb'{"\ud800": 1}', headers=item),
        "half a pair that is echoed": await world.operator.post(
            "/requests", content=rb'{"area": "\udfff", "item": "PE02", "phone": "\ud800"}', headers=item
        ),
        "a cap of 22 digits": await edit("/items/PE02", json={"cap_fen": 10**21}),
        "a number of 30 digits": await world.operator.get(f"/requests?number={10**29}"),
        "an event of 30 digits": await world.operator.get(f"/live?after={10**29}"),
    }


async def test_values_beyond_all_bounds_are_refused_as_the_callers_mistake(world: World) -> None:
    answers = await calls(world)
    wrong = {name: answer.status_code for name, answer in answers.items() if answer.status_code not in (400, 422)}
    assert not wrong
    for answer in answers.values():
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"]


async def test_values_that_the_database_would_refuse_are_refused_in_the_callers_words(world: World) -> None:
    """The answer used to be 409 `constraint_violated` with the constraint's name."""
    await refused(world.registrar.patch("/items/PE02", json={"cap_fen": None}), 422, "cap_needed")
    nobody = f"/citizens/13957412345/bars/{UUID(int=0)}"
    await refused(world.operator.put(nobody, json={"reason": "态度差"}), 404, "not_found")
    await refused(world.operator.delete(nobody), 404, "not_found")
