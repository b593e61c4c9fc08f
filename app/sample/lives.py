"""Generates the life of a past request step by step, along the same moves as a live one, as rows for COPY."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from app.catalog.calendar import Window, deadlines, default_window
from app.catalog.models import ArriveRule
from app.events.act import Actor
from app.events.facts import FACTS
from app.events.kinds import EventKind
from app.events.models import ActorKind
from app.events.transition import Machine
from app.intake.models import RequestStatus
from app.intake.states import REQUESTS
from app.kit.ids import new_id
from app.sample.market import PricedProvider
from app.sample.past import Caller, Past, Row
from app.sample.people import SampleCitizen
from app.sample.reference import sample_data, sample_items
from app.sample.shape import Arrival
from app.sample.texts import utterance

STAFF = Actor(ActorKind.STAFF)
"""The centre's staff without a name, so that no real account is responsible for generated events."""


class Life:
    """A past request while it is being generated. `now` is the moment reached so far."""

    def __init__(self, past: Past, arrival: Arrival, at: datetime) -> None:
        self.past, self.now = past, at
        self.item = sample_items()[arrival.item]
        self.allowance = past.allowances[self.item.urgency]
        self.tried: set[UUID] = set()
        self.provider: PricedProvider | None = None
        self.offer: Row = {}
        self.job: Row = {}
        self.redo = False
        """Whether the next offer goes to the provider that did the work."""
        self.complaints: list[Row] = []
        caller = past.caller(arrival, at)
        self.request = self._facts(caller, arrival) | self._tiers(caller.citizen)
        past.rows.requests.append(self.request)
        self.log(EventKind.REQUEST_CREATED, STAFF)
        self._contact("request")

    def _facts(self, caller: Caller, arrival: Arrival) -> Row:
        item, citizen, place = self.item, caller.citizen, caller.place
        low, high = sample_data("history.yaml")["quantities"].get(item.unit, (1, 1))
        return {
            "id": new_id(self.now),
            "status": RequestStatus.RECEIVED,
            "channel": arrival.channel,
            "kind": item.kind,
            "category_code": item.category,
            "item_code": item.code,
            "urgency": item.urgency,
            "urgency_rank": self.past.ranks[item.urgency],
            "description": utterance(item.code, self.past.rng),
            "citizen_id": caller.id,
            "contact_name": citizen.name,
            "contact_phone": citizen.phone,
            "community_code": citizen.community,
            "township_code": citizen.township,
            "address": citizen.address,
            "lat": place.lat,
            "lon": place.lon,
            "priority_group": caller.priority_group,
            "quantity": Decimal(low if low == high else self.past.rng.randint(low, high)),
            "answered_in_call": False,
            "returns": 0,
            "redos": 0,
            "reopens": 0,
            "round": 1,
            "paused": [],
            "received_at": self.now,
        }

    def _tiers(self, citizen: SampleCitizen) -> Row:
        """Return the tiers: usually the cheapest that the citizen is entitled to, otherwise the item's first."""
        tier = self.past.cheapest(self.item.code, citizen.groups)
        if tier is not self.item.tiers[0] and not self.past.chance("ask_cheaper"):
            tier = self.item.tiers[0]
        return {"tier_asked": tier, "tier_entitled": tier, "tier": tier}

    def until(self, moment: datetime) -> None:
        """Go forward to the moment. If that is past the end of history, go halfway to the end instead."""
        if moment >= self.past.end:
            moment = self.now + (self.past.end - self.now) / 2
        self.now = max(self.now, moment)

    def after(self, span: timedelta) -> None:
        """Go forward by the span."""
        self.until(self.now + span)

    def take(
        self,
        machine: Machine,
        row: Row,
        step: str,
        actor: Actor = STAFF,
        data: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> None:
        """Take the step now, as Machine.transition does. Raises ValueError when the status does not allow it."""
        move = machine.moves[step]
        if row["status"] not in move.sources:
            raise ValueError(f"{machine.subject}: no {step} from {row['status']}")
        row.update(values, status=move.target)
        which = {} if machine.subject == "request" else {f"{machine.subject}_id": row["id"]}
        self.log(move.event, actor, row.get("provider_id"), {**(data or {}), **which}, row.get("tier"))

    def step(self, step: str, actor: Actor = STAFF, data: Mapping[str, Any] | None = None, **values: Any) -> None:
        """Take a step of the request. Raises ValueError when its status does not allow it."""
        self.take(REQUESTS, self.request, step, actor, data, **values)

    def log(
        self,
        kind: str,
        actor: Actor,
        provider_id: UUID | None = None,
        data: Mapping[str, Any] | None = None,
        tier: str | None = None,
    ) -> None:
        """Log an event at this moment with the request's current facts. `tier` is that of an offer or job."""
        said = orjson.dumps(data).decode() if data else "{}"
        facts = {name: self.request[source] for name, source in FACTS.items()} | ({"tier": tier} if tier else {})
        self.past.rows.events.append((self.now, kind, self.request["id"], provider_id, *actor, said, *facts.values()))

    def seconds_since(self, moment: datetime) -> int:
        """Return how many seconds ago the moment was."""
        return int((self.now - moment).total_seconds())

    def contact(self, purpose: str) -> str:
        """Have the citizen call again. Returns what they said."""
        said = self.past.words(purpose)
        self._contact(purpose, said)
        self.log(EventKind.REQUEST_CONTACTED, STAFF, data={"purpose": purpose})
        return said

    def count(self, provider_id: UUID, **counts: int) -> None:
        """Add to the provider's counts for the day. `counted` is also added to its count for the item and month."""
        day, rows = self.local().date(), self.past.rows
        for column, more in counts.items():
            rows.counts[provider_id, day, column] += more
        if "counted" in counts:
            rows.months[day.replace(day=1), self.item.code, provider_id] += counts["counted"]

    def local(self) -> datetime:
        """Return this moment in the centre's zone."""
        return self.now.astimezone(self.past.zone)

    def due(self) -> Row:
        """Return what dispatch sets now: deadlines and, for booked work with no wanted time ahead, a default window."""
        request, values = self.request, {"dispatched_at": self.now}
        window = Window(request["wanted_from"], request["wanted_to"]) if request.get("wanted_from") else None
        if self.allowance.arrive_rule is ArriveRule.APPOINTMENT and (window is None or window.end <= self.now):
            window = default_window(self.now, self.past.zone)
            values |= {"wanted_from": window.start, "wanted_to": window.end}
        return values | deadlines(self.allowance, self.now, window, self.past.zone)._asdict()

    def _contact(self, purpose: str, note: str | None = None) -> None:
        self.past.rows.contacts.append(
            {
                "request_id": self.request["id"],
                "at": self.now,
                "channel": self.request["channel"],
                "purpose": purpose,
                "phone": self.request["contact_phone"],
                "note": note,
            }
        )
