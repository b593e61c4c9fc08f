"""Turns the events of a request into timeline entries."""

from typing import Any

from app.desk.schemas import Happening
from app.events.kinds import EventKind
from app.kit.personal import mask_name, mask_phone


def show_happening(row: Any) -> Happening:
    """Return one timeline entry. Phones and names of citizens are masked."""
    data, words = row.data, row.words
    if row.kind == EventKind.JOB_APPOINTMENT_MOVED:
        data, words = data | {"agreed_by": mask_name(words)}, None
    return Happening(
        id=row.id,
        at=row.at,
        kind=row.kind,
        actor_kind=row.actor_kind,
        actor_name=row.staff_name or (row.provider_name if row.actor_kind == "provider" else None),
        on_behalf=row.on_behalf,
        provider_id=row.provider_id,
        provider_name=row.provider_name,
        channel=row.channel,
        phone=mask_phone(row.phone),
        words=words,
        data=data,
    )
