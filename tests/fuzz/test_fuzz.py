"""Schemathesis on the document with a fixed seed, as every kind of caller. `make fuzz` sends far more.

Each case is sent inside the test's world, whose transport fails on undeclared problems.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import requests
import schemathesis
from httpx import AsyncClient, Response
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.auth.models import STAFF_ROLES, Role
from tests.test_routes import ROUTES, roles_of
from tests.world import CLEANING, DRAIN, World

SEED = 22
EACH = 2
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
DOCUMENT = Path(__file__).parents[2] / "docs/surface/openapi.json"
ROLES = {(min(route.methods or ()), str(route.path_format)): roles_of(route) for route in ROUTES}


def made() -> Iterator[Case[Any]]:
    """Yield a few cases, alternately good and bad, for every fourth operation that takes input."""
    schema = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text(encoding="utf-8")))
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    sent = [operation for operation in operations if operation.body or operation.query]
    for number, operation in enumerate(sent[::4]):
        yield from drawn(operation, (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)[number % 2])


def drawn(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> list[Case[Any]]:
    cases: list[Case[Any]] = []

    @seed(SEED)
    @settings(max_examples=EACH, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def draw(case: Case[Any]) -> None:
        cases.append(case)

    draw()
    return cases


async def send(client: AsyncClient, case: Case[Any]) -> Response:
    call = requests.Request(**case.as_transport_kwargs(base_url="http://hotline")).prepare()
    headers = {name: value for name, value in call.headers.items() if name.lower() not in ("authorization", "cookie")}
    answer = await client.request(case.method, str(call.url), headers=cast(Any, headers), content=cast(Any, call.body))
    answer.elapsed = timedelta()
    return answer


async def test_what_is_made_up_is_answered_as_the_document_says(world: World) -> None:
    clients = {role: getattr(world, role) for role in STAFF_ROLES} | {
        Role.PROVIDER: (await world.add_provider(DRAIN, CLEANING)).client
    }
    wrong = []
    for case in made():
        roles = sorted(ROLES[case.method, case.path] or ())
        answer = await send(next((clients[role] for role in roles if role in clients), world.anonymous), case)
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as failures:
            wrong += [f"{case.method} {case.path}: {failure}" for failure in failures.exceptions]
    assert not wrong
