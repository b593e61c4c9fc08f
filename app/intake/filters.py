"""What a list of requests can be narrowed to."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query

from app.auth.access import Principal
from app.auth.errors import NotAllowed
from app.auth.models import Role
from app.catalog.models import Kind, Tier
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
        if self.open is not None:
            conditions.append(Request.status.not_in(CLOSED) if self.open else Request.status.in_(CLOSED))
        if self.citizen_phone and not principal.roles & {Role.OPERATOR, Role.SUPERVISOR}:
            raise NotAllowed(roles=[Role.OPERATOR, Role.SUPERVISOR])
        if self.citizen_phone:
            conditions += [Citizen.id == Request.citizen_id, Citizen.phone == self.citizen_phone]
        if self.received_from:
            conditions.append(Request.received_at >= self.received_from)
        if self.received_to:
            conditions.append(Request.received_at < self.received_to)
        return conditions
