"""The floor: the same FastAPI and models, with the fewest raw asyncpg statements that could do each job.

It takes no locks, stores the idempotency key but not its response, checks only the rules that a WHERE clause can
express, and commits each statement by itself. `python -m bench.floor PORT URL TOKENS` serves it.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import orjson
import uvicorn
import uvloop
from fastapi import Depends, FastAPI, Header, HTTPException, Request

from app.catalog.calendar import deadlines
from app.catalog.schemas import ItemOut
from app.catalog.snapshot import Snapshot, read_snapshot
from app.dispatch.schemas import DispatchOut, OfferMade
from app.intake.schemas import RequestIn
from app.intake.views import show_new
from app.jobs.schemas import Acceptance, Completion, JobOut, OfferOut
from app.kit.db import Database, connect_arguments
from app.kit.ids import new_id
from app.knowledge.schemas import SuggestionOut, SuggestionsIn, SuggestionsOut
from app.settings import Settings

ZONE = Settings().zone

CREATE = """
WITH key AS (
  INSERT INTO idempotency_keys (principal_id, key, body_hash, created_at) VALUES ($1, $2, '', $3) RETURNING key
), citizen AS (
  INSERT INTO citizens (id, phone, name, community_code, address, created_at) VALUES ($4, $5, $6, $7, $8, $3)
  ON CONFLICT (phone) DO UPDATE SET phone = excluded.phone RETURNING id
), request AS (
  INSERT INTO requests (id, status, channel, kind, category_code, item_code, urgency, urgency_rank, description,
    citizen_id, contact_name, contact_phone, community_code, township_code, address, lat, lon, tier_asked,
    tier_entitled, tier, answer, answered_in_call, close_reason, received_at, answered_at, closed_at, dispatched_at,
    accept_by, arrive_by, complete_by)
  SELECT $9, $10, $11, $12, $13, $14, $15, $16, $17, citizen.id, $6, $5, $7, $18, $8, $19, $20, $21, $21, $21, $22,
    $22::text IS NOT NULL, $23, $3, $24, $24, $25, $26, $27, $28
  FROM citizen, key RETURNING id, number
), contact AS (
  INSERT INTO contacts (request_id, at, channel, purpose, phone, staff_id)
  SELECT id, $3, $11, 'request', $5, $1 FROM request
), events AS (
  INSERT INTO events (at, kind, request_id, actor_kind, actor_id)
  SELECT $3, kind, request.id, 'staff', $1 FROM request, unnest($29::text[]) AS kind
)
"""
ANSWERED = CREATE + "SELECT number FROM request"
DISPATCHED = (
    CREATE
    + """, offer AS (
  INSERT INTO offers (id, request_id, provider_id, status, tier, price_kind, price_fen, offered_by, policy_version,
    rank, scores, offered_at, expires_at)
  SELECT $30, request.id, $31, 'pending', $21, $32, $33, 'ranking', 1, 1, '{}', $3, $26 FROM request
), offered AS (
  INSERT INTO events (at, kind, request_id, provider_id, actor_kind)
  SELECT $3, 'offer.made', id, $31, 'system' FROM request
)
SELECT number FROM request"""
)
BEST = """
SELECT p.id, p.name, line.price_kind, line.price_fen
FROM provider_items line
JOIN providers p ON p.id = line.provider_id AND p.standing = 'active' AND p.reachable AND p.open_jobs < p.capacity
JOIN provider_coverage c ON c.provider_id = p.id AND c.township_code = $3
WHERE line.item_code = $1 AND line.tier = $2
ORDER BY (p.lat - $4) ^ 2 + (p.lon - $5) ^ 2 LIMIT 1
"""
POLL = """
SELECT o.*, r.number, r.item_code, r.urgency, r.description, r.township_code, r.community_code, r.quantity,
  r.wanted_from, r.wanted_to, r.arrive_by, r.round_arrive_by, i.unit, o.price_fen AS sum_fen
