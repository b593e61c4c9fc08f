"""A supervisor who makes regular rounds of the unmatched, unanswered and relayed requests, and of the complaints."""

from collections import Counter
from collections.abc import Set
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from app.catalog.models import Kind
from app.demo.api import Refused, Seat
from app.demo.odds import chance, words
from app.demo.pace import spend
from app.demo.room import Room
from app.sample import texts

ROUND_SECONDS = 600
ANSWER_AFTER = timedelta(hours=1)
RELAYED_FOR = timedelta(hours=4)
COMPLAINT_AFTER = timedelta(hours=4)
TRIES = 2
MORNING_HOUR = 8
DAY = timedelta(days=1)


class Supervisor:
    """A supervisor at a screen, who leaves the requests `left` to visitors."""

    def __init__(self, room: Room, seat: Seat, rng: Random, left: Set[UUID] = frozenset()) -> None:
        self._room = room
        self._seat = seat
        self._rng = rng
        self._left = {str(request_id) for request_id in left}
        self._tries: Counter[str] = Counter()

    async def run(self) -> None:
        """Make rounds for ever."""
        while True:
            await spend(self._room.clock, ROUND_SECONDS)
            await self._room.attempt(self.make_round())

    async def make_round(self) -> None:
        """Deal with everything once. If one thing fails, the rest still gets its turn."""
        now = self._room.now()
        for request in await self._list("/requests", status="unmatched"):
            await self._room.attempt(self._decide(request, now))
        for request in await self._list("/requests", status="received", received_to=now - ANSWER_AFTER):
            await self._room.attempt(self._take_up(request))
        for request in await self._list("/requests", status="relayed", received_to=now - RELAYED_FOR):
            await self._room.attempt(self._close(request, "relayed"))
        for complaint in await self._list("/complaints", open=True):
            if datetime.fromisoformat(complaint["opened_at"]) <= now - COMPLAINT_AFTER:
                await self._room.attempt(self._judge(complaint))

    async def _list(self, path: str, **filters: Any) -> list[dict[str, Any]]:
        with suppress(Refused):
            found = (await self._seat.get(path, limit=100, **filters))["items"]
            return [row for row in found if row.get("request_id", row["id"]) not in self._left]
        return []

    async def _decide(self, request: dict[str, Any], now: datetime) -> None:
        """Dispatch the request again or, at night, hold it until morning. After two tries, close it with a note."""
        self._tries[request["id"]] += 1
        if self._tries[request["id"]] > TRIES:
            await self._close(request, "no_provider")
        elif request["unmatched_reason"] == "closed_then" and not MORNING_HOUR <= now.hour < MORNING_HOUR + 10:
            await self._wait_for_morning(request, now)
        else:
            await self._seat.put(f"/requests/{request['id']}/dispatch")

    async def _wait_for_morning(self, request: dict[str, Any], now: datetime) -> None:
        morning = now.replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
        until = morning if now < morning else morning + DAY
        hold = {"cause": "centre", "reason": "夜间无单位营业，明早再派", "until": until.isoformat()}
        await self._seat.put(f"/requests/{request['id']}/hold", hold)

    async def _close(self, request: dict[str, Any], why: str) -> None:
        await self._seat.put(f"/requests/{request['id']}/closure", {"note": words(self._rng, why)})

    async def _take_up(self, request: dict[str, Any]) -> None:
        """Answer, relay or dispatch a request that is still received, depending on its kind. One whose danger has not
        been relayed waits for a person."""
        path, item = f"/requests/{request['id']}", request["item_code"]
        if request["danger"] and request["danger_relayed_at"] is None:
            return
        match Kind(request["kind"]):
            case Kind.INFO:
                await self._seat.put(f"{path}/answer", {"answer": texts.answer(item, self._rng)})
            case Kind.RELAY:
                await self._seat.put(f"{path}/relay", {"to": texts.relay_target(item)})
            case Kind.SERVICE | Kind.VOLUNTEER:
                await self._seat.put(f"{path}/dispatch")

    async def _judge(self, complaint: dict[str, Any]) -> None:
        upheld = chance(self._rng, "upheld")
        decision = {"upheld": upheld, "decision": words(self._rng, "upheld" if upheld else "dismissed")}
        await self._seat.put(f"/complaints/{complaint['id']}/decision", decision)
