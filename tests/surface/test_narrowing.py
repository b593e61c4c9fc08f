"""What counts as taken away from the API's users."""

from copy import deepcopy
from typing import Any

import pytest

from tests.surface.narrowing import narrowings

JOB = {"$ref": "#/components/schemas/Job"}
DOCUMENT: dict[str, Any] = {
    "paths": {
        "/jobs": {
            "get": {
                "parameters": [
                    {"name": "q", "in": "query", "schema": {"type": "string", "maxLength": 50}},
                    {"name": "day", "in": "query", "schema": {"type": "string", "format": "date"}, "required": False},
                ],
                "responses": {"200": {"content": {"application/json": {"schema": JOB}}}},
            },
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/JobIn"}}}},
                "responses": {"201": {}, "409": {}},
            },
        }
    },
    "components": {
        "schemas": {
            "Job": {
                "title": "Job",
                "type": "object",
                "properties": {
                    "status": {"type": "string", "enum": ["open", "done"]},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "parts": {"type": "array", "items": JOB},
                },
                "required": ["status", "note"],
            },
            "JobIn": {
                "title": "JobIn",
                "type": "object",
                "properties": {
                    "amount_fen": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]},
                    "reason": {"type": "string", "enum": ["busy", "far"]},
                },
                "required": ["reason"],
            },
        }
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the document with another value at this place. None removes it."""
    document = deepcopy(DOCUMENT)
    *way, last = [int(step) if len(step) == 1 else step for step in path.split("|")]
    place: Any = document
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return document


JOBS, SCHEMAS = "paths|/jobs", "components|schemas"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (JOBS, None, "GET /jobs is gone"),
        (f"{JOBS}|post", None, "POST /jobs is gone"),
        (f"{JOBS}|get|parameters|0", None, "GET /jobs: the parameter q (query) is gone"),
        (f"{JOBS}|get|parameters|1|required", True, "GET /jobs: the parameter day (query) is required now"),
        (f"{JOBS}|get|parameters|0|schema|maxLength", 20, "GET /jobs: the parameter q (query): maxLength is 20 now"),
        (f"{JOBS}|post|requestBody|required", True, "POST /jobs: a body is required now"),
        (f"{JOBS}|post|responses|409", None, "POST /jobs: the answer 409 is gone"),
        (f"{SCHEMAS}|Job|properties|note", None, "GET /jobs: answer 200.note is gone"),
        (f"{SCHEMAS}|Job|required", ["note"], "GET /jobs: answer 200.status may be absent now"),
        (f"{SCHEMAS}|Job|properties|status|enum", ["open"], "GET /jobs: answer 200.status: the value done is gone"),
        (f"{SCHEMAS}|Job|properties|status", {"type": "integer"}, "GET /jobs: answer 200.status: no string any more"),
        (
            f"{SCHEMAS}|Job|properties|parts|items",
            {"type": "string"},
            "GET /jobs: answer 200.parts[]: may be string now",
        ),
        (f"{SCHEMAS}|JobIn|required", ["reason", "amount_fen"], "POST /jobs: body.amount_fen is required now"),
        (
            f"{SCHEMAS}|JobIn|properties|amount_fen",
            {"type": "integer"},
            "POST /jobs: body.amount_fen: no null any more",
        ),
        (f"{SCHEMAS}|JobIn|properties|reason|enum", ["busy"], "POST /jobs: body.reason: the value far is gone"),
        (f"{SCHEMAS}|JobIn|properties|reason|pattern", "^b", "POST /jobs: body.reason: must match ^b now"),
        (f"{SCHEMAS}|JobIn|additionalProperties", False, "POST /jobs: body: other fields are refused now"),
    ],
)
def test_removals_are_named(path: str, value: Any, said: str) -> None:
    assert said in narrowings(DOCUMENT, changed(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("paths|/more", {"get": {"responses": {"200": {}}}}),
        (f"{JOBS}|get|responses|404", {}),
        (f"{JOBS}|get|parameters|0|schema|maxLength", 500),
        (f"{SCHEMAS}|Job|properties|more", {"type": "string"}),
        (f"{SCHEMAS}|Job|properties|status|enum", ["open", "done", "held"]),
        (f"{SCHEMAS}|Job|properties|note", {"type": "string"}),
        (f"{SCHEMAS}|JobIn|properties|more", {"type": "string"}),
        (f"{SCHEMAS}|JobIn|properties|amount_fen|anyOf|0", {"type": "number"}),
        (f"{SCHEMAS}|JobIn|required", []),
        (f"{SCHEMAS}|JobIn|properties|reason|enum", ["busy", "far", "other"]),
    ],
)
def test_additions_are_no_narrowing(path: str, value: Any) -> None:
    assert narrowings(DOCUMENT, changed(path, value)) == []
