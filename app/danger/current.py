"""The guides of dangers as a route has them."""

from typing import Annotated, cast

from fastapi import Depends, Request

from app.danger.snapshot import Dangers, HeldDangers


async def _current(request: Request) -> Dangers:
    return await cast(HeldDangers, request.app.state.dangers).present()


CurrentDangers = Annotated[Dangers, Depends(_current)]
"""The process's present guides."""
