"""What every call carries: who acts, at which moment, and under which settings."""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from app.events.models import ActorKind
from app.kit.context import Context
from app.kit.tracing import current_trace
from app.settings import Settings


class Actor(NamedTuple):
    """Who acts. `on_behalf` says that staff act for a provider on the phone."""

    kind: ActorKind
    id: UUID | None = None
    on_behalf: bool = False


SYSTEM = Actor(ActorKind.SYSTEM)


class Act(NamedTuple):
    """One act: who acts, the moment (UTC) at which it counts, and the settings.

    It is made once, where a call enters: by a route's `acting(...)`, by a worker's `act_of(context)`, or by a command.
    Everything that the call causes happens in this name and as of this moment, so every action takes the act first.
    """

    actor: Actor
    now: datetime
    settings: Settings
    roles: frozenset[str] = frozenset()
    """The roles of the member of staff who acts, for actions that depend on them."""
    trace_id: str | None = None
    """The trace (app.kit.tracing) that this is part of; its events keep it."""

    @property
    def zone(self) -> ZoneInfo:
        """The centre's zone, in which days are counted."""
        return self.settings.zone

    @property
    def today(self) -> date:
        """The moment's day in the centre's zone."""
        return self.now.astimezone(self.zone).date()

    @property
    def who(self) -> UUID:
        """The id of the member of staff or provider who acts. The system has none and must not read this."""
        assert self.actor.id is not None, "the system acts in nobody's name"
        return self.actor.id

    @property
    def provider_id(self) -> UUID | None:
        """The acting provider, which reaches only its own data; None if staff act, even on behalf of a provider."""
        return self.actor.id if self.actor.kind is ActorKind.PROVIDER else None

    @property
    def of_itself(self) -> "Act":
        """Return the same act in the system's name, for what the centre's rules do as part of it."""
        return self._replace(actor=SYSTEM, roles=frozenset())

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of every statement that inserts an event."""
        kind, who, on_behalf = self.actor
        return {
            "at": self.now,
            "actor_kind": kind,
            "actor_id": who,
            "on_behalf": on_behalf,
            "trace_id": self.trace_id,
        }


def act_of(context: Context) -> Act:
    """Return an act of the system, now, for a step of the worker."""
    return Act(SYSTEM, context.clock.now(), context.settings, trace_id=current_trace())
