"""Gives routes the current catalogue and dangers together."""

from typing import Annotated

from fastapi import Depends

from app.catalog.current import CurrentCatalog
from app.danger.current import CurrentDangers
from app.intake.danger import Known


async def _known(catalog: CurrentCatalog, dangers: CurrentDangers) -> Known:
    return Known(catalog, dangers)


CurrentlyKnown = Annotated[Known, Depends(_known)]
