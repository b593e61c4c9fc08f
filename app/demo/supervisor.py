"""What a supervisor does in regular rounds: unmatched, unanswered and relayed requests, and complaints."""

from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any

from app.demo.api import Refused, Seat, unless_refused
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
    """A supervisor at a screen."""

    def __init__(self, room: Room, seat: Seat, rng: Random) -> None:
        self._room = room
        self._seat = seat
        self._rng = rng
        self._tries: Counter[str] = Counter()

    async def run(self) -> None:
        """Make rounds for ever."""
        while True:
            await spend(self._room.clock, ROUND_SECONDS)
            await self.make_round()

    async def make_round(self) -> None:
        """Deal with everything once. If the API refuses one thing, the rest still gets its turn."""
        now = self._room.now()
        for request in await self._list("/requests", status="unmatched"):
            await unless_refused(self._decide(request, now))
        for request in await self._list("/requests", status="received", received_to=now - ANSWER_AFTER):
            await unless_refused(self._answer(request))
        for request in await self._list("/requests", status="relayed", received_to=now - RELAYED_FOR):
            await unless_refused(self._close(request, "relayed"))
        for complaint in await self._list("/complaints", open=True):
            if datetime.fromisoformat(complaint["opened_at"]) <= now - COMPLAINT_AFTER:
                await unless_refused(self._judge(complaint))

    async def _list(self, path: str, **filters: Any) -> list[dict[str, Any]]:
        with suppress(Refused):
            return list((await self._seat.get(path, limit=100, **filters))["items"])
        return []

    async def _decide(self, request: dict[str, Any], now: datetime) -> None:
        """Dispatch the request again, or hold it until morning at night. After two tries, close it with a note."""
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

    async def _answer(self, request: dict[str, Any]) -> None:
        answer = texts.answer(request["item_code"], self._rng)
        await self._seat.put(f"/requests/{request['id']}/answer", {"answer": answer})

    async def _judge(self, complaint: dict[str, Any]) -> None:
        upheld = chance(self._rng, "upheld")
        decision = {"upheld": upheld, "decision": words(self._rng, "upheld" if upheld else "dismissed")}
        await self._seat.put(f"/complaints/{complaint['id']}/decision", decision)
