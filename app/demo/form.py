"""Fills in what an operator writes down in a call."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple, Self

from app.catalog.models import Kind, Tier
from app.demo.api import Seat
from app.demo.citizens import Call
from app.demo.odds import chance, quantity
from app.sample import texts

OUTSIDE_NUMBERS = 0.6
"""How often an outside line gives a ticket number."""
TODAY_UNTIL_HOUR = 14
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Catalogue(NamedTuple):
    """What operators work with: the items by code, and the codes of those that some provider offers."""

    items: Mapping[str, Mapping[str, Any]]
    offered: Set[str]

    @classmethod
    async def read(cls, seat: Seat, offered: Set[str]) -> Self:
        """Read the items from the API. Raises Refused."""
        return cls({item["code"]: item for item in await seat.get("/items")}, offered)


def fill_in(call: Call, catalogue: Catalogue, now: datetime) -> dict[str, Any]:
    """Return the body of POST /requests. Information is answered at once or left open; the rest is relayed or
    dispatched.

    The body includes the operator's decision about a danger.
    """
    item, rng = catalogue.items[call.item], call.rng
    form: dict[str, Any] = {
        "channel": call.channel,
        "phone": call.citizen.phone,
        "contact_name": call.citizen.name,
        "area": call.citizen.community,
        "address": call.citizen.address,
        "item": call.item,
        "description": texts.utterance(call.item, rng),
        "quantity": quantity(rng, item["unit"]),
        "details": [_answer(ask, Random(call.citizen.phone)) for ask in item["asks"] if ask["choices"]],
    }
    danger = texts.danger(call.item)
    form |= {"danger": danger} if danger else {"danger_dismissed": item["urgency"] != "emergency"}
    if item["kind"] == Kind.INFO:
        return form | ({"answer": texts.answer(call.item, rng)} if chance(rng, "answered_in_call") else {})
    if item["kind"] == Kind.RELAY:
        sent = item["dispatchable"] and item["urgency"] != "emergency" and call.item in catalogue.offered
        sent = sent and chance(rng, "relayed_and_sent")
        return form | {"relay": _relay(call.item, rng), "dispatch": sent}
    if item["urgency"] == "booked" and chance(rng, "named_time"):
        form |= _window(rng, now)
    return form | {"dispatch": True}


def _answer(ask: Mapping[str, Any], rng: Random) -> dict[str, str]:
    return {"ask": ask["code"], "answer": rng.choice(ask["choices"])["zh"]}


def _relay(item: str, rng: Random) -> dict[str, str]:
    number = {"outside_number": f"{rng.randrange(10**8):08d}"} if rng.random() < OUTSIDE_NUMBERS else {}
    return {"to": texts.relay_target(item)} | number


def _window(rng: Random, now: datetime) -> dict[str, str]:
    """Return a window of two or three hours: today if there is time left, otherwise on one of the next days."""
    if 6 <= now.hour < TODAY_UNTIL_HOUR and rng.random() < 0.5:
        day, first = now, now.hour + 2
    else:
        day, first = now + DAY * rng.choice((1, 1, 1, 2, 3)), 8
    start = day.replace(hour=rng.randint(first, 17), minute=0, second=0, microsecond=0)
    return {"wanted_from": start.isoformat(), "wanted_to": (start + HOUR * rng.randint(2, 3)).isoformat()}


class Claim(NamedTuple):
    """A cheaper tier that the citizen can ask for as a member of the group, and the proof of membership."""

    tier: Tier
    group: str
    proof: str


def find_claim(call: Call, openings: Sequence[Mapping[str, Any]]) -> Claim | None:
    """Return the claim to the cheapest tier that the citizen is entitled to, or None if there is none or they ask for
    none."""
    claims = (
        Claim(Tier(opening["tier"]), claim["group_code"], claim["proof"])
        for opening in openings
        for claim in opening["claims"]
        if claim["group_code"] in call.citizen.groups
    )
    cheapest = next(claims, None)
    return cheapest if cheapest and chance(call.rng, "ask_cheaper") else None
