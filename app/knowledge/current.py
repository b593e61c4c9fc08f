"""The suggestion model as a dependency of routes."""

from typing import Annotated, cast

from fastapi import Depends, Request

from app.knowledge.learned import Model
from app.knowledge.model_in_force import CachedModel


async def _current(request: Request) -> Model:
    return await cast(CachedModel, request.app.state.model).present()


CurrentModel = Annotated[Model, Depends(_current)]
"""The process's present model."""
