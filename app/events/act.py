"""What every call carries: in whose name something is done, when, and under which settings."""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from app.events.models import ActorKind
from app.kit.context import Context
from app.settings import Settings


class Actor(NamedTuple):
    """In whose name something is done; `on_behalf` when staff act for a provider on the phone."""

    kind: ActorKind
    id: UUID | None = None
    on_behalf: bool = False


SYSTEM = Actor(ActorKind.SYSTEM)


class Act(NamedTuple):
    """One thing that somebody does: who, at which moment (UTC), and under what settings.

    It is made once, where a call enters: a route's `acting(...)`, a worker's `act_of(context)`, a command. All that
    follows from the call is done in this name and counts as of this moment, so actions take it first.
    """

    actor: Actor
    now: datetime
    settings: Settings
    roles: frozenset[str] = frozenset()
    """Of whoever acts, where an action goes by the role."""

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
        """The member of staff or the firm whose act it is; the system is neither."""
        assert self.actor.id is not None, "the system acts in nobody's name"
        return self.actor.id

    @property
    def provider_id(self) -> UUID | None:
        """The firm that acts, which has only what is its own; None when staff act, for it on the phone too."""
        return self.actor.id if self.actor.kind is ActorKind.PROVIDER else None

    @property
    def of_itself(self) -> "Act":
        """What the system does of itself at the same moment, as its rules say."""
        return self._replace(actor=SYSTEM, roles=frozenset())

    def parameters(self) -> dict[str, Any]:
        """The parameters that every event's insert takes."""
        kind, who, on_behalf = self.actor
        return {"at": self.now, "actor_kind": kind, "actor_id": who, "on_behalf": on_behalf}


def act_of(context: Context) -> Act:
    """What the system does of itself, now: a step of the worker."""
    return Act(SYSTEM, context.clock.now(), context.settings)
