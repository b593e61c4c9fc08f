"""What the OpenAPI document says about every operation."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from httpx import AsyncClient

from app.contract.document import PROBLEM, Contract, Operation
from app.kit.errors import HotlineError
from tests.test_routes import APP, BY_SETTINGS, PUBLIC
from tests.world import World, ok

CONTRACT: Contract = APP.state.contract
DOCUMENT = CONTRACT.document
SCHEMAS = DOCUMENT["components"]["schemas"]


def described(operation: Operation) -> dict[str, Any]:
    return dict(DOCUMENT["paths"][operation.path][operation.method.lower()])


def codes(operation: dict[str, Any], status: int) -> set[str]:
    """Return the codes of the operation's problems with this status."""
    answer = operation["responses"].get(str(status), {})
    if "$ref" in answer:
        answer = DOCUMENT["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    schema = answer.get("content", {}).get(PROBLEM, {}).get("schema", {"oneOf": []})
    references = [one["$ref"].rpartition("/")[2] for one in schema.get("oneOf", [schema])]
    return {SCHEMAS[name]["properties"]["code"]["const"] for name in references}


def errors(kind: type[HotlineError] = HotlineError) -> Iterator[type[HotlineError]]:
    for below in kind.__subclasses__():
        yield below
        yield from errors(below)


def test_a_code_means_one_thing() -> None:
    assert [code for code, count in Counter(error.code() for error in errors()).items() if count > 1] == []


def test_an_operation_declares_the_problems_that_it_can_raise() -> None:
    paths = DOCUMENT["paths"]
    accept = paths["/api/v1/provider/offers/{offer_id}/acceptance"]["put"]
    assert codes(accept, 404) == {"not_found"}
    assert {"offer_expired", "offer_withdrawn", "offer_decided", "provider_full"} <= codes(accept, 409)
    assert codes(accept, 422) == {"appointment_invalid", "invalid_input", "text_unstorable", "unknown_parameter"}
    assert codes(accept, 503) == {"database_busy", "database_read_only", "database_unavailable", "outcome_unknown"}
    poll = paths["/api/v1/provider/offers"]["get"]
    assert codes(poll, 429) == {"caller_too_fast", "too_many_waiting"}
    assert "304" in poll["responses"]
    assert "outcome_unknown" not in codes(poll, 503)


def test_no_operation_declares_the_frameworks_validation_error() -> None:
    assert not SCHEMAS.keys() & {"HTTPValidationError", "ValidationError"}
    for operation in CONTRACT.operations:
        fault = described(operation)["responses"].get("422", {})
        assert "application/json" not in fault.get("content", {})


@pytest.mark.parametrize("operation", CONTRACT.operations, ids=lambda one: f"{one.method} {one.path}")
def test_each_operation_declares_its_roles_and_security(operation: Operation) -> None:
    said, name = described(operation), f"{operation.method} {operation.path}"
    schemes = {scheme for way in said["security"] for scheme in way}
    if name in PUBLIC | BY_SETTINGS.keys():
        assert schemes == set()
        assert not codes(said, 401) & {"not_signed_in"}
        return
    assert "sessionCookie" in schemes
    assert ("providerKey" in schemes) == bool({"provider", "former_provider"} & set(operation.roles))
    assert all(role.replace("_", " ") in said["description"].rpartition("For: ")[2] for role in operation.roles)
    assert "not_signed_in" in codes(said, 401)
    assert ("cross_site" in codes(said, 403)) == (operation.method != "GET")


def test_operation_ids_are_short_unique_and_fit_for_a_client() -> None:
    ids = [described(operation)["operationId"] for operation in CONTRACT.operations]
    assert len(ids) == len(set(ids))
    assert "createRequest" in ids
    assert [one for one in ids if not re.fullmatch("[a-z]+([A-Z][a-z]*)+", one) or len(one) > 32] == []


def test_every_tag_is_described() -> None:
    used = {tag for operation in CONTRACT.operations for tag in described(operation)["tags"]}
    assert used == {tag["name"] for tag in DOCUMENT["tags"]}


async def test_the_document_and_its_page_need_no_network(world: World) -> None:
    client: AsyncClient = world.anonymous
    document = await ok(client.get("/openapi.json"))
    assert document == await ok(client.get("http://hotline/openapi.json")) == DOCUMENT
    page = (await client.get("http://hotline/docs")).text
    assert "/api/v1/openapi.json" in page
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    for address in addresses:
        assert address.startswith("/")
        assert (await client.get(f"http://hotline{address}")).status_code == 200
