"""The people of a request: the caller, the person helped, whom the provider calls and whom the centre calls back."""

from typing import Any, NamedTuple, Self

from app.intake.errors import NobodyToCall
from app.intake.schemas import Person, RequestIn
from app.kit.phones import is_service_line, without_extension


class People(NamedTuple):
    """The people of a new request: numbers that identify citizens (or None), names, and the request's columns."""

    helped: str | None
    helped_name: str | None
    caller: str | None
    caller_name: str | None
    columns: dict[str, Any]

    @classmethod
    def of(cls, body: RequestIn) -> Self:
        """Return the people of a new request, filling in what was not said.

        The provider calls the person helped, or the caller if that person has no number. The centre calls back the
        caller. The number of a service line, such as 12345 when it puts a citizen through, identifies nobody.
        """
        own = body.phone if body.phone and not is_service_line(body.phone) else None
        caller = Person.model_construct(name=body.contact_name, phone=own)  # both were validated
        helped = _named(body.helped) or caller
        contact = _named(body.contact) or (helped if helped.phone else caller)
        callback = _named(body.callback) or (caller if own else contact)
        for_another = identity(own) if identity(own) != identity(helped.phone) else None
        elsewhere = callback.phone is not None and callback != contact
        return cls(
            helped=identity(helped.phone),
            helped_name=helped.name,
            caller=for_another,
            caller_name=body.contact_name,
            columns={
                "contact_name": contact.name,
                "contact_phone": contact.phone,
                "helped_name": helped.name if contact != helped else None,
                "callback_name": callback.name if elsewhere else None,
                "callback_phone": callback.phone if elsewhere else None,
                "unannounced": body.unannounced and contact.phone is None,
            },
        )


def _named(person: Person | None) -> Person | None:
    """Return the person if they have a name or a number; otherwise nobody was named."""
    return person if person and (person.name or person.phone) else None


def identity(phone: str | None) -> str | None:
    """Return the number that identifies a citizen: without its extension."""
    return phone and without_extension(phone)


def check_callable(contact_phone: str | None, *, unannounced: bool) -> None:
    """Raise NobodyToCall if the provider has no number to call and nobody decided that it comes without calling."""
    if contact_phone is None and not unannounced:
        raise NobodyToCall
