"""Loads the sample registry. Loading it again changes nothing that registrars or providers have changed."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy.dialects.postgresql import insert

from app.auth.models import ProviderKey
from app.auth.tokens import token_hash, void_tokens
from app.kit.db import Tx
from app.kit.ids import new_id
from app.kit.orm import Model
from app.registry.expiry import review_paper
from app.registry.models import (
    MonthStatus,
    Provider,
    ProviderCoverage,
    ProviderHours,
    ProviderItem,
    ProviderMonth,
    ProviderPaper,
    Standing,
)
from app.sample import queries
from app.sample.registry import SampleProvider, generate_registry

DEMO = "demo"
"""The label of the keys with which a demo's providers sign in."""


def provider_id(number: int) -> UUID:
    """Return the id of the sample provider with this number, the same in every database."""
    return uuid5(NAMESPACE_OID, f"sample-provider/{number}")


async def load_registry(tx: Tx, reference: date, now: datetime) -> int:
    """Add the sample providers that are missing, as of the reference date. Returns how many.

    A provider that exists, or whose credit code is taken, is left alone with everything that belongs to it.
    """
    providers = {provider_id(provider.number): provider for provider in generate_registry(reference)}
    statement = insert(Provider).values([_provider(key, provider) for key, provider in providers.items()])
    added = await tx.session.execute(statement.on_conflict_do_nothing().returning(Provider.id))
    fresh = {key: providers[key] for key in added.scalars()}
    for part, rows in _parts(fresh, reference, now).items():
        await queries.copy(tx, part, rows)
    return len(fresh)


async def demo_keys(tx: Tx, now: datetime) -> dict[UUID, str]:
    """Create a new key for every sample provider, replacing those of the last demo. Only hashes are stored.

    Returns the secrets by provider.
    """
    samples = [provider_id(provider.number) for provider in generate_registry(now.date())]
    keys = {key: secrets.token_urlsafe(32) for key in await queries.list_existing(tx, samples)}
    await queries.revoke_keys(tx, DEMO, now)
    rows = [
        {"token_hash": token_hash(secret), "provider_id": key, "label": DEMO, "created_at": now}
        for key, secret in keys.items()
    ]
    await queries.copy(tx, ProviderKey, rows)
    await void_tokens(tx)
    return keys


_SAME_NAME = (
    "name", "kind", "uscc", "contact_name", "phone", "lat", "lon", "rung", "standing", "reached_by", "capacity",
    "joined_on",
)  # fmt: skip


def _provider(key: UUID, provider: SampleProvider) -> dict[str, Any]:
    return {name: getattr(provider, name) for name in _SAME_NAME} | {
        "id": key,
        "township_code": provider.township,
        "community_code": provider.community,
        "former_standing": Standing.ACTIVE if provider.standing is Standing.SUSPENDED else None,
    }


def _parts(
    providers: Mapping[UUID, SampleProvider], reference: date, now: datetime
) -> dict[type[Model], list[dict[str, Any]]]:
    """Return the rows that belong to these providers, by table."""
    each = providers.items()
    return {
        ProviderItem: [line for key, provider in each for line in _lines(key, provider, now)],
        ProviderPaper: [
            {
                "provider_id": key,
                "paper_code": paper.code,
                "number": paper.number,
                "issued_on": paper.issued_on,
                "expires_on": paper.expires_on,
                "look_on": reference if review.notice else review.next_on,
            }
            for key, provider in each
            for paper in provider.papers
            for review in [review_paper(paper.expires_on, reference)]
        ],
        ProviderCoverage: [
            {"provider_id": key, "township_code": township} for key, provider in each for township in provider.coverage
        ],
        ProviderHours: [
            {"provider_id": key, "weekday": weekday, "opens": opens, "closes": closes}
            for key, provider in each
            for weekday, opens, closes in provider.hours
        ],
        ProviderMonth: [
            {
                "provider_id": key,
                "month": month.month,
                "turnover_fen": month.turnover_fen,
                "profit_tax_fen": month.profit_tax_fen,
                "baseline": True,
                "id": new_id(now),
                "status": MonthStatus.LOCKED,
                "locked_at": now,
                "on_paper": True,
            }
            for key, provider in each
            if (month := provider.baseline)
        ],
    }


def _lines(key: UUID, provider: SampleProvider, now: datetime) -> Iterable[dict[str, Any]]:
    for line in provider.lines:
        yield {
            "id": new_id(now),
            "provider_id": key,
            "item_code": line.item,
            "tier": line.tier,
            "price_kind": line.price_kind,
            "price_fen": line.price_fen,
            "valid_from": line.valid_from,
            "valid_to": line.valid_to,
            "approved_at": now,
        }