FROM offers o JOIN requests r ON r.id = o.request_id JOIN items i ON i.code = r.item_code
WHERE o.provider_id = $1 AND o.status = 'pending' AND o.expires_at > $2 ORDER BY o.id LIMIT 100
"""
FACTS = (
    "r.number, r.item_code, r.description, r.township_code, r.community_code, r.quantity, r.arrive_by, r.complete_by,"
    " r.round_arrive_by, r.round_complete_by, r.original_complete_by,"
    " (SELECT unit FROM items WHERE code = r.item_code) AS unit"
)
ACCEPT = f"""
WITH o AS (
  UPDATE offers SET status = 'accepted', decided_at = $3
  WHERE id = $1 AND provider_id = $2 AND status = 'pending' AND expires_at > $3 RETURNING *
), r AS (
  UPDATE requests SET status = 'assigned', assigned_at = $3, match_at = NULL FROM o
  WHERE requests.id = o.request_id AND requests.status = 'dispatching' RETURNING requests.*
), j AS (
  INSERT INTO jobs (id, request_id, offer_id, provider_id, status, tier, price_kind, accepted_at)
  SELECT $4, o.request_id, o.id, o.provider_id, 'accepted', o.tier, o.price_kind, $3 FROM o, r RETURNING *
), p AS (
  UPDATE providers SET open_jobs = open_jobs + 1 FROM j WHERE providers.id = j.provider_id AND open_jobs < capacity
), d AS (
  INSERT INTO provider_days (provider_id, day, accepted, counted) SELECT provider_id, $5, 1, 1 FROM j
  ON CONFLICT (provider_id, day)
  DO UPDATE SET accepted = provider_days.accepted + 1, counted = provider_days.counted + 1
), e AS (
  INSERT INTO events (at, kind, request_id, provider_id, actor_kind, actor_id)
  SELECT $3, kind, j.request_id, j.provider_id, 'provider', $2
  FROM j, unnest(ARRAY['offer.accepted', 'request.assigned']) AS kind
)
SELECT j.*, {FACTS}, o.price_fen FROM j, r, o
"""
COMPLETE = f"""
WITH j AS (
  UPDATE jobs SET status = 'completed', completed_at = $3, amount_fen = $4, result = $5
  WHERE id = $1 AND provider_id = $2 AND status = 'started' AND coalesce(agreed_fen, 0) >= $4 RETURNING *
), r AS (
  UPDATE requests SET status = 'completed', completed_at = $3 FROM j
  WHERE requests.id = j.request_id AND requests.status = 'in_progress' RETURNING requests.*
), o AS (
  UPDATE offers SET status = 'ended', ended_at = $3, end_reason = 'done' FROM j WHERE offers.id = j.offer_id
  RETURNING price_fen
), p AS (
  UPDATE providers SET open_jobs = open_jobs - 1 FROM j WHERE providers.id = j.provider_id
), d AS (
  INSERT INTO provider_days (provider_id, day, completed, turnover_fen) SELECT provider_id, $6, 1, $4 FROM j
  ON CONFLICT (provider_id, day) DO UPDATE SET completed = provider_days.completed + 1,
    turnover_fen = provider_days.turnover_fen + excluded.turnover_fen
), e AS (
  INSERT INTO events (at, kind, request_id, provider_id, actor_kind, actor_id)
  SELECT $3, kind, j.request_id, j.provider_id, 'provider', $2
  FROM j, unnest(ARRAY['job.completed', 'request.completed', 'offer.ended']) AS kind
)
SELECT j.*, {FACTS}, o.price_fen FROM j, r, o
"""

app = FastAPI()


async def caller(request: Request) -> UUID:
    """Return the token's holder, from a dictionary. Raises HTTPException (401)."""
    token = request.headers.get("authorization", "")[7:]
    found: UUID | None = request.app.state.tokens.get(token)
    if found is None:
        raise HTTPException(401)
    return found


Caller = Annotated[UUID, Depends(caller)]


