"""What dispatching looks like in the API."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.catalog.gazetteer import Known
from app.catalog.models import Tier
from app.catalog.schemas import Elsewhere
from app.intake.models import UnmatchedReason
from app.intake.schemas import DetailsIn, Name, Person, RequestOut, Text
from app.kit.errors import Unfit
from app.kit.fields import Body, Code, Moment
from app.kit.pages import Paging
from app.kit.phones import OwnPhone
from app.kit.quantity import Quantity
from app.kit.terms import Term

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class MatchingResult(Term):
    """What became of looking for a provider."""

    OFFERED = "offered", "已派单", "offered", "Providers were asked."
    WAITING = "waiting", "排队等候", "waiting", "Everybody is full; tried again as soon as there is room."
    DEFERRED = "deferred", "高峰排队", "deferred", "A surge: looked at by `deferred_until`, which the citizen is told."
    UNMATCHED = "unmatched", "无人接单", "unmatched", "Nobody was found; a supervisor decides."
    POSTPONED = "postponed", "稍后派单", "postponed", "Others come first, or matching failed: the worker does it."


class OfferMade(BaseModel):
    """An offer that is out."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    provider_id: UUID
    provider_name: str
    rank: int
    expires_at: datetime


class MatchedFrom(BaseModel):
    """The point (WGS-84) that distances are counted from, and whose it is: a place's own, a community's, good to half a
    kilometre or so, or a township's, which stands for all of it."""

    point_of: Known
    lat: float
    lon: float
    place: UUID | None = Field(description="the place that was chosen, or that the address names")
    zh: str
    en: str


class DispatchOut(BaseModel):
    """The request and whom it was offered to; `matching` is null where nothing was to be dispatched."""

    request: RequestOut
    matched_from: MatchedFrom | None = Field(default=None, description="of a new request")
    elsewhere: list[Elsewhere] = Field(default_factory=list, description="what the address names outside the area")
    matching: MatchingResult | None = None
    offers: list[OfferMade] = Field(default_factory=list)
    unmatched_reason: UnmatchedReason | None = None
    surge: bool = Field(default=False, description="more wait than providers can take; see GET /surges")
    deferred_until: datetime | None = Field(default=None, description="tell the citizen that it waits so long at most")
    undo_until: datetime | None = Field(
        default=None,
        description="of what went out just now: until then it can be undone, as if it had not been",
    )


class SurgeFilter(Paging):
    """Those that are on, or all."""

    all: bool = Field(default=False, description="the past ones too")


class SurgeIn(Body):
    """For which category, or for all; and why."""

    category_code: Code | None = None
    reason: Reason


class SurgeOut(BaseModel):
    """A surge; the figures are those of its beginning, and `began_by` is null where it began by itself."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    category_code: str | None
    reason: str
    waiting: int
    places: int
    began_at: datetime
    began_by: UUID | None
    ended_at: datetime | None
    ended_by: UUID | None


class DirectOffer(Body):
    """The operator's own pick."""

    provider_id: UUID


class CancelIn(Body):
    reason: Reason


class WithdrawIn(Body):
    reason: Reason


class Correction(Body):
    """What was taken down wrongly, as it ought to be, and why; what is left out stays as it is."""

    reason: Reason
    item: Annotated[str, StringConstraints(max_length=10)] | None = None
    area: Annotated[str, StringConstraints(max_length=12)] | None = None
    address: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    description: Text | None = None
    details: DetailsIn | None = Field(default=None, description="the answers as they ought to be, all of them")
    contact_name: Name | None = None
    phone: OwnPhone | None = Field(
        default=None, description="whom the firm calls; who is helped, unless another called"
    )
    helped: Person | None = Field(default=None, description="who is helped, if another than was taken down")
    callback: Person | None = Field(default=None, description="whom the centre calls back; null: the contact")
    unannounced: bool | None = Field(default=None, description="nobody can be called: the firm comes without")
    quantity: Quantity | None = None
    wanted_from: Moment | None = None
    wanted_to: Moment | None = None
    tier: Tier | None = None
    tier_fallback: Tier | None = Field(default=None, description="the citizen agreed to pay up to this tier")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        """An address, a name, a wanted time or a consent may be taken away; what must be there may not."""
        named = self.model_fields_set - {"reason"}
        missing = {"item", "area", "description", "phone", "helped", "unannounced", "quantity", "tier"} & named
        missing = {name for name in missing if getattr(self, name) is None}
        if not named or missing:
            names = ", ".join(sorted(missing))
            raise Unfit(
                f"null is no value of {names}" if names else "name what is to be corrected",
                f"{names} 不能为空" if names else "请写明要更正什么",
            )
        return self


class MergeIn(Body):
    """The request that goes on, into which this one is merged."""

    parent_id: UUID


class ReopenIn(Body):
    reason: Reason
    other_firm: bool = Field(default=False, description="the citizen does not want the same firm again")
