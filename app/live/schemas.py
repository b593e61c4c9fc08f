"""API schemas of the live stream."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class LiveEvent(BaseModel):
    """Something happened to this request or provider: read it again. `number` is the request's number."""

    seq: int
    at: datetime
    kind: str
    request_id: UUID | None
    number: int | None
    provider_id: UUID | None
