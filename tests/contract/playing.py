"""Plays the API document's examples: calls operations by their ids and records requests and responses."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from httpx import AsyncClient

from app.contract.document import Contract
from tests.world import World

Example = dict[str, Any]
MOST_OF_A_LIST = 2
LONGEST_TEXT = 500
SHOWN = {
    "code": "492817",
    "key": "hotline-key-of-the-firm",
    "proof": "9f86d081884c7d65",
    "token": "the-last-part-of-the-link",
}
"""Values that differ in every run, and what the example shows instead."""
SECRET = {"token", "key", "secret", "password", "uri", "qr", "query_code", "path"}
"""Members of responses that no example shows."""
_ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass
class Stage:
    """A world in which examples are played. The first call of each operation becomes its example."""

    world: World
    contract: Contract
    played: dict[str, Example] = field(default_factory=dict)
    _ids: dict[str, str] = field(default_factory=dict)

    async def call(self, operation_id: str, client: AsyncClient, *, body: Any = None, **parameters: Any) -> Any:
        """Call the operation as a generated client would. Return the response, which must be a success.

        `body` is sent as JSON, or as text/csv if it is bytes. Parameter names may have underscores for dashes.
        """
        operation = next(one for one in self.contract.operations if self._described(one)["operationId"] == operation_id)
        places = {one["name"]: one["in"] for one in self._described(operation).get("parameters", ())}
        named = {name if name in places else name.replace("_", "-"): value for name, value in parameters.items()}
        assert named.keys() <= places.keys(), f"{operation_id} has no {named.keys() - places.keys()}"
        of = {place: {name: named[name] for name in named if places[name] == place} for place in set(places.values())}
        headers = {name: str(value) for name, value in of.get("header", {}).items()}
        if isinstance(body, bytes):
            headers["Content-Type"] = "text/csv"
        response = await client.request(
            operation.method,
            f"http://hotline{operation.path.format_map(of.get('path', {}))}",
            params=of.get("query"),
            headers=headers,
            **{} if body is None else {"content" if isinstance(body, bytes) else "json": body},
        )
        assert response.is_success, f"{operation_id}: {response.status_code} {response.text}"
        kind = response.headers.get("content-type", "").partition(";")[0]
        readable = response.content and kind in ("application/json", "text/csv")
        answer = (response.json() if kind == "application/json" else response.text) if readable else None
        if operation_id not in self.played:
            shown = {name: value for name, value in SHOWN.items() if isinstance(body, dict) and name in body}
            example = {
                "parameters": named | {name: SHOWN[name] for name in SHOWN.keys() & named.keys()},
                "body": body | shown if shown else body.decode() if isinstance(body, bytes) else body,
                "status": str(response.status_code),
                "kind": kind,
                "answer": _shortened(answer),
            }
            self.played[operation_id] = self._fixed(
                {name: one for name, one in example.items() if one not in (None, {})}
            )
        return answer

    def _described(self, operation: Any) -> dict[str, Any]:
        described: dict[str, Any] = self.contract.document["paths"][operation.path][operation.method.lower()]
        return described

    def _fixed(self, example: Example) -> Example:
        """Replace ids with ones that are the same in every run, and remove secrets."""

        def fixed(match: re.Match[str]) -> str:
            return self._ids.setdefault(match[0], f"01a20b48-0900-7000-8000-{len(self._ids) + 1:012x}")

        text = json.dumps(example, ensure_ascii=False, default=str)
        fresh: Example = json.loads(_ID.sub(fixed, text))
        return fresh


def _shortened(answer: Any) -> Any:
    """Keep what shows the shape: the first two elements of lists, and the beginning of long texts."""
    if isinstance(answer, list):
        return [_shortened(one) for one in answer[:MOST_OF_A_LIST]]
    if isinstance(answer, dict):
        return {name: "…" if name in SECRET and value else _shortened(value) for name, value in answer.items()}
    return answer[:LONGEST_TEXT] if isinstance(answer, str) else answer
