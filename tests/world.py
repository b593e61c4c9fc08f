"""A small hotline for tests: the application over HTTP, its staff, and as many providers as a test wants."""

import asyncio
import contextlib
import itertools
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, cast
from uuid import UUID

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import select

from app.auth.models import STAFF_ROLES, ProviderKey, Role, Staff, StaffSession
from app.auth.tokens import token_hash
from app.catalog.snapshot import Snapshot
from app.events.act import SYSTEM, Act, Actor
from app.kit.clock import ManualClock
from app.kit.context import Context
from app.kit.ids import new_id
from app.main import bind, create_app
from app.matching.models import PolicyVersion
from app.matching.policy import Rules
from app.registry.models import (
    DEFAULT_RUNGS,
    PriceKind,
    Provider,
    ProviderCoverage,
    ProviderHours,
    ProviderItem,
    ProviderKind,
    ProviderPaper,
    ReachedBy,
    Standing,
)
from app.registry.uscc import CHARACTERS, check_character
from app.settings import Settings
from app.worker import run_due_steps, run_log_steps
from tests.promised import PromisedTransport

DOOR_LOCK = "LS01"  # urgent, needs the paper "lock"
DRAIN = "PE02"  # urgent, paid, low_fee and free, no papers
CLEANING = "HK01"  # booked, paid and low_fee
NANMEN = "330203001"
CHENGLANG = "330203001001"

_numbers = itertools.count(1)


@dataclass
class SampleProvider:
    """A provider in the database, with the key of its software."""

    id: UUID
    name: str
    client: AsyncClient


@dataclass
class World:
    """`operator`, `supervisor`, `registrar`, `manager` and `admin` are HTTP clients that have signed in."""

    context: Context
    catalog: Snapshot
    application: FastAPI
    transport: ASGITransport
    operator: AsyncClient
    supervisor: AsyncClient
    registrar: AsyncClient
    manager: AsyncClient
    admin: AsyncClient
    anonymous: AsyncClient
    clients: contextlib.AsyncExitStack
    staff_ids: dict[Role, UUID] = field(default_factory=dict)

    @property
    def clock(self) -> ManualClock:
        return cast(ManualClock, self.context.clock)

    def advance(self, **span: float) -> None:
        """Let the centre's time pass."""
        self.clock.advance(timedelta(**span))

    async def client(self, token: str | None) -> AsyncClient:
        """Return an HTTP client with this token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        client = AsyncClient(
            transport=self.transport, base_url="http://hotline/api/v1", headers=headers, timeout=30, trust_env=False
        )
        return await self.clients.enter_async_context(client)

    async def add_provider(
        self,
        *items: str,
        tiers: tuple[str, ...] = ("paid",),
        townships: tuple[str, ...] | None = None,
        price_fen: int = 8_000,
        price_kind: PriceKind = PriceKind.QUOTE,
        papers: tuple[str, ...] | None = None,
        capacity: int = 5,
        reached_by: ReachedBy = ReachedBy.QUEUE,
        standing: Standing = Standing.ACTIVE,
        kind: ProviderKind = ProviderKind.COMPANY,
        hours: tuple[time, time] = (time(0), time(0)),
        point: tuple[float, float] = (29.86, 121.538),
        **facts: Any,
    ) -> SampleProvider:
        """Add an active provider of these items, everywhere and at all hours unless changed."""
        now = self.clock.now()
        provider_id, token, number = new_id(now), secrets.token_urlsafe(16), next(_numbers)
        name = f"海曙第{number}便民服务部"
        needed = {paper for item in items for paper in self.catalog.items[item].papers}
        async with self.context.db.begin() as tx:
            tx.session.add(
                Provider(
                    id=provider_id,
                    name=name,
                    kind=kind,
                    uscc=credit_code(number) if kind == ProviderKind.COMPANY else None,
                    contact_name="陈师傅",
                    phone=f"179{number:08d}",
                    township_code=NANMEN,
                    lat=point[0],
                    lon=point[1],
                    standing=standing,
                    former_standing=Standing.ACTIVE if standing == Standing.SUSPENDED else None,
                    reached_by=reached_by,
                    capacity=capacity,
                    **{"rung": DEFAULT_RUNGS[kind], "joined_on": date(2020, 1, 1)} | facts,
                )
            )
            await tx.flush()
            tx.session.add(
                ProviderKey(token_hash=token_hash(token), provider_id=provider_id, label="test", created_at=now)
            )
            tx.session.add_all(_lines(provider_id, items, tiers, price_kind, price_fen, now, self.catalog))
            for township in townships if townships is not None else self.catalog.townships:
                tx.session.add(ProviderCoverage(provider_id=provider_id, township_code=township))
            for weekday in range(1, 8):
                tx.session.add(ProviderHours(provider_id=provider_id, weekday=weekday, opens=hours[0], closes=hours[1]))
            for paper in papers if papers is not None else needed:
                tx.session.add(
                    ProviderPaper(
                        provider_id=provider_id,
                        paper_code=paper,
                        number=f"浙B{number:06d}",
                        issued_on=date(2025, 1, 1),
                        expires_on=date(2027, 12, 31),
                    )
                )
        return SampleProvider(provider_id, name, await self.client(token))

    async def create(self, item: str = DRAIN, *, client: AsyncClient | None = None, **facts: Any) -> Response:
        """Create a request as the operator would. Return the raw response."""
        headers = {"Idempotency-Key": facts.pop("key")} if "key" in facts else {}
        body = {
            "phone": "13957412345",
            "contact_name": "王阿姨",
            "area": CHENGLANG,
            "address": "澄浪路88弄12号302室",
            "item": item,
            "description": "厨房下水道堵了，水倒灌到地上",
        }
        return await (client or self.operator).post("/requests", json=body | facts, headers=headers)

    async def dispatch(self, item: str = DRAIN, **facts: Any) -> dict[str, Any]:
        """Create and dispatch a request. Return the answer."""
        response = await self.create(item, dispatch=True, **facts)
        assert response.status_code == 201, response.text
        return cast(dict[str, Any], response.json())

    async def complete(self, provider: SampleProvider, offer_id: str, amount_fen: int = 8_000) -> dict[str, Any]:
        """Accept, start, agree on the price and complete, as the provider. Return the job."""
        job = await ok(provider.client.put(f"/provider/offers/{offer_id}/acceptance"))
        await ok(provider.client.put(f"/provider/jobs/{job['id']}/start"))
        quote = {"amount_fen": amount_fen, "agreed_on_site": True}
        await ok(provider.client.put(f"/provider/jobs/{job['id']}/quote", json=quote))
        done = {"result": "疏通完毕，试水通畅", "amount_fen": amount_fen}
        return cast(dict[str, Any], await ok(provider.client.put(f"/provider/jobs/{job['id']}/completion", json=done)))

    async def status(self, request_id: str) -> str:
        """Return the request's present status."""
        return cast(str, (await ok(self.operator.get(f"/requests/{request_id}")))["status"])

    async def work(self) -> None:
        """Run the worker's steps until nothing is left to do."""
        while await run_due_steps(self.context, self.catalog):
            pass
        while await run_log_steps(self.context):
            pass


