"""The sample registry in the database: complete, loaded once, and never overwriting people's changes."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.auth.models import ProviderKey
from app.auth.queries import find_token
from app.auth.tokens import token_hash
from app.kit.clock import ManualClock
from app.kit.db import Database
from app.kit.ids import new_id
from app.kit.orm import Model
from app.registry.models import (
    ACTIVE_STANDINGS,
    Provider,
    ProviderCoverage,
    ProviderHours,
    ProviderItem,
    ProviderMonth,
    ProviderPaper,
    ReachedBy,
    Standing,
)
from app.sample.load import demo_keys, load_registry, provider_id

DAY = date(2026, 11, 24)
TABLES: tuple[type[Model], ...] = (
    Provider, ProviderItem, ProviderPaper, ProviderCoverage, ProviderHours, ProviderMonth,
)  # fmt: skip


async def load(db: Database, clock: ManualClock) -> int:
    async with db.begin() as tx:
        return await load_registry(tx, DAY, clock.now())


async def read_all(db: Database) -> dict[str, list[Any]]:
    async with db.begin() as tx:
        return {
            model.__tablename__: sorted(tuple(row) for row in await tx.session.execute(select(model.__table__)))
            for model in TABLES
        }


async def count(db: Database, model: type[Model], *conditions: Any) -> int:
    async with db.begin() as tx:
        found = await tx.session.execute(select(func.count()).select_from(model).where(*conditions))
        return found.scalar_one()


async def test_the_registry_is_loaded_once_and_keeps_what_people_changed(db: Database, clock: ManualClock) -> None:
    assert await load(db, clock) > 480
    async with db.begin() as tx:
        provider = await tx.session.get_one(Provider, provider_id(7))
        provider.name, provider.capacity = "海曙老陈管道疏通", 3
        line = select(ProviderItem).where(ProviderItem.provider_id == provider.id).limit(1)
        await tx.session.delete((await tx.session.execute(line)).scalar_one())
    before = await read_all(db)
    clock.advance(timedelta(days=40))
    assert await load(db, clock) == 0
    assert await read_all(db) == before


async def test_every_provider_is_whole(db: Database, clock: ManualClock) -> None:
    providers = await load(db, clock)
    for part in (ProviderItem, ProviderCoverage, ProviderHours):
        whole = select(part.provider_id).distinct().subquery()
        async with db.begin() as tx:
            assert (await tx.session.execute(select(func.count()).select_from(whole))).scalar_one() == providers
    assert await count(db, ProviderItem, ProviderItem.approved_at.is_(None)) == 0
    assert await count(db, ProviderPaper) > 100
    companies = await count(db, Provider, Provider.kind == "company")
    assert await count(db, ProviderMonth, ProviderMonth.baseline) == companies > 350
    assert await count(db, Provider, Provider.standing.in_(ACTIVE_STANDINGS)) > 470


async def test_a_provider_that_has_registered_itself_is_not_loaded_again(db: Database, clock: ManualClock) -> None:
    providers = await load(db, clock)
    async with db.begin() as tx:
        sample = await tx.session.get_one(Provider, provider_id(1))
        code = sample.uscc
        await tx.session.delete(sample)
        await tx.flush()
        own = Provider(
            rung="pledged_companies",
            id=new_id(clock.now()),
            name="宁波自家登记有限公司",
            kind="company",
            uscc=code,
            contact_name="周经理",
            phone="17905740000",
            township_code="330203001",
            lat=29.87,
            lon=121.54,
            standing=Standing.APPLIED,
            reached_by=ReachedBy.QUEUE,
            capacity=5,
        )
        tx.session.add(own)
    assert await load(db, clock) == 0
    assert await count(db, Provider) == providers
    assert await count(db, ProviderItem, ProviderItem.provider_id.in_([own.id, provider_id(1)])) == 0


async def holder(db: Database, secret: str, clock: ManualClock) -> UUID | None:
    async with db.begin() as tx:
        found = await find_token(tx, token_hash(secret), clock.now(), None)
        return found["id"] if found else None


async def test_a_demo_s_keys_open_for_their_provider_until_the_next_demo(db: Database, clock: ManualClock) -> None:
    providers = await load(db, clock)
    async with db.begin() as tx:
        first = await demo_keys(tx, clock.now())
    async with db.begin() as tx:
        second = await demo_keys(tx, clock.now())
    assert len(first) == len(second) == providers
    assert not set(first.values()) & set(second.values())
    for key in (provider_id(1), provider_id(providers)):
        assert await holder(db, first[key], clock) is None
        assert await holder(db, second[key], clock) == key
    assert await count(db, ProviderKey, ProviderKey.revoked_at.is_(None)) == providers
