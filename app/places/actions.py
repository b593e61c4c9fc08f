"""Entering, editing and ending places, and finding what is near a point."""

from typing import Any
from uuid import UUID

from app.auth.queries import add_audit
from app.catalog.errors import UnknownArea
from app.catalog.gazetteer import Entry, Known, reading_of
from app.catalog.models import Place
from app.catalog.snapshot import CATALOG_TOPIC, Snapshot
from app.events.act import Act
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.kit.geo import to_wgs84
from app.kit.ids import new_id
from app.places import queries
from app.places.areas import FAR_KM, area_of, away_km, is_inside
from app.places.errors import AreasDisagree, Nowhere, PlaceExists, TooFar
from app.places.schemas import NearestAsked, NearestOut, NearOut, PlaceEdit, PlaceIn, PlaceOut


async def get_place(tx: Tx, place_id: UUID) -> Place:
    """Return the place. Raises NotFound."""
    place = await tx.session.get(Place, place_id)
    if place is None:
        raise NotFound(what="place", key=str(place_id))
    return place


async def add_place(act: Act, tx: Tx, body: PlaceIn, catalog: Snapshot) -> PlaceOut:
    """Enter a place and return it. Raises PlaceExists, Nowhere, UnknownArea, AreasDisagree, TooFar."""
    await queries.lock_edits(tx)
    place = Place(id=new_id(act.now), sample=False, **facts_of(body, catalog))
    tx.session.add(place)
    return await _keep(act, tx, place, "place.entered", catalog)


async def edit_place(act: Act, tx: Tx, place_id: UUID, body: PlaceEdit, catalog: Snapshot) -> PlaceOut:
    """Change the fields that the body sets.

    The place is no longer a sample. Raises NotFound and the errors of add_place.
    """
    place = await _lock(tx, place_id)
    said = body.model_dump(exclude_unset=True)
    said = {name: value for name, value in said.items() if value is not None or name not in ("kind", "zh")}
    kept = PlaceOut.model_validate(place).model_dump(include=set(PlaceEdit.model_fields))
    if place.guessed and not said.keys() & {"township_code", "community_code"} and {"lat", "lon"} <= said.keys():
        kept |= {"community_code": None} | ({"township_code": None} if place.guessed == Known.TOWNSHIP else {})
    if "zh" in said:
        kept |= {"pinyin": None}
    if said.get("township_code") not in (None, place.township_code):
        kept |= {"community_code": None}
    elif "community_code" in said:
        kept |= {"township_code": None if said["community_code"] else place.township_code}
    for name, value in facts_of(PlaceIn.model_validate(kept | said), catalog).items():
        setattr(place, name, value)
    place.sample = False
    return await _keep(act, tx, place, "place.edited", catalog)


async def end_place(act: Act, tx: Tx, place_id: UUID) -> PlaceOut:
    """End the place, so that it is no longer found. A repeated call changes nothing. Raises NotFound."""
    place = await _lock(tx, place_id)
    if place.ended_at is None:
        place.ended_at = place.changed_at = act.now
        await _note(act, tx, "place.ended", place)
    return PlaceOut.model_validate(place)


async def _lock(tx: Tx, place_id: UUID) -> Place:
    await queries.lock_edits(tx)
    place = await queries.lock_place(tx, place_id)
    if place is None:
        raise NotFound(what="place", key=str(place_id))
    return place


async def _keep(act: Act, tx: Tx, place: Place, action: str, catalog: Snapshot) -> PlaceOut:
    with tx.session.no_autoflush:
        other = await queries.find_present(tx, place.zh, place.kind, place.township_code)
    if other and other is not place and place.ended_at is None:
        raise PlaceExists(zh=place.zh, township=catalog.townships[place.township_code].zh)
    place.changed_at = act.now
    await _note(act, tx, action, place)
    return PlaceOut.model_validate(place)


async def _note(act: Act, tx: Tx, action: str, place: Place) -> None:
    await tx.flush()
    await add_audit(act, tx, action, f"place:{place.id}", name=place.zh)
    tx.publish(CATALOG_TOPIC)


def facts_of(body: PlaceIn, catalog: Snapshot) -> dict[str, Any]:
    """Return the columns of a place for this body. Raises Nowhere, UnknownArea, AreasDisagree, TooFar."""
    township, community = body.township_code, body.community_code
    if township and township not in catalog.townships:
        raise UnknownArea(area=township)
    if community and community not in catalog.communities:
        raise UnknownArea(area=community)
    if township and community and catalog.communities[community].township_code != township:
        raise AreasDisagree(community=community, township=township)
    lat, lon = body.lat, body.lon
    if lat is not None and lon is not None:
        lat, lon = (round(degrees, 6) for degrees in to_wgs84(lat, lon, body.crs))
        away = away_km(lat, lon, catalog)
        if away > FAR_KM:
            raise TooFar(km=round(away))
    area = area_of(township, community, lat, lon, catalog)
    if area is None:
        raise Nowhere
    return {
        "kind": body.kind,
        "zh": body.zh,
        "en": body.en,
        "aliases": body.aliases,
        "pinyin": body.pinyin or reading_of(body.zh, catalog.communities.values()),
        "township_code": area.township,
        "community_code": area.community,
        "guessed": area.guessed,
        "lat": lat,
        "lon": lon,
    }


def find_nearest(asked: NearestAsked, catalog: Snapshot) -> NearestOut:
    """Return the communities and townships whose points are nearest."""
    lat, lon = to_wgs84(asked.lat, asked.lon, asked.crs)
    communities, townships = (
        [_near(km, entry) for km, entry in catalog.gazetteer.nearest(lat, lon, kind, asked.limit)]
        for kind in (Known.COMMUNITY, Known.TOWNSHIP)
    )
    return NearestOut(communities=communities, townships=townships, inside=is_inside(lat, lon, catalog))


def _near(km: float, entry: Entry) -> NearOut:
    return NearOut(code=entry.code, zh=entry.zh, en=entry.en, township_code=entry.township, distance_m=round(km * 1000))