def act_at(moment: datetime, actor: Actor = SYSTEM) -> Act:
    """Return an act of the system, or of somebody else, at that moment."""
    return Act(actor, moment, Settings())


async def new_policy(world: World, **changes: Any) -> None:
    """Create a new version of the dispatch policy with these changes. A version is never edited."""
    async with world.context.db.begin() as tx:
        latest = (
            (await tx.session.execute(select(PolicyVersion).order_by(PolicyVersion.version.desc()))).scalars().first()
        )
        assert latest is not None
        now = world.clock.now()
        fresh = {"effective_from": now, "created_at": now, "note": "改派单规则", "withdrawn_at": None}
        kept = {name: getattr(latest, name) for name in Rules.model_fields} | {"category_code": None}
        tx.session.add(PolicyVersion(**kept | fresh | changes))


async def ok(call: Any) -> Any:
    """Return the JSON of a response that must be a success."""
    return decoded(await call)


def decoded(response: Response) -> Any:
    """Return the JSON of a response that must be a success."""
    assert response.is_success, f"{response.status_code}: {response.text}"
    return response.json() if response.content else None


async def refused(call: Any, status: int, code: str) -> dict[str, Any]:
    """Return the problem document of a response that must be refused like this."""
    response: Response = await call
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    problem = response.json()
    assert problem["code"] == code, problem
    assert response.headers["content-type"] == "application/problem+json"
    return cast(dict[str, Any], problem)


def credit_code(number: int) -> str:
    """Return a valid Unified Social Credit Code of Haishu."""
    body = f"91330203MA{CHARACTERS[number % 30]}{number:06d}"
    return body + check_character(body)


def _lines(
    provider_id: UUID,
    items: tuple[str, ...],
    tiers: tuple[str, ...],
    price_kind: PriceKind,
    price_fen: int,
    now: Any,
    catalog: Snapshot,
) -> list[ProviderItem]:
    return [
        ProviderItem(
            id=new_id(now),
            provider_id=provider_id,
            item_code=item,
            tier=tier,
            price_kind=PriceKind.FREE if tier == "free" else price_kind,
            price_fen=0 if tier == "free" else price_fen,
            valid_from=date(2026, 1, 1),
            approved_at=now,
        )
        for item in items
        for tier in tiers
        if tier in catalog.items[item].tiers
    ]


@cache
def the_application() -> FastAPI:
    """Return one application for all tests of this process, because FastAPI prepares its routes at their first use."""
    return create_app(Settings())


@asynccontextmanager
async def open_world(context: Context, catalog: Snapshot) -> AsyncIterator[World]:
    """Yield the application with its staff, listening to wake-ups."""
    connected = asyncio.Event()
    context.pubsub.on_message(lambda topics: connected.set())
    await context.pubsub.start()
    await connected.wait()
    application = the_application()
    bind(application, context)
    application.state.catalog.snapshot = catalog
    now = context.clock.now()
    tokens: dict[Role, str] = {role: secrets.token_urlsafe(16) for role in STAFF_ROLES}
    ids: dict[Role, UUID] = {role: new_id(now) for role in STAFF_ROLES}
    async with context.db.begin() as tx:
        for role in STAFF_ROLES:
            tx.session.add(
                Staff(id=ids[role], username=f"t.{role}", name=role, password_hash="!", roles=[role], created_at=now)
            )
            await tx.flush()
            tx.session.add(
                StaffSession(
                    token_hash=token_hash(tokens[role]),
                    staff_id=ids[role],
                    created_at=now,
                    expires_at=now + timedelta(days=400),
                )
            )
    async with contextlib.AsyncExitStack() as clients:
        transport = PromisedTransport(application, raise_app_exceptions=False)
        world = World(
            context=context,
            catalog=catalog,
            application=application,
            transport=transport,
            anonymous=cast(AsyncClient, None),
            clients=clients,
            staff_ids=ids,
            **dict.fromkeys((str(role) for role in STAFF_ROLES), cast(AsyncClient, None)),
        )
        world.anonymous = await world.client(None)
        for role in STAFF_ROLES:
            setattr(world, str(role), await world.client(tokens[role]))
        try:
            yield world
        finally:
            await context.pubsub.stop()
