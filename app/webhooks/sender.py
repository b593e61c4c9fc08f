"""The webhook sender claims due deliveries, sends each in its own task, and records the outcome.

1. Claim the delivery in one transaction. The claim ends by itself after twice the receiver's time limit, so the next
   worker resends whatever a killed worker was sending.
2. Send it outside any transaction.
3. Record the outcome in another transaction.
"""

import asyncio
import logging
from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from app.events.act import Act, act_of
from app.events.topics import WEBHOOK_TOPIC
from app.kit.context import Context
from app.kit.db import Row, Tx
from app.kit.tracing import HEADER, begin_trace, current_trace
from app.registry.notices import send_notice
from app.webhooks import queries
from app.webhooks.backoff import DEAD_AFTER, next_try, retry_after
from app.webhooks.messages import PROOF, message_body
from app.webhooks.models import DisabledWhy, Failure, WebhookEndpoint, WebhookState
from app.webhooks.outbound import Answer, Outbound
from app.webhooks.schemas import notice_of
from app.webhooks.secret import proof_of, secret_of, sign
from app.webhooks.states import WEBHOOKS

ROOM = 400
"""How many deliveries a worker has in flight at most."""
CLAIM_MARGIN = 2.0
KEPT_CHARACTERS = 200
"""How many characters of a response are kept for the owner to see."""
GONE = 410

logger = logging.getLogger(__name__)


class WebhookSender:
    """A worker's deliveries in flight. They run in `tasks`; `chance` spreads retries."""

    def __init__(self, context: Context, outbound: Outbound, tasks: asyncio.TaskGroup, chance: Random) -> None:
        self._context, self._outbound, self._tasks, self._chance = context, outbound, tasks, chance
        self._under_way: Counter[UUID] = Counter()
        self._of_owner: Counter[UUID] = Counter()

    async def step(self) -> int:
        """Start as many due deliveries as there is room for. Returns how many."""
        now = self._context.clock.now()
        until = now + self._claim_time()
        async with self._context.db.begin() as tx:
            room = ROOM - self._under_way.total()
            counts = self._under_way, self._of_owner
            rows = await queries.claim_deliveries(tx, now, until=until, under_way=counts, room=room)
        for row in rows:
            self._under_way[row["endpoint_id"]] += 1
            if row["owner_id"]:
                self._of_owner[row["owner_id"]] += 1
            self._tasks.create_task(self._deliver(row, until))
        return len(rows)

    def _claim_time(self) -> timedelta:
        """Return how long a claim lasts on the centre's clock, which may run faster than real time."""
        real = CLAIM_MARGIN * self._context.settings.webhook_seconds
        return timedelta(seconds=real / self._context.clock.real_seconds(timedelta(seconds=1)))

    async def _deliver(self, row: Row, until: datetime) -> None:
        begin_trace(row["trace_id"] and row["trace_id"].hex.encode())
        try:
            try:
                answer = await self._send(row)
            except Exception as error:  # an error that the receiver provokes in our code is a failed attempt
                logger.exception("delivery %s could not be sent", row["id"])
                answer = Answer(Failure.BAD_ANSWER, body=repr(error).encode())
            async with self._context.db.begin() as tx:
                await self._note(tx, row, answer, until)
                tx.publish(WEBHOOK_TOPIC)
        except Exception:
            logger.exception("delivery %s is tried again when its claim ends", row["id"])
        finally:
            self._under_way -= Counter([row["endpoint_id"]])
            if row["owner_id"]:
                self._of_owner -= Counter([row["owner_id"]])

    async def _send(self, row: Row) -> Answer:
        now, world_now = self._context.clock.now(), self._context.clock.world_now()
        key = self._context.settings.webhook_key.get_secret_value()
        seeds = [row["seed"]]
        if row["former_until"] is not None and row["former_until"] > now:
            seeds.append(row["former_seed"])
        facts = dict(row)
        if row["type"] == PROOF:
            facts |= {"proof": proof_of(row["seed"], row["url"], key), "webhook_id": row["endpoint_id"]}
        body = message_body(facts)
        headers = sign(f"msg_{row['id']}", world_now, body, [secret_of(seed, key) for seed in seeds])
        headers[HEADER] = current_trace() or ""
        return await self._outbound.post(row["url"], headers, body.encode(), of_provider=row["owner_id"] is not None)

    async def _note(self, tx: Tx, row: Row, answer: Answer, until: datetime) -> None:
        act = act_of(self._context)
        now = act.now
        outcome = {
            "failure": answer.failure,
            "answer_status": answer.status,
            "answer": answer.body.decode("utf-8", "replace").replace("\0", "")[:KEPT_CHARACTERS],
        }
        if answer.failure is None:
            await queries.note_delivered(tx, row["id"], now, **outcome)
            return
        endpoint = await queries.find_endpoint(tx, row["endpoint_id"], lock=True)
        if endpoint is None:
            return
        endpoint.failing_since = endpoint.failing_since or now
        await tx.flush()
        again_at = self._again_at(row, answer, now)
        others = await self._look_at_others(tx, row, endpoint, answer, now)
        if others and (others.refused or not others.taken):  # otherwise only this kind of event is refused
            await self._disable(act, tx, endpoint, answer)
        if again_at is None and endpoint.state == WebhookState.DISABLED:
            again_at = now  # the endpoint failed: keep it until it is active again
        await queries.note_failed(tx, row["id"], now, until=until, again_at=again_at, **outcome)

    def _again_at(self, row: Row, answer: Answer, now: datetime) -> datetime | None:
        asked = retry_after(answer.retry_after, self._context.clock.world_now())
        return next_try(now, row["attempts"] + 1, self._chance, now + asked if asked else None)

    async def _look_at_others(
        self, tx: Tx, row: Row, endpoint: WebhookEndpoint, answer: Answer, now: datetime
    ) -> queries.OtherKinds | None:
        """Return the outcomes of other kinds of events if the endpoint answered 410 or is dead, otherwise None."""
        gone = answer.status == GONE
        dead = endpoint.failing_since is not None and endpoint.failing_since <= now - DEAD_AFTER
        if endpoint.state == WebhookState.DISABLED or not (gone or dead):
            return None
        since = endpoint.failing_since or now
        return await queries.other_kinds(tx, endpoint.id, row["type"], since, GONE if gone else None)

    async def _disable(self, act: Act, tx: Tx, endpoint: WebhookEndpoint, answer: Answer) -> None:
        """Disable the endpoint and send its owner a notice."""
        why = DisabledWhy.GONE if answer.status == GONE else DisabledWhy.DEAD
        facts: dict[str, Any] = {"disabled_at": act.now, "disabled_why": why, "version": endpoint.version + 1}
        await WEBHOOKS.transition(act, tx, "disable", endpoint.id, data={"why": why}, **facts)
        await tx.session.refresh(endpoint)
        notice = notice_of(endpoint)
        if notice is not None and endpoint.provider_id is not None:
            subject = f"{endpoint.id} {act.now.isoformat()}"
            await send_notice(
                act,
                tx,
                endpoint.provider_id,
                f"webhook_{why}",
                subject,
                notice.model_dump(),
            )
