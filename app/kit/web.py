"""The edge of HTTP: a request's context and moment, problem documents, and the body limit."""

import json
import logging
from collections.abc import Mapping
from datetime import date, datetime
from email.utils import formatdate
from time import perf_counter
from typing import Annotated, Any, cast

import asyncpg
import orjson
from fastapi import Depends, FastAPI, Request, Response
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.params import Cookie, Header, Path
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kit.context import Context
from app.kit.errors import (
    BodyTooLarge,
    ConstraintViolated,
    DatabaseUnavailable,
    HotlineError,
    InternalError,
    InvalidField,
    InvalidInput,
    InvalidJson,
    OutcomeUnknown,
    TextUnstorable,
    UnknownParameter,
)
from app.kit.languages import Language, Wording, preferred_language, say
from app.kit.measuring import WAITED, count_call, route_of
from app.kit.tracing import HEADER, begin_trace, current_trace
from app.kit.wording import HTTP, field_message

BODY_LIMIT = 1_048_576
API = "/api/"
PRIVATE = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
DOCS = {"/docs", "/redoc"}
DOCS_POLICY = (
    b"content-security-policy",
    b"default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"worker-src blob:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
)
"""Swagger UI and ReDoc start from a script in the page and set inline styles."""
COMPRESSED_FROM = 16_384
"""Responses from this many bytes are compressed: first loads of the console are long, polled documents are short."""
SLOW_SECONDS = 2.0
"""A call that takes longer leaves a line in the log."""
TRACE = HEADER.lower().encode()
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
ELSEWHERE = (Path, Header, Cookie)

logger = logging.getLogger(__name__)


def context_of(request: Request) -> Context:
    """Return the process's context."""
    return cast(Context, request.app.state.context)


async def _now(request: Request) -> datetime:
    return context_of(request).clock.now()


Now = Annotated[datetime, Depends(_now)]
"""The moment at which this request counts as received."""


async def _today(request: Request, now: Now) -> date:
    return now.astimezone(context_of(request).settings.zone).date()


Today = Annotated[date, Depends(_today)]
"""The day of that moment in the centre's zone."""


async def refuse_misread_path(request: Request) -> None:
    """Refuse a literal path that was read as a parameter: `/places/searches` is not the place "searches".

    A dependency of all routes. Raises HTTPException (405).
    """
    if request.path_params and request.scope["path"] in _literal_paths(request.app):
        raise HTTPException(405)


def _literal_paths(app: FastAPI) -> dict[str, set[str]]:
    """Return the methods of each path without parameters."""
    if not hasattr(app.state, "literal_paths"):
        found: dict[str, set[str]] = {}
        for route in iter_route_contexts(app.routes):
            if isinstance(route.original_route, Route) and not route.param_convertors:
                found.setdefault(str(route.path), set()).update(route.methods or ())
        app.state.literal_paths = found
    return cast(dict[str, set[str]], app.state.literal_paths)


async def refuse_unknown_parameters(request: Request) -> None:
    """Refuse unknown query parameters, because a misspelt filter would return everything.

    A dependency of all routes. Raises UnknownParameter.
    """
    if not request.url.query:
        return
    parameters = get_flat_params(request.scope["route"].dependant)
    known = {parameter.alias for parameter in parameters if not isinstance(parameter.field_info, ELSEWHERE)}
    if unknown := sorted(request.query_params.keys() - known):
        raise UnknownParameter(unknown=unknown[:10], known=sorted(known) or ["—"])


def _language(request: Request) -> Language:
    return preferred_language(request.headers.get("accept-language", ""))


def _headers(language: Language) -> dict[str, str]:
    return {"Content-Language": language.tag, "Vary": "Accept-Language"}


def problem(request: Request, error: HotlineError, *, headers: dict[str, str] | None = None, **more: Any) -> Response:
    """Return the problem document of an error, in the caller's language."""
    language = _language(request)
    return Response(
        _json(error.document(language) | more),
        status_code=error.status,
        media_type="application/problem+json",
        headers=_headers(language) | (headers or {}),
    )


