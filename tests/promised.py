"""Every problem that a test receives must be one that its operation declares."""

from functools import cache
from re import Pattern
from typing import Any, cast

import httpx
from fastapi import FastAPI
from httpx import ASGITransport
from starlette.routing import compile_path

from app.contract.document import PROBLEM, Contract

OF_ANY_ADDRESS = {"http_404", "http_405"}


class PromisedTransport(ASGITransport):
    """A transport that fails the test when the application answers with an undeclared problem."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if response.headers.get("content-type") == PROBLEM and request.method != "HEAD":
            await response.aread()
            contract: Contract = cast(FastAPI, self.app).state.contract
            fault = _fault(contract, request.method, request.url.path, response.json())
            assert fault is None, f"{request.method} {request.url.path} {fault}"
        return response


@cache
def _patterns(contract: Contract) -> list[tuple[str, Pattern[str], str]]:
    return [(one.method, compile_path(one.path)[0], one.path) for one in contract.operations]


def _fault(contract: Contract, method: str, path: str, answered: dict[str, Any]) -> str | None:
    """Return what is wrong with the problem, if anything."""
    code = answered["code"]
    if code in OF_ANY_ADDRESS:
        return None
    of = next((own for verb, pattern, own in _patterns(contract) if verb == method and pattern.match(path)), None)
    if of is None:
        return f"answers {code}, and is no operation"
    declared = next((one for one in contract.problems[method, of] if one.code() == code), None)
    if declared is None:
        return f"answers {code}, which its operation does not declare"
    schema = contract.document["components"]["schemas"][f"{declared.__name__}Problem"]
    missing = set(schema["required"]) - answered.keys()
    return f"answers {code} without {', '.join(sorted(missing))}" if missing else None
