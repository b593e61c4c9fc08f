"""Dispatching as the API reads and shows it."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.catalog.gazetteer import Known
from app.catalog.models import Tier
from app.catalog.schemas import Elsewhere
from app.intake.models import UnmatchedReason
from app.intake.schemas import DetailsIn, Name, Person, RequestOut, Text
from app.kit.errors import InvalidField
from app.kit.fields import Body, Code, Moment
from app.kit.pages import Paging
from app.kit.personal_words import Words
from app.kit.phones import OwnPhone
from app.kit.quantity import Quantity
from app.kit.terms import Term

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class MatchingResult(Term):
    """The result of looking for a provider."""

    OFFERED = "offered", "已派单", "offered", "It was offered to providers."
    WAITING = "waiting", "排队等候", "waiting", "All providers are full; it is matched again when one has capacity."
    DEFERRED = "deferred", "高峰排队", "deferred", "In a surge: it is matched by `deferred_until`; tell the citizen so."
    UNMATCHED = "unmatched", "无人接单", "unmatched", "No provider was found; a supervisor decides."
    POSTPONED = "postponed", "稍后派单", "postponed", "Others come first, or matching failed; the worker matches it."


class OfferMade(BaseModel):
    """A pending offer."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    provider_id: UUID
    provider_name: str
    rank: int
    expires_at: datetime


class MatchedFrom(BaseModel):
    """The point (WGS-84) from which distances are measured, and what it belongs to.

    It belongs to a place, to a community (accurate to about half a kilometre), or to a township (the same for the whole
    township).
    """

    point_of: Known
    lat: float
    lon: float
    place: UUID | None = Field(description="the place that was chosen or that the address names")
    zh: str
    en: str


class DispatchOut(BaseModel):
    """The request and its offers. `matching` is null if there was nothing to dispatch."""

    request: RequestOut
    matched_from: MatchedFrom | None = Field(default=None, description="for a new request only")
    elsewhere: list[Elsewhere] = Field(
        default_factory=list, description="places that the address names outside the area"
    )
    matching: MatchingResult | None = None
    offers: list[OfferMade] = Field(default_factory=list)
    unmatched_reason: UnmatchedReason | None = None
    surge: bool = Field(default=False, description="more requests wait than providers can take; see GET /surges")
    deferred_until: datetime | None = Field(
        default=None, description="tell the citizen that it waits until then at most"
    )
    undo_until: datetime | None = Field(
        default=None,
        description="until when a dispatch made just now can be undone",
    )


class SurgeFilter(Paging):
    """Whether to list only open surges, or all."""

    all: bool = Field(default=False, description="include past surges")


class SurgeIn(Body):
    """The category of the surge (null: all categories), and the reason."""

    category_code: Code | None = None
    reason: Reason


class SurgeOut(BaseModel):
    """A surge. `waiting` and `places` are the figures when it began; `began_by` is null if it began automatically."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    category_code: str | None
    reason: Words
    waiting: int
    places: int
    began_at: datetime
    began_by: UUID | None
    ended_at: datetime | None
    ended_by: UUID | None


class DirectOffer(Body):
    """The provider that the operator picked."""

    provider_id: UUID


class CancelIn(Body):
    """Why the request is cancelled."""

    reason: Reason


class WithdrawIn(Body):
    """Why the offer is withdrawn."""

    reason: Reason


class Correction(Body):
    """The right values of what was taken down wrongly, and why. What is left out does not change."""

    reason: Reason
    item: Annotated[str, StringConstraints(max_length=10)] | None = None
    area: Annotated[str, StringConstraints(max_length=12)] | None = None
    address: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    description: Text | None = None
    details: DetailsIn | None = Field(default=None, description="all answers, including those that were already right")
    contact_name: Name | None = None
    phone: OwnPhone | None = Field(
        default=None,
        description="whom the provider calls; also identifies the person helped, unless somebody else called for them",
    )
    helped: Person | None = Field(default=None, description="the person helped, if it is somebody else")
    callback: Person | None = Field(default=None, description="whom the centre calls back; null for the contact")
    unannounced: bool | None = Field(
        default=None, description="there is no number to call, and the provider comes without calling"
    )
    quantity: Quantity | None = None
    wanted_from: Moment | None = None
    wanted_to: Moment | None = None
    tier: Tier | None = None
    tier_fallback: Tier | None = Field(default=None, description="the dearest tier that the citizen agreed to")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        """Raise InvalidField if nothing is corrected, or if a required value is set to null."""
        named = self.model_fields_set - {"reason"}
        missing = {"item", "area", "description", "phone", "helped", "unannounced", "quantity", "tier"} & named
        missing = {name for name in missing if getattr(self, name) is None}
        if not named or missing:
            names = ", ".join(sorted(missing))
            raise InvalidField(
                f"{names} cannot be null" if names else "give at least one value to correct",
                f"{names} 不能为空" if names else "请写明要更正什么",
            )
        return self


class MergeIn(Body):
    """The request into which this one is merged."""

    parent_id: UUID


class ReopenIn(Body):
    """Why the request is reopened."""

    reason: Reason
    other_provider: bool = Field(default=False, description="the citizen does not want the same provider again")