def _json(document: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(document, default=str)
    except orjson.JSONEncodeError:  # half a surrogate pair in what the caller sent, or a number of more than 64 bits
        return json.dumps(document, default=str).encode()


async def _hotline_error(request: Request, error: Exception) -> Response:
    known = cast(HotlineError, error)
    if isinstance(known, OutcomeUnknown) and request.method in SAFE_METHODS:
        known = DatabaseUnavailable()
    if known.status == 503:
        logger.warning("%s (%s)", known, known.__cause__)
    return problem(request, known, headers=known.headers())


async def _validation_error(request: Request, error: Exception) -> Response:
    details = cast(RequestValidationError, error).errors()
    if details and details[0]["type"] == "json_invalid":
        place = details[0]["loc"][-1]
        return problem(request, InvalidJson(place=place))
    language = _language(request)
    errors = [
        {
            "field": ".".join(str(part) for part in item["loc"]),
            "code": item["type"],
            "message": _field_message(item, language),
        }
        for item in details
    ]
    return problem(request, InvalidInput(), errors=errors)


def _field_message(item: dict[str, Any], language: Language) -> str:
    context = item.get("ctx", {})
    if isinstance(raised := context.get("error"), Exception):
        return say(raised, language) if isinstance(raised, InvalidField) else str(raised)
    return field_message(item["type"], context, language, str(item["msg"]))


async def _http_error(request: Request, error: Exception) -> Response:
    http = cast(HTTPException, error)
    if http.status_code == 413:
        limit = request.scope.get("body_limit", BODY_LIMIT)
        return problem(request, BodyTooLarge(limit=limit), headers={"Connection": "close"})
    if http.status_code == 400:  # FastAPI's error for a body that is not UTF-8 or is nested too deeply
        return problem(request, InvalidJson(place=getattr(http.__cause__, "start", 0)))
    headers = {"Allow": ", ".join(_methods_at(request))} if http.status_code == 405 else dict(http.headers or {})
    language = _language(request)
    words = HTTP.get(http.status_code) or Wording(f"请求未能处理（HTTP {http.status_code}）。", http.detail)
    title = say(words, language).format(allow=headers.get("Allow", ""))
    code = f"http_{http.status_code}"
    return Response(
        orjson.dumps({"type": "about:blank", "title": title, "status": http.status_code, "code": code}),
        status_code=http.status_code,
        media_type="application/problem+json",
        headers=_headers(language) | headers,
    )


def _methods_at(request: Request) -> list[str]:
    """Return all methods that the path supports. Each method has its own route."""
    path = request.scope["path"]
    if methods := _literal_paths(request.app).get(path):
        return sorted(methods)
    routes = [
        route
        for route in iter_route_contexts(request.app.routes)
        if isinstance(route.original_route, Route) and route.path_regex.match(path)
    ]
    return sorted({method for route in routes for method in route.methods or ()}) or ["GET", "HEAD"]  # a page


async def _unstorable(request: Request, error: Exception) -> Response:
    return problem(request, TextUnstorable())


async def _crash(request: Request, error: Exception) -> Response:
    # uvicorn closes the connection after an exception, and the middleware does not see this response
    return problem(request, InternalError(), headers={"Connection": "close", HEADER: current_trace() or ""})


async def _refused(request: Request, error: Exception) -> Response:
    constraint = getattr(error, "constraint_name", None)
    return problem(request, ConstraintViolated(constraint=constraint or type(error).__name__))


async def _dbapi_error(request: Request, error: Exception) -> Response:
    cause = getattr(cast(DBAPIError, error).orig, "__cause__", None)
    if isinstance(cause, asyncpg.IntegrityConstraintViolationError):
        return await _refused(request, cause)
    if isinstance(cause, asyncpg.DataError):
        return await _unstorable(request, cause)
    raise error


def install(app: FastAPI, larger: Mapping[str, int] | None = None) -> None:
    """Give the application its problem documents and its body limit.

    `larger` maps paths to their own limits, in bytes.
    """
    app.add_exception_handler(Exception, _crash)
    app.add_exception_handler(HotlineError, _hotline_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(asyncpg.IntegrityConstraintViolationError, _refused)
    app.add_exception_handler(asyncpg.DataError, _unstorable)
    app.add_exception_handler(DBAPIError, _dbapi_error)
    app.add_middleware(BodyLimit, larger=larger or {})
    app.add_middleware(Edge)
    app.add_middleware(GZipMiddleware, minimum_size=COMPRESSED_FROM, compresslevel=5)


class BodyLimit:
    """Middleware that responds with 413 as soon as a body is known to be too large, and reads no more of it.

    FastAPI's own max_body_size sends plain text, where callers are promised a problem document.
    """

    def __init__(self, app: ASGIApp, larger: Mapping[str, int]) -> None:
        self.app = app
        self.larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = scope["body_limit"] = self.larger.get(scope["path"], BODY_LIMIT)
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if length.isdigit() and int(length) > limit:
            await self._refuse(scope, receive, send)
            return
        seen = 0

        async def bounded() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise HTTPException(413)
            return message

        await self.app(scope, bounded, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = problem(Request(scope), BodyTooLarge(limit=scope["body_limit"]), headers={"Connection": "close"})
        await answer(scope, receive, send)


class Edge:
    """Middleware that gives every call its trace id, sets the headers of every response, and counts it.

    The Date is the centre's time, by which offers expire; callers adjust their own clocks to it. Headers also keep
    caches from storing API responses, and browsers from sending the API's addresses as referrers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = perf_counter()
        trace = begin_trace(next((value for name, value in scope["headers"] if name == TRACE), None))

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                now: datetime = scope["app"].state.context.clock.now()
                headers.append((b"date", formatdate(now.timestamp(), usegmt=True).encode()))
                headers.append((TRACE, trace.encode()))
                if scope["path"].startswith(API):
                    headers.extend(PRIVATE)
                elif scope["path"] in DOCS:
                    headers.append(DOCS_POLICY)
                _count(scope, message["status"], perf_counter() - begun)
            await send(message)

        try:
            await self.app(scope, receive, complete)
        except Exception:
            _count(scope, InternalError.status, perf_counter() - begun)
            raise


def _count(scope: Scope, status: int, seconds: float) -> None:
    count_call(scope, status, seconds)
    if seconds > SLOW_SECONDS and WAITED not in scope:
        method, route = route_of(scope)
        facts = {"method": method, "route": route, "status": status, "seconds": round(seconds, 3)}
        logger.warning("a slow call", extra=facts)
