"""The OpenAPI document: FastAPI's, plus each operation's problems, permitted roles, security and examples."""

import asyncio
import re
import string
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.routing import Route

from app.auth.access import Gate, authorize
from app.auth.cookies import COOKIE
from app.auth.errors import CrossSite, FormerProvider, PasswordDue, SecondFactorDue
from app.auth.models import PROVIDER_ROLES, Role
from app.contract.raising import Error, Raising
from app.kit.errors import (
    BodyTooLarge,
    ConstraintViolated,
    DatabaseUnavailable,
    InternalError,
    InvalidInput,
    InvalidJson,
    OutcomeUnknown,
    TextUnstorable,
)
from app.kit.web import SAFE_METHODS

Json = dict[str, Any]
DOCUMENT_PATH = "/api/v1/openapi.json"
FORMER_PATH = "/openapi.json"
EXAMPLES = Path(__file__).with_name("examples.json")
PROBLEM = "application/problem+json"
SCHEMES: Json = {
    "staffToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token that a member of staff gets from `POST /api/v1/sessions`.",
    },
    "providerKey": {
        "type": "http",
        "scheme": "bearer",
        "description": (
            "The key that a registrar issued to a provider's software (`POST /api/v1/providers/{provider_id}/keys`)."
        ),
    },
    "sessionCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": (
            "The session of a page in a browser (`POST /api/v1/sessions/browser`, or for a provider "
            "`POST /api/v1/sessions/browser/provider`). Changes must come from a page of the same origin."
        ),
    },
}
_FAULTS: Json = {
    "type": "array",
    "description": "Each fault and where it is.",
    "items": {"type": "object", "additionalProperties": True},
}
_FIELD_FAULTS: Json = {
    "type": "array",
    "description": "Each field that is missing or wrong.",
    "items": {
        "type": "object",
        "properties": {
            "field": {"type": "string", "description": "The path to the field, with dots: `body.wanted_from`."},
            "code": {"type": "string", "description": "What is wrong, as a stable code."},
            "message": {"type": "string", "description": "What is wrong, in the caller's language."},
        },
        "required": ["field", "code", "message"],
    },
}


class Operation(NamedTuple):
    """One method of one path."""

    method: str
    path: str
    route: RouteContext

    @property
    def calls(self) -> list[object]:
        """Return what runs when it is called: its function, its dependencies, the models of its input, and its gate."""
        dependants = list(_flattened(self.route.dependant))
        sent = [one.field_info.annotation for part in dependants for one in (*part.body_params, *part.query_params)]
        return [*(part.call for part in dependants), *sent, *([authorize] if self.gates else [])]

    @property
    def gates(self) -> list[Gate]:
        """Return its gates; none if anybody may call it."""
        calls: Iterable[object] = (part.call for part in _flattened(self.route.dependant))
        return [call for call in calls if isinstance(call, Gate)]

    @property
    def roles(self) -> list[Role]:
        """Return the roles that may call it."""
        return sorted(frozenset.intersection(*(gate.roles for gate in self.gates))) if self.gates else []

    @property
    def is_safe(self) -> bool:
        """Return whether it only reads."""
        return self.method in SAFE_METHODS

    def problems(self, raised: frozenset[Error]) -> frozenset[Error]:
        """Return the problems that the operation can answer.

        Start from what its functions raise, remove what cannot happen here, and add what the HTTP layer answers by
        itself.
        """
        never: set[Error] = set()
        if self.is_safe:
            never |= {CrossSite, OutcomeUnknown}
        if not set(PROVIDER_ROLES) & set(self.roles) or Role.FORMER_PROVIDER in self.roles:
            never |= {FormerProvider}
        if any(gate.even_if_due for gate in self.gates) or not set(self.roles) - set(PROVIDER_ROLES):
            never |= {PasswordDue, SecondFactorDue}
        added: set[Error] = {InternalError}
        takes_json = bool(self.route.dependant.body_params)
        if takes_json or get_flat_params(self.route.dependant):
            added |= {InvalidInput}
            if DatabaseUnavailable in raised:
                added |= {TextUnstorable}
        if takes_json or "requestBody" in (self.original.openapi_extra or {}):
            added |= {BodyTooLarge}
        if takes_json:
            added |= {InvalidJson}
        if not self.is_safe and DatabaseUnavailable in raised:
            added |= {ConstraintViolated}
        return raised - never | added

    @property
    def original(self) -> APIRoute:
        """Return the route as it was declared."""
        assert isinstance(self.route.original_route, APIRoute), "operations are API routes"
        return self.route.original_route


