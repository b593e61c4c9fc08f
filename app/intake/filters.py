"""The filters of the request list, and the search in its text, names, phones and numbers."""

from contextlib import suppress
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Query
from pydantic import BeforeValidator, StringConstraints, TypeAdapter, ValidationError, model_validator
from sqlalchemy import ColumnElement, and_, false, func, or_, select

from app.auth.errors import NotAllowed
from app.auth.models import Role
from app.catalog.models import Kind, Tier
from app.events.act import Act
from app.intake.models import Channel, Citizen, Request, RequestStatus, same_person
from app.kit.fields import Body, Code, Moment, RowNumber, check_span
from app.kit.free_text import without_control
from app.kit.names import same_form
from app.kit.orm import word
from app.kit.pages import Paging
from app.kit.personal import mask_free_text, mask_phone
from app.kit.phones import MOST_TYPED, Phone, without_extension

CLOSED = (RequestStatus.CLOSED, RequestStatus.CANCELLED, RequestStatus.MERGED)


_SAID = func.same_form(
    func.concat_ws(
        "|", Request.contact_name, Request.helped_name, Request.callback_name, Request.address, Request.description
    )
)
_PHONE = TypeAdapter[str](Phone)


_CALLED = [func.split_part(phone, ",", 1) for phone in (Request.contact_phone, Request.callback_phone)]
SHORTEST_END = 4
"""The fewest last digits that are searched as the end of a phone number."""


def mentions(q: str) -> ColumnElement[bool]:
    """Match requests by the search text `q`.

    A request matches if its names, address and description contain every word of `q` in any spelling, if `q` is its
    number or the last digits of a phone on it, or if `q` is the phone of its citizen, its caller or a person to call.
    """
    words = [word for word in map(same_form, q.split()) if word]
    found = [and_(*(_SAID.contains(word, autoescape=True) for word in words))] if words else []
    if (digits := digits_of(q)) and len(digits) < 16:
        found.append(Request.number == int(digits))
        if len(digits) >= SHORTEST_END and not q.strip().startswith("#"):
            found += [phone.endswith(digits) for phone in _CALLED]
    if number := phone_of(q):
        found += [*(phone == number for phone in _CALLED), _of(number)]
    return or_(false(), *found)


def digits_of(q: str) -> str | None:
    """Return the digits of `q` if it consists of nothing else, after an optional `#`; otherwise None."""
    digits = same_form(q).removeprefix("#")
    return digits if digits.isascii() and digits.isdigit() else None


def phone_of(q: str) -> str | None:
    """Return `q` as a phone number without its extension, or None if it is not one."""
    with suppress(ValidationError):
        return without_extension(_PHONE.validate_python(q))
    return None


def describe_search(q: str) -> dict[str, str]:
    """Describe a search for the audit log: whether `q` is a phone, a number or words, and `q` itself, masked."""
    if number := phone_of(q):
        return {"searched": "phone", "what": mask_phone(number)}
    if digits := digits_of(q):
        return {"searched": "number", "what": mask_phone(digits)}
    return {"searched": "words", "what": mask_free_text(q)}


def _of(number: str) -> ColumnElement[bool]:
    """Match requests in which the citizen with this number is helped or called for somebody else."""
    citizen = select(Citizen.id).where(Citizen.phone == number).scalar_subquery()
    return or_(Request.citizen_id == same_person(citizen), Request.caller_id == same_person(citizen))


_IN_ORDER = {*Paging.model_fields, "received_from", "received_to"}
"""Parameters that only select a part of the list."""
_FOUND_BY_INDEX = {"number", "citizen_id", "citizen_phone", "parent_id"}


class RequestFilter(Paging):
    """Filters of the request list. All given ones apply together."""

    number: RowNumber | None = None
    q: Annotated[
        Annotated[str, BeforeValidator(without_control), StringConstraints(max_length=50)] | None,
        Query(
            description="all of these words, in description, name or address; or a request number; or a phone or its "
            "last digits. To keep names and phones out of URLs, use `POST /requests/searches`"
        ),
    ] = None
    status: Annotated[list[RequestStatus] | None, Query(max_length=len(RequestStatus))] = None
    open: bool | None = None
    kind: Kind | None = None
    category: Code | None = None
    item: Code | None = None
    township: Code | None = None
    tier: Tier | None = None
    channel: Channel | None = None
    citizen_id: UUID | None = None
    citizen_phone: Annotated[
        Phone | None,
        Query(
            description="use `citizen_id`, or `q` of `POST /requests/searches`",
            json_schema_extra={"deprecated": True, "maxLength": MOST_TYPED},
        ),
    ] = None
    parent_id: UUID | None = None
    received_from: Moment | None = None
    received_to: Moment | None = None
    taken_by: Literal["me"] | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        check_span("received", self.received_from, self.received_to)
        return self

    @property
    def looks_through_history(self) -> bool:
        """Whether the filter has to scan past requests in order: no index on a number, citizen, parent or open work
        narrows it."""
        given = {name for name in type(self).model_fields if getattr(self, name) is not None} - _IN_ORDER
        open_only = self.open or (self.status and not set(self.status) & set(CLOSED))
        return bool(given) and not given & _FOUND_BY_INDEX and not open_only

    def conditions(self, act: Act) -> list[Any]:
        """Return the filter as SQL conditions. Raises NotAllowed when a manager searches for a citizen or for words."""
        equal = {
            Request.number: self.number,
            Request.kind: self.kind,
            Request.category_code: self.category,
            Request.item_code: self.item,
            Request.township_code: self.township,
            Request.tier: self.tier,
            Request.channel: self.channel,
            Request.parent_id: self.parent_id,
            Request.created_by: act.who if self.taken_by else None,
        }
        conditions: list[Any] = [column == value for column, value in equal.items() if value is not None]
        if self.status:
            conditions.append(Request.status.in_(self.status))
        if self.open or (self.status and not set(self.status) & set(CLOSED)):
            conditions.append(Request.status.not_in([word(status) for status in CLOSED]))  # for the partial index
        if self.open is False:
            conditions.append(Request.status.in_(CLOSED))
        by_person = self.citizen_id or self.citizen_phone or self.q is not None
        if by_person and not act.roles & {Role.OPERATOR, Role.SUPERVISOR}:
            raise NotAllowed(roles=[Role.OPERATOR, Role.SUPERVISOR])
        if self.citizen_id:
            person = same_person(self.citizen_id)
            conditions.append(or_(Request.citizen_id == person, Request.caller_id == person))
        if self.citizen_phone:
            conditions.append(_of(without_extension(self.citizen_phone)))
        if self.q is not None:
            conditions.append(mentions(self.q))
        if self.received_from:
            conditions.append(Request.received_at >= self.received_from)
        if self.received_to:
            conditions.append(Request.received_at < self.received_to)
        return conditions


class RequestSearch(RequestFilter, Body):
    """The filters of the request list as a body, so that numbers, names and addresses appear in no URL."""

    citizen_phone: Phone | None = None
