"""Requests and responses of applications: what applicants file and can follow, and what registrars see."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.admission.models import ApplicationStatus
from app.kit.fields import Body
from app.kit.pages import Paging
from app.kit.phones import ProviderPhone
from app.registry.models import ProviderKind, ReachedBy, Standing
from app.registry.schemas import Capacity, Code, HeldPaper, Hours, Name, PriceLine, ProviderIn, Shown, Townships, Uscc

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class ApplicationIn(Body):
    """What an applicant says about itself.

    Licences are typed in. Prices are proposals until a registrar approves them.
    """

    name: Name
    kind: ProviderKind
    uscc: Uscc | None = Field(default=None, description="Unified Social Credit Code; a company must have one")
    contact_name: Name
    phone: ProviderPhone
    area: Code = Field(description="code of the township or community where the applicant is based")
    reached_by: ReachedBy = ReachedBy.PHONE
    capacity: Capacity
    coverage: Townships
    hours: list[Hours] = Field(min_length=1, max_length=50)
    papers: list[HeldPaper] = Field(default=[], max_length=30)
    items: list[PriceLine] = Field(default=[], max_length=100)
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""

    def provider(self, *, distinct: bool) -> ProviderIn:
        """Return the application as a registrar would enter it. `distinct` is as in ProviderIn."""
        return ProviderIn.model_validate(self.model_dump(exclude={"note"}) | {"distinct": distinct})


class ApplicationFiled(BaseModel):
    """Keep both: you need them to follow the application."""

    number: int
    query_code: str


class ApplicationState(BaseModel):
    """The application's progress. Once it is entered, `standing` and `provider_number` come from the registry."""

    number: int
    status: ApplicationStatus
    filed_at: datetime
    decided_at: datetime | None
    reason: str | None
    provider_number: int | None
    standing: Standing | None


class Similar(BaseModel):
    """A provider with the same credit code, name or phone number."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: int
    name: str
    uscc: str | None
    phone: str
    standing: Standing


class ApplicationOut(Shown):
    """The application as the registrar sees it."""

    id: UUID
    number: int
    status: ApplicationStatus
    name: str
    uscc: str | None
    phone: str
    form: dict[str, Any]
    filed_at: datetime
    decided_at: datetime | None
    reason: str | None
    provider_id: UUID | None


class ApplicationDetail(ApplicationOut):
    similar: list[Similar]


class EntryIn(Body):
    distinct: bool = Field(
        default=False, description="confirms that a provider with the same name or phone number is another"
    )


class RefusalIn(Body):
    reason: Reason


class ApplicationsAsked(Paging):
    status: ApplicationStatus = ApplicationStatus.FILED