class Contract:
    """What an application promises: its operations, their problems, and the document."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    @cached_property
    def operations(self) -> list[Operation]:
        """Return the operations in the document, in its order."""
        return [
            Operation(method, str(route.path_format), route)
            for route in iter_route_contexts(self.app.routes)
            if isinstance(route.original_route, APIRoute) and route.include_in_schema
            for method in sorted(route.methods or ())
        ]

    @cached_property
    def problems(self) -> dict[tuple[str, str], frozenset[Error]]:
        """Return the problems that each operation can answer, by method and path."""
        raising = Raising(call for operation in self.operations for call in operation.calls)
        return {(one.method, one.path): one.problems(raising.errors(one.calls)) for one in self.operations}

    @cached_property
    def document(self) -> Json:
        """Return the OpenAPI document."""
        document = FastAPI.openapi(self.app)
        schemas = document["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        document["components"]["securitySchemes"] = SCHEMES
        examples = orjson.loads(EXAMPLES.read_bytes())
        for operation in self.operations:
            described = document["paths"][operation.path][operation.method.lower()]
            described["summary"] = operation.original.name.replace("_", " ").capitalize()
            described["security"] = _security(operation.roles)
            if operation.roles:
                described["description"] += f"\n\nFor: {_named(operation.roles)}."
            answers = described["responses"]
            answers.pop("422", None)
            by_status: dict[int, list[Error]] = {}
            for error in sorted(self.problems[operation.method, operation.path], key=lambda error: error.code()):
                by_status.setdefault(error.status, []).append(error)
                schemas[_schema_name(error)] = _schema(error)
            answers |= {str(status): _response(status, errors) for status, errors in sorted(by_status.items())}
            for status, answer in answers.items():
                if answer.get("description") == "Successful Response":
                    answer["description"] = f"{HTTPStatus(int(status)).phrase}."
                for content in answer.get("content", {}).values():
                    content.pop("itemSchema", None)  # OpenAPI 3.2 only
            _show(described, examples.get(described["operationId"], {}))
        for message in document["webhooks"].values():
            message["post"] |= {"operationId": "receiveEvent", "summary": "Receive event", "security": []}
            message["post"]["responses"] = {
                "2XX": {"description": "Accepted. After any other answer, the event is sent again later."}
            }
        document["components"]["schemas"] = dict(sorted(schemas.items()))
        _share_responses(document)
        return document

    @cached_property
    def content(self) -> bytes:
        """Return the document as JSON."""
        return orjson.dumps(self.document)


def operation_id(route: APIRoute) -> str:
    """Return the operation's name in generated clients: its function's name in camel case."""
    first, *others = route.name.split("_")
    return first + "".join(map(str.capitalize, others))


def promise(app: FastAPI) -> None:
    """Make the application serve its document, which is built at the first request for it."""
    contract = app.state.contract = Contract(app)
    app.openapi = lambda: contract.document  # type: ignore[method-assign]  # FastAPI's own way
    made = asyncio.Lock()

    async def answer(request: Request) -> Response:
        async with made:
            content = await asyncio.to_thread(lambda: contract.content)
        return Response(content, media_type="application/json")

    for path in (DOCUMENT_PATH, FORMER_PATH):
        app.router.routes.insert(0, Route(path, answer))  # before FastAPI's own, which would block all other requests


def _flattened(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for below in dependant.dependencies:
        yield from _flattened(below)


def _show(described: Json, example: Json) -> None:
    """Put the parts of the example (from examples.json) where they belong in the operation."""
    for parameter in described.get("parameters", ()):
        if parameter["name"] in example.get("parameters", {}):
            parameter["example"] = example["parameters"][parameter["name"]]
    if "body" in example:
        kind = "text/csv" if isinstance(example["body"], str) else "application/json"
        described["requestBody"]["content"][kind]["example"] = example["body"]
    if "answer" in example:
        described["responses"][example["status"]]["content"][example["kind"]]["example"] = example["answer"]


def _share_responses(document: Json) -> None:
    """Move problem responses that several operations share into the components."""
    used = Counter[str]()
    answers = [
        (operation["responses"], status)
        for path in document["paths"].values()
        for operation in path.values()
        for status, answer in operation["responses"].items()
        if PROBLEM in answer.get("content", {})
    ]
    shared = document["components"].setdefault("responses", {})
    for responses, status in answers:
        used[responses[status]["description"]] += 1
    for responses, status in answers:
        answer = responses[status]
        if used[answer["description"]] > 1:
            name = ".".join(re.findall(r"`(\w+)`: ", answer["description"]))
            shared[name] = answer
            responses[status] = {"$ref": f"#/components/responses/{name}"}


def _security(roles: Iterable[Role]) -> list[Json]:
    roles = set(roles)
    return [
        {scheme: []}
        for scheme, fits in (
            ("staffToken", roles - set(PROVIDER_ROLES)),
            ("providerKey", roles & set(PROVIDER_ROLES)),
            ("sessionCookie", roles),
        )
        if fits
    ]


def _named(roles: Iterable[Role]) -> str:
    return ", ".join(role.replace("_", " ") for role in roles)


def _schema_name(error: Error) -> str:
    return f"{error.__name__}Problem"


def _facts(error: Error) -> list[str]:
    """Return the names of the facts that fill in the sentence, in the order of the English one."""
    places = [name for text in (error.en, error.zh) for _, name, _, _ in string.Formatter().parse(text) if name]
    return list(dict.fromkeys(places))


def _schema(error: Error) -> Json:
    facts: Json = {name: {"description": "A fact that the sentence mentions."} for name in _facts(error)}
    if error is InvalidInput:
        facts["errors"] = _FIELD_FAULTS
    elif "errors" in error.en:
        facts["errors"] = _FAULTS
    said: Json = {} if facts else {"examples": [error.en]}
    return {
        "type": "object",
        "title": _schema_name(error),
        "description": error.en,
        "properties": {
            "type": {"type": "string", "const": f"/problems/{error.code()}"},
            "title": {
                "type": "string",
                "description": "The sentence, in the language of Accept-Language.",
                **said,
            },
            "status": {"type": "integer", "const": error.status},
            "code": {"type": "string", "const": error.code()},
            **facts,
        },
        "required": ["type", "title", "status", "code", *facts],
    }


def _response(status: int, errors: list[Error]) -> Json:
    references = [{"$ref": f"#/components/schemas/{_schema_name(error)}"} for error in errors]
    schema: Json = references[0]
    if len(errors) > 1:
        mapping = {error.code(): reference["$ref"] for error, reference in zip(errors, references, strict=True)}
        schema = {"oneOf": references, "discriminator": {"propertyName": "code", "mapping": mapping}}
    described: Json = {
        "description": "\n".join(f"* `{error.code()}`: {error.en}" for error in errors),
        "content": {PROBLEM: {"schema": schema}},
    }
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        described["headers"] = {
            "Retry-After": {"description": "Seconds to wait before trying again.", "schema": {"type": "integer"}}
        }
    return described
