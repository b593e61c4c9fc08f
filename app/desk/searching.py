"""Going somewhere by a few letters: requests, citizens and firms that fit."""

from app.auth.reveals import note_reveal
from app.desk import searching_queries
from app.desk.schemas import CitizenFound, DeskFound, FirmFound
from app.events.act import Act
from app.intake.filters import digits_of, phone_of, show_searched
from app.intake.views import show
from app.kit.db import Tx
from app.kit.personal import mask_name, mask_phone

MOST = 6


async def search(act: Act, tx: Tx, words: str) -> DeskFound:
    """At most six of each: requests by number, or open ones by their words; citizens by number or by how their name
    begins; firms by a part of their name or by their number."""
    await note_reveal(act, tx, "desk", "search", **show_searched(words))
    phone, digits = phone_of(words), digits_of(words)
    number = int(digits) if digits and len(digits) < 16 else None
    requests = await searching_queries.list_requests(tx, words, number, MOST)
    citizens = await searching_queries.list_citizens(tx, words, phone, MOST)
    firms = await searching_queries.list_firms(tx, words, phone, MOST)
    return DeskFound(
        requests=[show(row) for row in requests],
        citizens=[
            CitizenFound(
                id=row.id, name=mask_name(row.name), phone=mask_phone(row.phone), community_code=row.community_code
            )
            for row in citizens
        ],
        firms=[FirmFound.model_validate(row) for row in firms],
    )