@app.post("/api/v1/requests", status_code=201)
async def create(
    body: RequestIn, request: Request, who: Caller, idempotency_key: Annotated[str, Header()]
) -> DispatchOut:
    """Create and answer with one statement, or create and dispatch with two."""
    catalog: Snapshot = request.app.state.catalog
    pool: asyncpg.Pool = request.app.state.pool
    item, place, now = catalog.item(body.item), catalog.spot(body.area or ""), datetime.now(UTC)
    tier = catalog.tier(item, body.tier)
    closed = now if body.answer else None
    due: tuple[datetime | None, ...] = (None, None, None)
    offers: list[OfferMade] = []
    extra: list[Any] = []
    if body.dispatch:
        due = deadlines(catalog.allowance(item.urgency), now, None, ZONE)
        best = await pool.fetchrow(BEST, item.code, tier, place.township.code, place.lat, place.lon)
        assert best is not None, "no provider for this item here"
        extra = [new_id(now), best["id"], best["price_kind"], best["price_fen"]]
        offers = [OfferMade(id=extra[0], provider_id=best["id"], provider_name=best["name"], rank=1, expires_at=due[0])]
    community = place.community.code if place.community else None
    status = "closed" if body.answer else "dispatching"
    kinds = ["request.created"] + (["request.answered", "request.closed"] if body.answer else ["request.dispatched"])
    request_id = new_id(now)
    number = await pool.fetchval(
        DISPATCHED if body.dispatch else ANSWERED,
        who, idempotency_key, now, new_id(now), body.phone, body.contact_name, community, body.address, request_id,
        status, body.channel, item.kind, item.category_code, item.code, item.urgency,
        catalog.urgencies[item.urgency].rank, body.description, place.township.code, place.lat, place.lon, tier,
        body.answer, "answered" if body.answer else None, closed, None if body.answer else now, *due, kinds, *extra,
    )  # fmt: skip
    shown = show_new(
        body.model_dump(include={"channel", "description", "contact_name", "quantity", "answer"})
        | {"id": request_id, "number": number, "status": status, "kind": item.kind, "tier": tier, "tier_asked": tier}
        | {"category_code": item.category_code, "item_code": item.code, "urgency": item.urgency, "tier_entitled": tier}
        | {"contact_phone": body.phone, "township_code": place.township.code, "community_code": community}
        | {"answered_in_call": body.answer is not None, "received_at": now, "closed_at": closed, "accept_by": due[0]}
    )
    return DispatchOut(request=shown, matching="offered" if offers else None, offers=offers)


@app.post("/api/v1/catalog/suggestions")
async def suggest(body: SuggestionsIn, request: Request, who: Caller) -> SuggestionsOut:
    """Search only the names of the items, with no SQL statement."""
    catalog: Snapshot = request.app.state.catalog
    scores = catalog.index.scores(body.words)
    codes = sorted(scores, key=lambda code: -scores[code])[: body.limit]
    shown = [ItemOut.model_validate(catalog.items[code]).model_dump() for code in codes]
    return SuggestionsOut(dangers=[], items=[SuggestionOut(**item, confidence=0, sure=True) for item in shown])


@app.get("/api/v1/provider/offers")
async def poll(request: Request, who: Caller) -> list[OfferOut]:
    """Return the live offers, with one statement."""
    rows = await request.app.state.pool.fetch(POLL, who, datetime.now(UTC))
    return [OfferOut.model_validate(dict(row)) for row in rows]


@app.put("/api/v1/provider/offers/{offer_id}/acceptance")
async def accept(offer_id: UUID, request: Request, who: Caller, body: Acceptance | None = None) -> JobOut:
    """Accept the offer, with one statement."""
    now = datetime.now(UTC)
    row = await request.app.state.pool.fetchrow(ACCEPT, offer_id, who, now, new_id(now), now.date())
    if row is None:
        raise HTTPException(409)
    return JobOut.model_validate(dict(row))


@app.put("/api/v1/provider/jobs/{job_id}/completion")
async def complete(job_id: UUID, body: Completion, request: Request, who: Caller) -> JobOut:
    """Complete the job, with one statement."""
    now = datetime.now(UTC)
    row = await request.app.state.pool.fetchrow(COMPLETE, job_id, who, now, body.amount_fen, body.result, now.date())
    if row is None:
        raise HTTPException(409)
    return JobOut.model_validate(dict(row))


@asynccontextmanager
async def opened(url: str, tokens: dict[str, UUID]) -> AsyncIterator[None]:
    """Open the floor's pool, catalogue and tokens."""
    db = Database(url, pool_size=1)
    app.state.catalog = await read_snapshot(db)
    await db.close()
    app.state.tokens = tokens
    async with asyncpg.create_pool(**connect_arguments(url), min_size=20, max_size=20) as pool:
        app.state.pool = pool
        yield


async def serve(port: int, url: str, tokens: dict[str, UUID]) -> None:
    """Serve until stopped."""
    async with opened(url, tokens):
        await uvicorn.Server(uvicorn.Config(app, port=port, access_log=False, log_level="warning")).serve()


if __name__ == "__main__":
    known = orjson.loads(Path(sys.argv[3]).read_bytes())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1]), sys.argv[2], {token: UUID(who) for token, who in known.items()}))
