"""Every route declares who may call it, and the API's document is good enough to generate a client."""

from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from app.auth.access import Gate, public
from app.auth.models import Role
from app.main import create_app
from app.monitoring.access import monitor
from app.settings import Settings
from tests.world import World, refused

APP = create_app(Settings(database_url="postgresql+asyncpg://nowhere/none"))
ROUTES = [
    route
    for route in iter_route_contexts(APP.routes)
    if isinstance(route.original_route, APIRoute) and route.include_in_schema
]
PUBLIC = {
    "POST /api/v1/sessions",
    "POST /api/v1/sessions/browser",
    "POST /api/v1/sessions/browser/provider",
    "GET /api/v1/statements/{token}",
    "POST /api/v1/public/applications",
    "GET /api/v1/public/applications/{number}",
    "PUT /api/v1/public/applications/{number}/withdrawal",
    "GET /health/live",
    "GET /health/ready",
}
BY_SETTINGS = {"GET /metrics": monitor}
"""Routes whose callers the settings name, with the dependency that checks them."""


def name_of(route: RouteContext) -> str:
    return f"{min(route.methods or ())} {route.path}"


def test_there_are_routes_to_walk() -> None:
    assert len(ROUTES) > 80


def calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for dependency in dependant.dependencies:
        yield from calls(dependency)


def roles_of(route: RouteContext) -> frozenset[Role] | None:
    """Return the roles of all its declarations together, or None if it declares none."""
    declared = [call.roles for call in calls(route.dependant) if isinstance(call, Gate)]
    return frozenset.intersection(*declared) if declared else None


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_the_route_says_who_may_call_it(route: RouteContext) -> None:
    if name_of(route) in PUBLIC:
        assert public in list(calls(route.dependant))
    elif name_of(route) in BY_SETTINGS:
        assert BY_SETTINGS[name_of(route)] in list(calls(route.dependant))
    else:
        assert roles_of(route), f"{name_of(route)} declares no role"


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_the_route_is_described(route: RouteContext) -> None:
    assert route.description.strip().endswith((".", "。")), f"{name_of(route)} has no sentence that says what it does"
    streams = isinstance(route.original_route, APIRoute) and 200 in route.original_route.responses
    answers = route.status_code == 204 or route.response_model is not None or streams
    assert answers, f"{name_of(route)} has no answer model"


def test_a_manager_is_shown_no_personal_data() -> None:
    for route in ROUTES:
        if Role.MANAGER in (roles_of(route) or ()):
            model = str(getattr(route.response_model, "model_fields", ""))
            assert "PersonalData" not in model
            assert not str(route.path).endswith("personal-data")


WITHOUT_KEY = {
    "POST /api/v1/sessions": "a second session does no harm, and an answer with a token is not kept",
    "POST /api/v1/sessions/browser": "likewise",
    "POST /api/v1/sessions/browser/provider": "likewise",
    "POST /api/v1/matching/preview": "reads only",
    "POST /api/v1/catalog/suggestions": "reads only",
    "POST /api/v1/citizens/searches": "reads only",
    "POST /api/v1/requests/searches": "reads only",
    "POST /api/v1/citizens/tiers": "reads only",
    "POST /api/v1/desk/searches": "reads only",
    "POST /api/v1/desk/personal-words": "reads only",
    "POST /api/v1/places/searches": "reads only",
    "POST /api/v1/communities/nearest": "reads only",
    "POST /api/v1/places/import": "the same file changes nothing the second time",
    "POST /api/v1/knowledge/searches": "reads only; what found nothing is counted, however often it is asked",
    "POST /api/v1/knowledge/import": "the same file changes nothing the second time",
    "POST /api/v1/registry/import": "the same file changes nothing the second time",
}
"""POSTs that create nothing, with the reason why they need no Idempotency-Key. Those that take the next of a queue need
none either."""


def test_every_post_that_creates_takes_an_idempotency_key() -> None:
    lacking = set()
    for route in ROUTES:
        if "POST" not in (route.methods or ()) or str(route.path).endswith("/next"):
            continue
        operation = APP.openapi()["paths"][str(route.path_format)]["post"]
        if not any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ())):
            lacking.add(name_of(route))
    assert lacking <= WITHOUT_KEY.keys()


STEPS_WITHOUT_KEY = {
    "PUT /api/v1/calls/{call_id}": "the call's id is made by whoever tells of it, and the latest that is told counts",
    "DELETE /api/v1/providers/{provider_id}/statement-links/{link_id}": "a link that is revoked is never there again",
}


def test_every_step_of_an_operator_takes_an_idempotency_key() -> None:
    """The desk keeps input until it is answered, and repeats it."""
    lacking = set()
    for route in ROUTES:
        method = min(route.methods or ())
        own = str(route.path).startswith(("/api/v1/account", "/api/v1/sessions"))
        if method in ("PUT", "PATCH", "DELETE") and Role.OPERATOR in (roles_of(route) or ()) and not own:
            operation = APP.openapi()["paths"][str(route.path_format)][method.lower()]
            if not any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ())):
                lacking.add(name_of(route))
    assert lacking == STEPS_WITHOUT_KEY.keys()


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for path in APP.openapi()["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))


async def test_every_route_enforces_its_roles(world: World) -> None:
    clients = {
        Role.OPERATOR: world.operator,
        Role.SUPERVISOR: world.supervisor,
        Role.REGISTRAR: world.registrar,
        Role.MANAGER: world.manager,
        Role.ADMIN: world.admin,
        Role.PROVIDER: (await world.add_provider()).client,
    }
    nobody = "00000000-0000-7000-8000-000000000000"
    for route in ROUTES:
        roles = roles_of(route)
        if roles is None:
            continue
        path = str(route.path_format).removeprefix("/api/v1")
        for name in route.param_convertors:
            path = path.replace(f"{{{name}}}", nobody)
        method = min(route.methods or ())
        await refused(world.anonymous.request(method, path), 401, "not_signed_in")
        for role, client in clients.items():
            if role not in roles:
                await refused(client.request(method, path), 403, "not_allowed")
