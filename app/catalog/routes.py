"""Routes for the catalogue and the gazetteer, for everybody who works with them."""

import asyncio
from typing import Annotated

from fastapi import Depends, Query

from app.auth.access import Router, Transaction, acting, allow
from app.auth.models import Role
from app.catalog import actions
from app.catalog.current import CurrentCatalog
from app.catalog.gazetteer import letters_of
from app.catalog.schemas import (
    CategoryOut,
    CommunityOut,
    EntitlementOut,
    GroupOut,
    ItemEdit,
    ItemOut,
    PaperKindOut,
    PlaceSearch,
    PlacesFound,
    TownshipOut,
)
from app.events.act import Act
from app.kit.fields import Code
from app.kit.names import same_form

router = Router(tags=["catalogue"])
anybody = [Depends(allow(*Role))]


@router.get("/categories", dependencies=anybody)
async def list_categories(catalog: CurrentCatalog) -> list[CategoryOut]:
    """List the categories, in display order."""
    return [CategoryOut.model_validate(category) for category in catalog.categories.values()]


@router.get("/items", dependencies=anybody)
async def search_items(
    catalog: CurrentCatalog,
    q: Annotated[
        str | None, Query(max_length=100, description="Chinese, pinyin, initials, English, or a sentence")
    ] = None,
    category: Code | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 200,
) -> list[ItemOut]:
    """List the items that fit what the caller says, best first. Without `q`, list all items."""
    items = catalog.index.search(q, 200) if q else catalog.items.values()
    fitting = [item for item in items if category in (None, item.category_code)]
    return [ItemOut.model_validate(item) for item in fitting[:limit]]


@router.get("/items/{code}", dependencies=anybody)
async def read_item(code: Code, catalog: CurrentCatalog) -> ItemOut:
    """Return one item."""
    return ItemOut.model_validate(catalog.item(code))


@router.patch("/items/{code}")
async def edit_item(
    code: Code, body: ItemEdit, act: Annotated[Act, Depends(acting(Role.REGISTRAR))], tx: Transaction
) -> ItemOut:
    """Change an item's keywords, operator rule, questions, lines or cap. Every process applies the change at once."""
    return ItemOut.model_validate(await actions.edit_item(act, tx, code, body))


@router.get("/townships", dependencies=anybody)
async def list_townships(catalog: CurrentCatalog) -> list[TownshipOut]:
    """List the townships of the district."""
    return [TownshipOut.model_validate(township) for township in catalog.townships.values()]


@router.get("/communities", dependencies=anybody)
async def search_communities(
    catalog: CurrentCatalog,
    q: Annotated[str | None, Query(max_length=50, description="the name, its pinyin or initials")] = None,
    township: Code | None = None,
) -> list[CommunityOut]:
    """List communities whose name contains `q`, or whose pinyin or initials begin with it."""
    wanted = same_form(q or "").replace("'", "")
    return [
        CommunityOut.model_validate(community)
        for community in catalog.communities.values()
        if township in (None, community.township_code)
        and (
            not wanted
            or wanted in same_form(community.zh)
            or letters_of(community.pinyin).startswith(wanted)
            or community.initials.startswith(wanted)
        )
    ]


@router.post("/places/searches", dependencies=anybody)
async def search_places(body: PlaceSearch, catalog: CurrentCatalog) -> PlacesFound:
    """Find out where somebody is, based on what they say. This is a POST so that addresses stay out of URLs."""
    found = await asyncio.to_thread(catalog.gazetteer.search, body.words, body.limit)  # takes some milliseconds
    return PlacesFound(
        found=[actions.show_found(one, catalog) for one in found],
        elsewhere=actions.show_elsewhere(catalog.locate(body.area, None, body.words), catalog),
    )


@router.get("/groups", dependencies=anybody)
async def list_groups(catalog: CurrentCatalog) -> list[GroupOut]:
    """List the priority groups."""
    return [GroupOut.model_validate(group) for group in catalog.groups.values()]


@router.get("/paper-kinds", dependencies=anybody)
async def list_paper_kinds(catalog: CurrentCatalog) -> list[PaperKindOut]:
    """List the kinds of licences that an item requires of its provider, or that the centre requires of all."""
    return [PaperKindOut.model_validate(kind) for kind in catalog.paper_kinds.values()]


@router.get("/entitlements", dependencies=anybody)
async def list_entitlements(catalog: CurrentCatalog) -> list[EntitlementOut]:
    """List which groups are entitled to which cheaper tiers."""
    return [EntitlementOut.model_validate(rule) for rule in catalog.entitlements]
