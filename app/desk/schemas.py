"""What the desk shows beside the features' own answers."""

from datetime import datetime

from pydantic import BaseModel, Field

from app.intake.clocks import Clock
from app.intake.schemas import RequestOut


class RunningClock(BaseModel):
    """A clock that runs: yellow from `yellow_at` on, red from `due_at` on."""

    clock: Clock
    yellow_at: datetime
    due_at: datetime


class OpenRequest(BaseModel):
    """An open request and its running clocks, the first due first; a held or relayed one has none."""

    request: RequestOut
    clocks: list[RunningClock]
    handed_over: bool = Field(description="whoever followed it has gone home, and nobody has taken it over yet")
