"""The FastAPI application: its routers, health checks, and what a process opens and closes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel
from sqlalchemy import text

from app.admission.routes import router as admission
from app.aftercare.routes import router as aftercare
from app.auth.access import Authenticator, public
from app.auth.routes import router as auth
from app.auth.staff_routes import router as staff
from app.calls.routes import router as calls
from app.catalog.routes import router as catalog
from app.catalog.snapshot import Catalog
from app.complaints.routes import router as complaints
from app.console.pages import Console
from app.contract.about import ABOUT, CONTACT, LICENCE, SERVERS, TAGS
from app.contract.document import DOCUMENT_PATH, operation_id, promise
from app.credit.routes import router as credit
from app.danger.recognising import trained_model
from app.danger.routes import router as dangers
from app.danger.snapshot import CachedDangers
from app.desk.routes import router as desk
from app.dispatch.routes import router as dispatch
from app.dispatch.surge_routes import router as surges
from app.exchange.routes import BODY_LIMIT as EXCHANGE_LIMIT
from app.exchange.routes import IMPORT_PATH as EXCHANGE_PATH
from app.exchange.routes import router as exchange
from app.intake.routes import citizens_router as citizens
from app.intake.routes import router as intake
from app.jobs.provider_routes import router as provider_queue
from app.jobs.staff_routes import router as jobs
from app.kit.context import Context
from app.kit.context import open_context as open_process
from app.kit.db import Prepared, Row, Tx
from app.kit.errors import DatabaseBusy, DatabaseReadOnly, DatabaseUnavailable
from app.kit.quotas import Quotas
from app.kit.waiting import SharedReads
from app.kit.web import Now, context_of, install, refuse_misread_path, refuse_unknown_parameters
from app.knowledge.model_in_force import CachedModel
from app.knowledge.routes import IMPORT_LIMIT as KNOWLEDGE_LIMIT
from app.knowledge.routes import IMPORT_PATH as KNOWLEDGE_PATH
from app.knowledge.routes import router as knowledge
from app.knowledge.routes import suggestions
from app.knowledge.suggesting import Suggester
from app.live.routes import router as live_stream
from app.live.tail import Tail
from app.matching.routes import router as matching
from app.metrics.gap_routes import router as gaps
from app.metrics.routes import router as metrics
from app.monitoring.routes import router as monitoring
from app.places.routes import IMPORT_PATH as PLACES_PATH
from app.places.routes import router as places
from app.privacy.routes import router as privacy
from app.registry.hours_routes import router as provider_hours
from app.registry.month_routes import router as months
from app.registry.notice_routes import router as notices
from app.registry.paper_routes import router as provider_papers
from app.registry.routes import router as registry
from app.settings import Settings
from app.statement.routes import router as statement
from app.supervision.routes import router as supervision
from app.webhooks.routes import messages as webhook_messages
from app.webhooks.routes import router as webhooks
from app.workdays.routes import router as workdays

health = APIRouter(prefix="/health", tags=["health"])


READY_SECONDS = 4
"""A database that does not answer within this many seconds counts as down."""


class Health(BaseModel):
    status: str


class Readiness(Health):
    """Whether the database accepts changes and the worker keeps up.

    `worker_silent_seconds` is how long ago the worker last reported (null: never), `log_lag_seconds` how long the
    oldest event has waited for its number, `failing_steps` names the worker's failing steps, and `set_aside` counts
    subjects it gave up on.
    """

    worker_silent_seconds: int | None
    log_lag_seconds: int
    failing_steps: list[str]
    set_aside: int


@health.get("/live", dependencies=[Depends(public)])
async def read_liveness() -> Health:
    """Report that the process is running."""
    return Health(status="ok")


_READY = Prepared(
    text(
        """
SELECT current_setting('transaction_read_only') = 'on' AS read_only,
    (SELECT max(beat_at) FROM worker_steps) AS beat_at,
    (SELECT at FROM events WHERE seq IS NULL ORDER BY id LIMIT 1) AS oldest,
    ARRAY(SELECT step FROM worker_steps WHERE failing_since IS NOT NULL ORDER BY step) AS failing,
    (SELECT count(*) FROM step_troubles WHERE retry_at IS NULL) AS set_aside
