"""The guides for dangers as a dependency of routes."""

from typing import Annotated, cast

from fastapi import Depends, Request

from app.danger.snapshot import CachedDangers, Dangers


async def _current(request: Request) -> Dangers:
    return await cast(CachedDangers, request.app.state.dangers).present()


CurrentDangers = Annotated[Dangers, Depends(_current)]
"""The process's current guides."""
