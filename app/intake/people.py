"""Who is who in a request: who calls, who is helped, whom the firm calls, and whom the centre calls back."""

from typing import Any, NamedTuple, Self

from app.intake.errors import NobodyToCall
from app.intake.schemas import Person, RequestIn
from app.kit.phones import is_service_line, without_extension


class People(NamedTuple):
    """`helped` and `caller` are citizens' numbers, None where there is none; `columns` are the request's."""

    helped: str | None
    helped_name: str | None
    caller: str | None
    caller_name: str | None
    columns: dict[str, Any]

    @classmethod
    def of(cls, body: RequestIn) -> Self:
        """As taken down. What was not said follows: the firm calls whoever is helped, if there is a number, else the
        caller; the centre calls back whoever has called. A service line (12345 puts somebody through) is nobody's
        number."""
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
    """Whoever has a name or a number; without either nobody was named."""
    return person if person and (person.name or person.phone) else None


def identity(phone: str | None) -> str | None:
    """The number by which a citizen is known."""
    return phone and without_extension(phone)


def check_callable(contact_phone: str | None, *, unannounced: bool) -> None:
    """Raises NobodyToCall where the firm has no number, and nobody decided that it comes without calling."""
    if contact_phone is None and not unannounced:
        raise NobodyToCall
