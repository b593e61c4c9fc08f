"""What the knowledge base lacks, in the API."""

from datetime import datetime

from pydantic import BaseModel, Field

from app.metrics.schemas import Rate


class FailedWords(BaseModel):
    """What was searched for and not found; numbers are masked."""

    words: str
    item: str | None
    times: int


class UnaidedItem(BaseModel):
    """An item that was answered without an article."""

    item: str
    times: int
    answers: int = Field(description="all answers for the item")


class UnusedArticle(BaseModel):
    """An article in force that no answer came from."""

    slug: str
    items: list[str]
    in_force_since: datetime


class SecondCall(BaseModel):
    """An article whose answers were followed by a request of the same citizen for the same item within seven days."""

    slug: str
    times: int
    answers: int


class Gaps(BaseModel):
    """What is missing or does not help, the most frequent first, at most a hundred of each; and how far it carries."""

    in_force: int = Field(description="articles that a search can find today")
    samples: int = Field(description="of them, those that the centre has not checked")
    reviews_due: int
    answered_in_call: Rate = Field(description="of requests created")
    answered_by_article: Rate = Field(description="of those answered in the call")
    not_found: list[FailedWords]
    without_article: list[UnaidedItem]
    unused: list[UnusedArticle]
    called_again: list[SecondCall]
