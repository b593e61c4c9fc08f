"""What a list of requests can be narrowed to."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query

from app.auth.access import Principal
from app.auth.errors import NotAllowed
from app.auth.models import Role
from app.catalog.models import Kind, Tier
from app.events.transition import word
from app.intake.models import Channel, Citizen, Request, RequestStatus
from app.kit.fields import Code, Moment, RowNumber
from app.kit.pages import Paging
from app.kit.personal import Phone

CLOSED = (RequestStatus.CLOSED, RequestStatus.CANCELLED, RequestStatus.MERGED)


class RequestFilter(Paging):
    """All of them together; each left out narrows nothing."""

    number: RowNumber | None = None
    status: Annotated[list[RequestStatus] | None, Query(max_length=len(RequestStatus))] = None
    open: bool | None = None
    kind: Kind | None = None
    category: Code | None = None
    item: Code | None = None
    township: Code | None = None
    tier: Tier | None = None
    channel: Channel | None = None
    citizen_phone: Phone | None = None
    parent_id: UUID | None = None
    received_from: Moment | None = None
    received_to: Moment | None = None
    taken_by: Literal["me"] | None = None

    @property
    def looks_through_history(self) -> bool:
        """Whether nothing but the order leads to the rows: neither one request, citizen or parent, nor open work."""
        found_by_index = self.number, self.citizen_phone, self.parent_id, self.open or None
        narrowed = self.kind, self.category, self.item, self.township, self.tier, self.channel, self.taken_by
        open_only = self.status and not set(self.status) & set(CLOSED)
        wants_some = any(narrowed) or self.status or self.open is not None
        return bool(wants_some and not open_only and all(value is None for value in found_by_index))

    def conditions(self, principal: Principal) -> list[Any]:
        """The filter in SQL. Raises NotAllowed when a manager asks for a citizen."""
        equal = {
            Request.number: self.number,
            Request.kind: self.kind,
            Request.category_code: self.category,
            Request.item_code: self.item,
            Request.township_code: self.township,
            Request.tier: self.tier,
            Request.channel: self.channel,
            Request.parent_id: self.parent_id,
            Request.created_by: principal.id if self.taken_by else None,
        }
        conditions: list[Any] = [column == value for column, value in equal.items() if value is not None]
        if self.status:
            conditions.append(Request.status.in_(self.status))
        if self.open or (self.status and not set(self.status) & set(CLOSED)):
            conditions.append(Request.status.not_in([word(status) for status in CLOSED]))  # as its partial index says
        if self.open is False:
            conditions.append(Request.status.in_(CLOSED))
        if self.citizen_phone and not principal.roles & {Role.OPERATOR, Role.SUPERVISOR}:
            raise NotAllowed(roles=[Role.OPERATOR, Role.SUPERVISOR])
        if self.citizen_phone:
            conditions += [Citizen.id == Request.citizen_id, Citizen.phone == self.citizen_phone]
        if self.received_from:
            conditions.append(Request.received_at >= self.received_from)
        if self.received_to:
            conditions.append(Request.received_at < self.received_to)
        return conditions
