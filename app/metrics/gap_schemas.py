"""API schemas for what the knowledge base lacks."""

from datetime import datetime

from pydantic import BaseModel, Field

from app.kit.personal_words import Words
from app.metrics.schemas import Rate


class FailedWords(BaseModel):
    """Words that a search did not find, and how often. Numbers and names are masked."""

    words: Words
    item: str | None
    times: int


class UnaidedItem(BaseModel):
    """An item that was answered without an article, and how often."""

    item: str
    times: int
    answers: int = Field(description="all answers for the item")


class UnusedArticle(BaseModel):
    """An article in force from which no answer came."""

    slug: str
    items: list[str]
    in_force_since: datetime


class SecondCall(BaseModel):
    """An article whose answers were followed by a request from the same citizen for the same item within seven days."""

    slug: str
    times: int
    answers: int


class Gaps(BaseModel):
    """What is missing or does not help, and the coverage so far.

    Up to a hundred of each kind are listed, the most frequent first.
    """

    in_force: int = Field(description="articles that a search can find today")
    samples: int = Field(description="articles in force that the centre has not checked")
    reviews_due: int
    answered_in_call: Rate = Field(description="requests answered in the call, of requests created")
    answered_by_article: Rate = Field(description="requests answered from an article, of those answered in the call")
    not_found: list[FailedWords]
    without_article: list[UnaidedItem]
    unused: list[UnusedArticle]
    called_again: list[SecondCall]
