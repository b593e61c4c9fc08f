"""Routes for the centre's own places, for staff."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response

from app.auth.access import Router, Transaction, acting, allow
from app.auth.models import Role
from app.catalog.current import CurrentCatalog
from app.events.act import Act
from app.exchange.process import run_files
from app.exchange.routes import BODY
from app.kit.geo import Crs
from app.kit.idempotency import SentKey, once
from app.kit.languages import Language, preferred_language
from app.kit.pages import Page, page
from app.kit.web import context_of
from app.places import actions, files, importing, queries
from app.places.schemas import ImportOut, NearestAsked, NearestOut, PlaceEdit, PlaceIn, PlaceOut, PlacesAsked

IMPORT_PATH = "/api/v1/places/import"

router = Router(tags=["catalogue"])
readers = [Depends(allow(Role.OPERATOR, Role.SUPERVISOR, Role.REGISTRAR, Role.MANAGER))]
Registrar = Annotated[Act, Depends(acting(Role.REGISTRAR))]


@router.get("/places", dependencies=readers)
async def list_places(
    request: Request, response: Response, tx: Transaction, asked: Annotated[PlacesAsked, Query()]
) -> Page[PlaceOut]:
    """List the centre's own places, in the order in which they were entered."""
    after = asked.after(UUID)
    rows = await queries.list_places(tx, asked, after and after[0], asked.limit + 1)
    return page(rows, asked, lambda place: (place.id,), PlaceOut.model_validate, request, response)


@router.post("/places", status_code=201)
async def add_place(
    body: PlaceIn, act: Registrar, tx: Transaction, catalog: CurrentCatalog, idempotency_key: SentKey = None
) -> PlaceOut:
    """Enter a place. It can be found at once."""
    key = once(act.who, idempotency_key, "POST /places", body)
    return await key.answer(tx, act.now, PlaceOut, lambda: actions.add_place(act, tx, body, catalog))


@router.post("/communities/nearest", dependencies=readers)
async def find_nearest(body: NearestAsked, catalog: CurrentCatalog) -> NearestOut:
    """Find the communities and townships nearest to a point.

    This is a POST so that a caller's location stays out of URLs.
    """
    return actions.find_nearest(body, catalog)


@router.post("/places/import", openapi_extra=BODY)
async def import_places(
    request: Request,
    catalog: CurrentCatalog,
    act: Registrar,
    crs: Annotated[Crs | None, Query(description="coordinate system of rows that do not name one")] = None,
    dry_run: Annotated[bool, Query(description="only show what would change")] = False,
    accept_language: Annotated[str, Header()] = "",
) -> ImportOut:
    """Import places from a CSV or XLSX file. A single faulty cell rejects the whole file."""
    language = preferred_language(accept_language, otherwise=Language.ZH)
    lines = await run_files("read", await request.body())
    async with context_of(request).files.begin() as tx:
        return await importing.import_places(act, tx, lines, crs, catalog, dry_run=dry_run, language=language)


@router.get(
    "/places/export",
    dependencies=readers,
    response_model=bytes,
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)
async def export_places(tx: Transaction, catalog: CurrentCatalog) -> Response:
    """Export all places that have not ended, as a CSV that the import accepts."""
    places = [PlaceOut.model_validate(place) for place in await queries.list_all(tx)]
    content = await asyncio.to_thread(files.write, places, catalog)
    return Response(
        content, media_type="text/csv", headers={"Content-Disposition": 'attachment; filename="places.csv"'}
    )


@router.get("/places/{place_id}", dependencies=readers)
async def read_place(place_id: UUID, tx: Transaction) -> PlaceOut:
    """Read a place, even one that has ended."""
    return PlaceOut.model_validate(await actions.get_place(tx, place_id))


@router.patch("/places/{place_id}")
async def edit_place(
    place_id: UUID, body: PlaceEdit, act: Registrar, tx: Transaction, catalog: CurrentCatalog
) -> PlaceOut:
    """Change the fields that the body sets. The place is then no longer a sample."""
    return await actions.edit_place(act, tx, place_id, body, catalog)


@router.put("/places/{place_id}/end")
async def end_place(place_id: UUID, act: Registrar, tx: Transaction) -> PlaceOut:
    """End the place, so that it is no longer found."""
    return await actions.end_place(act, tx, place_id)
