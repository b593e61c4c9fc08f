"""What an operator does in a call: takes a request down, and later reports its progress or cancels it."""

from typing import Any
from uuid import UUID, uuid4

from app.demo.api import Seat
from app.demo.citizens import Call
from app.demo.form import Catalogue, fill_in, find_claim
from app.demo.odds import chance, words
from app.demo.pace import spend
from app.demo.room import Room

TALK_SECONDS = (30, 90)
SEARCHES = 0.2
"""How often the operator has to search for the item."""
PROGRESS_AFTER_SECONDS = (1_200, 10_800)
CANCEL_AFTER_SECONDS = (300, 3_600)
CANCELLABLE = ("dispatching", "unmatched", "assigned")


class Desk:
    """Takes each call as soon as an operator is free."""

    def __init__(self, room: Room, catalogue: Catalogue) -> None:
        self._room = room
        self._catalogue = catalogue

    async def take(self, call: Call) -> None:
        """Create a request from the call. Some of the citizens who wait for a provider call again later."""
        async with self._room.answer(call.at) as operator:
            card = await operator.post("/citizens/searches", {"phone": call.citizen.phone})
            form = fill_in(call, self._catalogue, self._room.now())
            if call.rng.random() < SEARCHES:
                await operator.get("/items", q=form["description"], limit=10)
            await spend(self._room.clock, call.rng.uniform(*TALK_SECONDS))
            await self._claim(operator, call, card, form)
            created = (await operator.post("/requests", form, key=str(uuid4())))["request"]
        self._room.taken[UUID(created["id"])] = created["number"]
        if form.get("dispatch"):
            self._room.spawn(self._perhaps_again(call, created["id"]))

    async def offer_to(self, provider: UUID, call: Call) -> None:
        """Create a request from the call, and offer it to this provider alone."""
        async with self._room.answer(call.at) as operator:
            form = fill_in(call, self._catalogue, self._room.now()) | {"dispatch": False}
            created = (await operator.post("/requests", form, key=str(uuid4())))["request"]
            self._room.taken[UUID(created["id"])] = created["number"]
            offer = {"provider_id": str(provider)}
            await operator.post(f"/requests/{created['id']}/offers", offer, key=str(uuid4()))

    async def _claim(self, operator: Seat, call: Call, card: dict[str, Any], form: dict[str, Any]) -> None:
        """Ask for the cheaper tier, and record the citizen's group with its proof if it is new."""
        openings = await operator.post("/citizens/tiers", {"phone": call.citizen.phone, "item": call.item})
        claim = find_claim(call, openings)
        if claim is None:
            return
        if claim.group not in [group["group_code"] for group in card["groups"]]:
            membership = {"group_code": claim.group, "source": claim.proof}
            known = {"phone": call.citizen.phone, "memberships": [membership]}
            await operator.post("/citizens", known, key=str(uuid4()))
        form |= {"tier": claim.tier, "tier_fallback": self._catalogue.items[call.item]["tiers"][0]}

    async def _perhaps_again(self, call: Call, request_id: str) -> None:
        if chance(call.rng, "cancelled"):
            await spend(self._room.clock, call.rng.uniform(*CANCEL_AFTER_SECONDS))
            await self.take_again(call, request_id, cancel=True)
        elif chance(call.rng, "progress_call"):
            await spend(self._room.clock, call.rng.uniform(*PROGRESS_AFTER_SECONDS))
            await self.take_again(call, request_id, cancel=False)

    async def take_again(self, call: Call, request_id: str, *, cancel: bool) -> None:
        """Take another call about the request: cancel it if that is still possible, or report its progress."""
        async with self._room.answer(self._room.now()) as operator:
            card = await operator.post("/citizens/searches", {"phone": call.citizen.phone})
            await spend(self._room.clock, call.rng.uniform(*TALK_SECONDS))
            status = {found["id"]: found["status"] for found in card["open_requests"]}.get(request_id)
            if cancel and status in CANCELLABLE:
                reason = {"reason": words(call.rng, "cancel")}
                await operator.put(f"/requests/{request_id}/cancellation", reason)
            elif status is not None:
                note = {"purpose": "progress", "phone": call.citizen.phone, "note": words(call.rng, "progress")}
                await operator.post(f"/requests/{request_id}/contacts", note)
