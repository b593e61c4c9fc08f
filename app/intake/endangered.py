"""Danger before all else: what a request tells of it, and which emergency line has it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.danger.kinds import DangerKind
from app.danger.snapshot import Dangers
from app.events.kinds import EventKind
from app.events.topics import DISPATCH_TOPIC
from app.events.transition import Actor, record
from app.intake import queries
from app.intake.errors import AreaNeeded, DangerHeard, DangerNotRelayed, NoDanger, NotItsLine
from app.intake.models import Channel, RequestStatus
from app.intake.schemas import RequestIn
from app.kit.db import Row, Tx

SAFE: dict[str, None] = dict.fromkeys(("danger", "danger_lines", "danger_relayed_at", "danger_relayed_by"))
"""What a request without a danger says of it."""


class Told(NamedTuple):
    """What a new request tells: a danger, and whether only the words say so; or what an operator dismissed."""

    danger: DangerKind | None = None
    heard: bool = False
    dismissed: tuple[DangerKind, ...] = ()


def danger_told(body: RequestIn, dangers: Dangers) -> Told:
    """The operator's word; else what is heard in the text.

    On the phone an operator has to decide before the request is answered or dispatched: raises DangerHeard.
    """
    if body.danger:
        return Told(body.danger)
    heard = tuple(one.kind for one in dangers.hear(body.description))
    if not heard:
        return Told()
    if body.danger_dismissed:
        return Told(dismissed=heard)
    if body.answer or (body.dispatch and body.channel == Channel.PHONE):
        guide = dangers.guides[heard[0]]
        raise DangerHeard(danger=heard[0], danger_zh=guide.zh, danger_en=guide.en)
    return Told(heard[0], heard=True)


def is_endangered(request: Mapping[str, Any] | Row) -> bool:
    """Whether it tells of a danger that no emergency line has yet."""
    return request["danger"] is not None and request["danger_relayed_at"] is None


def check_relayed(request: Mapping[str, Any] | Row) -> None:
    """Raises DangerNotRelayed while no emergency line has the danger."""
    if is_endangered(request):
        raise DangerNotRelayed


def check_may_go_out(request: Mapping[str, Any] | Row) -> None:
    """Before every way to a company. Raises DangerNotRelayed, AreaNeeded."""
    check_relayed(request)
    if request["township_code"] is None:
        raise AreaNeeded


def check_line(kind: DangerKind, line: str, dangers: Dangers) -> None:
    """Raises NotItsLine for a line that is for something else."""
    if not dangers.takes(kind, line):
        lines = [each.number or each.zh for each in dangers.guides[kind].lines]
        raise NotItsLine(line=line, lines=lines)


def relayed_now(line: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """What the first line that has it leaves on the request."""
    return {"danger_lines": [line], "danger_relayed_at": now, "danger_relayed_by": actor.id}


async def note_told(
    tx: Tx, request_id: UUID, told: Told, facts: Mapping[str, Any], actor: Actor, now: datetime
) -> None:
    """Keep on a new request what it tells, and what was decided."""
    await queries.set_danger(tx, request_id, facts)
    if told.dismissed:
        heard = {"heard": list(told.dismissed)}
        await record(tx, EventKind.REQUEST_DANGER_DISMISSED, at=now, actor=actor, request_id=request_id, data=heard)
        return
    data = {"danger": told.danger, "heard": told.heard}
    await record(tx, EventKind.REQUEST_DANGER_RAISED, at=now, actor=actor, request_id=request_id, data=data)
    for line in facts["danger_lines"] or ():
        await _record_relay(tx, request_id, line, None, actor, now)


async def note_relay(tx: Tx, request: Row, line: str, outside_number: str | None, actor: Actor, now: datetime) -> None:
    """Another emergency line has the danger of a locked request; with the first it may go out. Said again, nothing
    happens."""
    lines = request["danger_lines"] or []
    if line in lines:
        return
    facts = relayed_now(line, actor, now) if not lines else {"danger_lines": [*lines, line]}
    if not lines and request["status"] == RequestStatus.DISPATCHING:
        facts |= {"match_at": now}
        tx.wake(DISPATCH_TOPIC)
    await queries.set_danger(tx, request["id"], facts)
    await _record_relay(tx, request["id"], line, outside_number, actor, now)


async def _record_relay(
    tx: Tx, request_id: UUID, line: str, outside_number: str | None, actor: Actor, now: datetime
) -> None:
    data = {"line": line, "outside_number": outside_number}
    await record(tx, EventKind.REQUEST_DANGER_RELAYED, at=now, actor=actor, request_id=request_id, data=data)


def check_endangered(request: Row) -> DangerKind:
    """The danger that the request tells. Raises NoDanger."""
    if request["danger"] is None:
        raise NoDanger
    return DangerKind(request["danger"])
