"""The catalogue as a dependency of routes."""

from typing import Annotated, cast

from fastapi import Depends, Request

from app.catalog.snapshot import Catalog, Snapshot


async def _current(request: Request) -> Snapshot:
    return await cast(Catalog, request.app.state.catalog).present()


CurrentCatalog = Annotated[Snapshot, Depends(_current)]
"""The process's current snapshot."""
