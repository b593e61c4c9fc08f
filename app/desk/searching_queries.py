"""SQL that finds requests, citizens and providers by a few characters."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, or_, select

from app.intake.filters import CLOSED, mentions
from app.intake.models import Citizen, Request
from app.kit.db import Tx
from app.kit.names import same_form
from app.kit.orm import word
from app.registry.models import Provider
from app.registry.queries import named

_OPEN = Request.status.not_in([word(status) for status in CLOSED])


async def list_requests(tx: Tx, words: str, number: int | None, limit: int) -> Sequence[Request]:
    """Return the request with this number, then open ones that contain the words, newest first."""
    found: list[Request] = []
    if number is not None:
        found += (await tx.session.execute(select(Request).where(Request.number == number))).scalars()
    seen: list[UUID] = [row.id for row in found]
    query = select(Request).where(_OPEN, mentions(words), Request.id.not_in(seen))
    query = query.order_by(Request.received_at.desc(), Request.id.desc()).limit(limit - len(found))
    return [*found, *(await tx.session.execute(query)).scalars()]


async def list_citizens(tx: Tx, words: str, phone: str | None, limit: int) -> Sequence[Citizen]:
    """Return the citizen with this phone, or those whose names begin with the words."""
    if not (form := same_form(words)):
        return []
    fits = func.same_form(Citizen.name).startswith(form, autoescape=True) if phone is None else Citizen.phone == phone
    query = select(Citizen).where(fits).order_by(func.same_form(Citizen.name), Citizen.id).limit(limit)
    return (await tx.session.execute(query)).scalars().all()


async def list_providers(tx: Tx, words: str, phone: str | None, limit: int) -> Sequence[Provider]:
    """Return providers with this phone, or with the words in their names.

    Names that begin with the words come first.
    """
    form = same_form(words)
    fits = Provider.phone == phone if phone else or_(*named(words))
    begins = func.same_form(Provider.name).startswith(form, autoescape=True)
    query = select(Provider).where(fits).order_by(begins.desc(), Provider.name, Provider.id).limit(limit)
    return (await tx.session.execute(query)).scalars().all()
