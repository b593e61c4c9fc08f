"""The township and community of a place, from its codes and its point."""

from typing import NamedTuple

from app.catalog.gazetteer import Known
from app.catalog.models import Guess
from app.catalog.snapshot import Snapshot

NEAR_KM = 1.0
"""A community is guessed if its point is at most this far away."""
FAR_KM = 50.0
"""A point farther than this from every township is taken for a typing error."""


class Area(NamedTuple):
    """The codes of an area, and which of them were guessed."""

    township: str
    community: str | None
    guessed: Guess | None


def area_of(
    township: str | None, community: str | None, lat: float | None, lon: float | None, catalog: Snapshot
) -> Area | None:
    """Return the area with these codes, guessing missing ones from the nearest known points.

    None if nothing is given.
    """
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
    """Return the distance to the nearest township's point, in kilometres."""
    return catalog.gazetteer.nearest(lat, lon, Known.TOWNSHIP)[0][0]


def is_inside(lat: float, lon: float, catalog: Snapshot) -> bool | None:
    """Return whether the point is within the bounding box of the district, or None if the box is unknown."""
    if catalog.bounds is None:
        return None
    west, south, east, north = catalog.bounds
    return west <= lon <= east and south <= lat <= north
