"""In which township and community a place is, by what was said of it and by its point."""

from typing import NamedTuple

from app.catalog.gazetteer import Known
from app.catalog.models import Guess
from app.catalog.snapshot import Snapshot

NEAR_KM = 1.0
"""As far from a community's point a place may be for the community to be guessed."""
FAR_KM = 50.0
"""A point so far from every township's is a slip."""


class Area(NamedTuple):
    """The codes, and which of them nobody has said."""

    township: str
    community: str | None
    guessed: Guess | None


def area_of(
    township: str | None, community: str | None, lat: float | None, lon: float | None, catalog: Snapshot
) -> Area | None:
    """The area of what was said; of the nearest known points what was not. None where nothing tells."""
    if community:
        return Area(catalog.communities[community].township_code, community, None)
    if lat is None or lon is None:
        return Area(township, None, None) if township else None
    near = catalog.gazetteer.nearest(lat, lon, Known.COMMUNITY, 20)
    within = [entry for km, entry in near if km <= NEAR_KM and township in (None, entry.township)]
    if within:
        said = Guess.COMMUNITY if township else Guess.TOWNSHIP
        return Area(within[0].township, within[0].community, said)
    if township:
        return Area(township, None, None)
    towns = catalog.gazetteer.nearest(lat, lon, Known.TOWNSHIP)
    nearest = min([*near[:1], *towns], key=lambda one: one[0])
    return Area(nearest[1].township, None, Guess.TOWNSHIP)


def away_km(lat: float, lon: float, catalog: Snapshot) -> float:
    """How far the nearest township's point is."""
    return catalog.gazetteer.nearest(lat, lon, Known.TOWNSHIP)[0][0]


def is_inside(lat: float, lon: float, catalog: Snapshot) -> bool | None:
    """Whether the point is within the bounds of the district's outline; None where they are not known."""
    if catalog.bounds is None:
        return None
    west, south, east, north = catalog.bounds
    return west <= lon <= east and south <= lat <= north
