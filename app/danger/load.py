"""Loads the guides that come with the software, in force at once so that the desk can help from the first day.

A guide that the centre has written is left alone. One that nobody has touched follows the file.
"""

from typing import Any

from app.danger import queries
from app.danger.kinds import DangerKind
from app.danger.models import GuideStatus, GuideVersion
from app.danger.schemas import Guide
from app.danger.snapshot import DANGER_TOPIC, read_scripts
from app.danger.states import GUIDES
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.transition import record
from app.kit.db import Tx
from app.kit.ids import new_id


async def load_guides(act: Act, tx: Tx) -> None:
    """Load the guides that are new or changed in the file."""
    for kind, guide in read_scripts().items():
        await queries.lock_kind(tx, kind)
        versions = await queries.list_versions(tx, kind)
        former = next((one for one in versions if one.status == GuideStatus.APPROVED), None)
        if former and (former.written_by or Guide.model_validate(former.content) == guide):
            continue
        number = versions[0].number + 1 if versions else 1
        if former:
            await GUIDES.transition(act, tx, "supersede", former.id, data=facts(kind, number), ended_at=act.now)
        tx.session.add(
            GuideVersion(
                id=new_id(act.now),
                kind=kind,
                number=number,
                status=GuideStatus.APPROVED,
                content=content_of(guide),
                written_at=act.now,
                decided_at=act.now,
            )
        )
        await tx.flush()
        await record(act, tx, EventKind.GUIDE_APPROVED, data=facts(kind, number))
    tx.publish(DANGER_TOPIC)


def facts(kind: DangerKind, number: int) -> dict[str, Any]:
    """Return the event data that describes a version."""
    return {"danger": kind, "number": number}


def content_of(guide: Guide) -> dict[str, Any]:
    """Return the guide as a version's row stores it."""
    return guide.model_dump(mode="json", include=set(Guide.model_fields))
