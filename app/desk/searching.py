"""The desk's quick search for requests, citizens and providers."""

from app.auth.models import RevealReason
from app.auth.reveals import note_reveal
from app.desk import searching_queries
from app.desk.schemas import CitizenFound, DeskFound, ProviderFound
from app.events.act import Act
from app.intake.filters import describe_search, digits_of, phone_of
from app.intake.views import show
from app.kit.db import Tx
from app.kit.personal import mask_name, mask_phone

MOST = 6
"""The most matches of each sort."""


async def search(act: Act, tx: Tx, words: str) -> DeskFound:
    """Return at most six requests, citizens and providers each. The search is recorded in the audit log.

    Requests match by number, and open ones also by their words; citizens by phone or the beginning of their name;
    providers by phone or a part of their name.
    """
    await note_reveal(act, tx, "desk", RevealReason.SEARCH, **describe_search(words))
    phone, digits = phone_of(words), digits_of(words)
    number = int(digits) if digits and len(digits) < 16 else None
    requests = await searching_queries.list_requests(tx, words, number, MOST)
    citizens = await searching_queries.list_citizens(tx, words, phone, MOST)
    providers = await searching_queries.list_providers(tx, words, phone, MOST)
    return DeskFound(
        requests=[show(row) for row in requests],
        citizens=[
            CitizenFound(
                id=row.id, name=mask_name(row.name), phone=mask_phone(row.phone), community_code=row.community_code
            )
            for row in citizens
        ],
        providers=[ProviderFound.model_validate(row) for row in providers],
    )