"""
    )
)


async def _read_readiness(tx: Tx) -> Row:
    [row] = await tx.rows(_READY)
    if row["read_only"]:
        raise DatabaseReadOnly  # raised here so that the connection to a demoted server is not reused
    return row


@health.get("/ready", dependencies=[Depends(public)])
async def read_readiness(request: Request, now: Now) -> Readiness:
    """Report that the database accepts changes, and how far the worker is behind.

    Responds with 503 if the database does not accept changes.
    """
    try:
        async with asyncio.timeout(READY_SECONDS):
            row = await context_of(request).db.read(_read_readiness)
    except (TimeoutError, asyncpg.UndefinedTableError) as error:  # no answer, or not yet migrated
        raise DatabaseUnavailable from error
    return Readiness(
        status="ok",
        worker_silent_seconds=row["beat_at"] and max(0, int((now - row["beat_at"]).total_seconds())),
        log_lag_seconds=max(0, int((now - row["oldest"]).total_seconds())) if row["oldest"] else 0,
        failing_steps=row["failing"],
        set_aside=row["set_aside"],
    )


def create_app(settings: Settings, context: Context | None = None) -> FastAPI:
    """Return the ASGI application. The lifespan opens a context unless the caller passes one."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            opened = context if context is not None else await stack.enter_async_context(open_process(settings))
            bind(app, opened)
            app.state.warming = asyncio.create_task(_warm(app))
            yield
            app.state.warming.cancel()

    app = FastAPIOffline(
        title="81890 hotline",
        version="0.1.0",
        description=ABOUT,
        contact=CONTACT,
        license_info=LICENCE,
        servers=SERVERS,
        openapi_tags=TAGS,
        openapi_url=DOCUMENT_PATH,
        swagger_ui_parameters={"docExpansion": "none", "filter": True},
        generate_unique_id_function=operation_id,
        lifespan=lifespan,
        dependencies=[Depends(refuse_misread_path), Depends(refuse_unknown_parameters)],
    )
    promise(app)
    install(app, larger={EXCHANGE_PATH: EXCHANGE_LIMIT, PLACES_PATH: EXCHANGE_LIMIT, KNOWLEDGE_PATH: KNOWLEDGE_LIMIT})
    for router in (
        desk,  # a call is compared with every route before its own, so the busiest routers come first
        provider_queue,
        suggestions,
        auth,
        staff,
        admission,
        intake,
        citizens,
        matching,
        dispatch,
        surges,
        jobs,
        calls,
        complaints,
        aftercare,
        supervision,
        catalog,
        places,
        dangers,
        knowledge,
        exchange,
        registry,
        provider_hours,
        provider_papers,
        notices,
        months,
        credit,
        statement,
        metrics,
        gaps,
        webhooks,
        privacy,
        live_stream,
        workdays,
    ):
        app.include_router(router, prefix="/api/v1")
    app.include_router(health)
    app.include_router(monitoring)
    app.webhooks.include_router(webhook_messages)
    app.router.default = Console()
    return app


async def _warm(app: FastAPI) -> None:
    """Prepare in advance what takes a second, so that no caller waits for it."""
    await asyncio.to_thread(trained_model)
    with contextlib.suppress(
        DatabaseUnavailable, DatabaseBusy, asyncpg.UndefinedTableError
    ):  # then the first call prepares it
        await app.state.dangers.present()
        await app.state.suggester.index(await app.state.catalog.present(), await app.state.model.present())


def bind(app: FastAPI, context: Context) -> None:
    """Make the application work in this context."""
    app.state.context = context
    app.state.authenticator = Authenticator(context)
    app.state.catalog = Catalog(context.db, context.pubsub)
    app.state.dangers = CachedDangers(context.db, context.pubsub)
    app.state.model = CachedModel(context.db, context.pubsub)
    app.state.suggester = Suggester()
    app.state.tail = Tail(context)
    app.state.quotas = Quotas(context.settings)
    app.state.reads = SharedReads()
