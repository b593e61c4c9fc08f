"""Plays a day event by event in one task: citizens call, providers answer and work, and the worker runs when due.

Everything goes through the actions that the API calls, each in its own transaction, at the clock's moment.
"""

import heapq
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, time, timedelta
from functools import partial
from random import Random
from typing import Any, cast
from uuid import UUID

import orjson

from app.catalog.schemas import ItemOut
from app.catalog.snapshot import Snapshot
from app.danger.snapshot import dangers_of, read_scripts
from app.demo import citizens, form
from app.demo.odds import chance, words
from app.desk.actions import Call, create_request
from app.dispatch.actions import dispatch_request
from app.dispatch.merging import cancel_request
from app.events.act import Act, Actor, act_of
from app.events.models import ActorKind
from app.events.topics import AFTERCARE_TOPIC, DISPATCH_TOPIC
from app.intake.actions import answer_request, close_request
from app.intake.citizens import add_membership, get_or_add, show_openings
from app.intake.clocks import RING_AT_NIGHT
from app.intake.entitlement import claimant
from app.intake.models import RequestStatus
from app.intake.schemas import AnswerIn, MembershipIn, RequestIn
from app.jobs.agreement_actions import quote_job
from app.jobs.job_actions import complete_job, return_job, start_job
from app.jobs.offer_actions import accept_offer, decline_offer
from app.jobs.schemas import Acceptance, Completion, JobOut, JobReturn, Quote, Refusal
from app.kit.db import Row
from app.kit.errors import HotlineError
from app.registry.actions import set_availability
from app.registry.opening import DAY, LOOK_AHEAD, list_openings
from app.registry.schemas import Availability
from app.sample import texts
from app.sample.reference import sample_data
from app.simulate.queries import NextDue, find_next_due, list_new_offers
from app.simulate.scenarios import Scenario
from app.simulate.stage import SimulatedProvider, Stage
from app.supervision.tasks import raise_alarms
from app.worker import run_due_steps
from hotline_provider.behaviour import Answer, decide, plan, quote_fen
from hotline_provider.models import Job

Doing = Callable[[], Awaitable[None]]
WORKER_PAUSE = timedelta(seconds=1)
"""A woken worker starts after this time. Further wake-ups until then are handled by the same run."""
CANCEL_AFTER_SECONDS = (300, 3_600)
BACK_AT = time(8)


class Stuck(Exception):
    """Something is still due after the worker has run."""


class Play:
    """Plays a day on its stage.

    `created`: requests that were acknowledged. `refused`: the number of refused actions by problem code.
    """

    def __init__(self, stage: Stage, catalog: Snapshot, scenario: Scenario, seed: int) -> None:
        self._stage, self._catalog, self._scenario, self._seed = stage, catalog, scenario, seed
        self._dangers = dangers_of(read_scripts())
        self._context, self._db = stage.context, stage.context.db
        self._zone = stage.context.settings.zone
        self._menu = form.Catalogue(
            {code: ItemOut.model_validate(item).model_dump() for code, item in catalog.items.items()},
            stage.offered,
        )
        self._heap: list[tuple[datetime, int, Doing]] = []
        self._sequence = 0
        self._seen = stage.clock.moment
        self._work_at: datetime | None = None
        self._topics: set[str] = set()
        self._db.on_publish = self._topics.update
        self.created: set[UUID] = set()
        self.refused: Counter[str] = Counter()

    async def run(self, calls: Iterable[citizens.Call]) -> None:
        """Play from the first call until nothing is due any more. Raises Stuck."""
        await self._prepare_providers()
        for call in calls:
            self._at(call.at, partial(self._take, call))
        while True:
            due, clock = await find_next_due(self._db), self._stage.clock
            moments = [moment for moment in (*due, self._next()) if moment]
            if not moments:
                return
            clock.moment = max(clock.moment, min(moments))
            if self._heap and self._heap[0][0] <= clock.moment:
                await self._unless_refused(heapq.heappop(self._heap)[2])
            else:
                await self._work(due)
            await self._listen()

    def _next(self) -> datetime | None:
        """Return when somebody acts next or the woken worker starts."""
        moments = (self._work_at, self._heap[0][0] if self._heap else None)
        return min((moment for moment in moments if moment), default=None)

    def _at(self, moment: datetime, doing: Doing) -> None:
        self._sequence += 1
        heapq.heappush(self._heap, (moment, self._sequence, doing))

    async def _unless_refused(self, doing: Doing) -> None:
        try:
            await doing()
        except HotlineError as error:
            self.refused[error.code()] += 1

    async def _work(self, due: NextDue) -> None:
        """Run the worker's steps. If only a deadline has passed, run only the alarms, which is faster."""
        now = self._stage.clock.moment
        if self._work_at is None and (due.matching is None or due.matching > now):
            done = await raise_alarms(self._context, self._catalog)
        else:
            self._work_at = None
            done = await run_due_steps(self._context, self._catalog)
        if not done and any(moment <= now for moment in await find_next_due(self._db) if moment):
            raise Stuck(now)

    async def _listen(self) -> None:
        """Show providers their new offers, and wake the worker if it is needed."""
        topics, now = self._topics.copy(), self._stage.clock.moment
        self._topics.clear()
        if self._work_at is None and topics & {DISPATCH_TOPIC, AFTERCARE_TOPIC}:
            self._work_at = now + WORKER_PAUSE
        if topics - {DISPATCH_TOPIC, AFTERCARE_TOPIC}:
            for offer in await list_new_offers(self._db, self._seen):
                self._seen = offer["offered_at"]
                self._show(offer)

    async def _prepare_providers(self) -> None:
        scenario, rng = self._scenario, Random(f"firms-{self._seed}")
        providers = list(self._stage.providers.items())
        await self._learn_hours()
        for key, _ in rng.sample(providers, round(len(providers) * scenario.closed)):
            await self._say_available(key, reachable=False)
        noon = datetime.combine(scenario.day, scenario.silent_from, tzinfo=self._zone)
        back = datetime.combine(scenario.day + timedelta(days=1), BACK_AT, tzinfo=self._zone)
        for key, provider in rng.sample(providers, round(len(providers) * scenario.silent)):
            self._at(noon, partial(self._fall_silent, provider, back))
            self._at(back, partial(self._say_available, key, reachable=True))

    async def _learn_hours(self) -> None:
        start = self._stage.clock.moment
        async with self._db.autocommit() as tx:
            hours = await list_openings(tx, list(self._stage.providers), start, start + LOOK_AHEAD * DAY, self._zone)
        for key, provider in self._stage.providers.items():
            provider.openings = hours[key]

    async def _fall_silent(self, provider: SimulatedProvider, until: datetime) -> None:
        provider.silent_until = until

    async def _say_available(self, key: UUID, *, reachable: bool) -> None:
        async with self._db.begin() as tx:
            act = self._act(Actor(ActorKind.PROVIDER, key))
            await set_availability(act, tx, key, Availability(reachable=reachable))

    # Citizens and the desk

    async def _take(self, call: citizens.Call) -> None:
        body = form.fill_in(call, self._menu, call.at)
        if claim := form.find_claim(call, await self._openings(call.item)):
            body |= {"tier": claim.tier, "tier_fallback": self._menu.items[call.item]["tiers"][0]}
            async with self._db.begin() as tx:
                proof = MembershipIn(source=claim.proof)
                act = self._act(self._stage.desk)
                citizen = await get_or_add(tx, call.citizen.phone, act.now)
                await add_membership(act, tx, citizen, claim.group, proof, self._catalog)
        taken = Call(RequestIn(**body))
        act = self._act(self._stage.desk)
        answer = await create_request(act, self._context, taken, self._catalog, self._dangers)
        request = orjson.loads(answer)["request"]
        request_id = UUID(request["id"])
        self.created.add(request_id)
        match request["status"]:
            case RequestStatus.RECEIVED:
                self._later(call.rng, "answer", lambda: self._answer(request_id, call))
            case RequestStatus.RELAYED:
                self._later(call.rng, "relay", lambda: self._close(request_id, words(call.rng, "relayed")))
            case _ if body.get("dispatch") and chance(call.rng, "cancelled"):
                after = timedelta(seconds=call.rng.uniform(*CANCEL_AFTER_SECONDS))
                self._at(call.at + after, lambda: self._cancel(request_id, words(call.rng, "cancel")))

    async def _openings(self, item: str) -> list[dict[str, Any]]:
        act = self._act(self._stage.desk)
        async with self._db.begin() as tx:
            nobody = await claimant(tx, None, act.now, act.zone)
            shown = await show_openings(act, tx, self._catalog.items[item], nobody, self._catalog)
        return [opening.model_dump() for opening in shown]

    def _later(self, rng: Random, what: str, doing: Doing) -> None:
        mean: float = sample_data("history.yaml")["minutes"][what]
        self._at(self._stage.clock.moment + timedelta(minutes=rng.expovariate(1 / mean)), doing)

    async def _answer(self, request_id: UUID, call: citizens.Call) -> None:
        async with self._db.begin() as tx:
            answer = AnswerIn(answer=texts.answer(call.item, call.rng))
            await answer_request(self._act(self._stage.desk), tx, request_id, answer)

    async def _close(self, request_id: UUID, note: str) -> None:
        async with self._db.begin() as tx:
            await close_request(self._act(self._stage.desk), tx, request_id, note)

    async def _cancel(self, request_id: UUID, reason: str) -> None:
        async with self._db.begin() as tx:
            await cancel_request(self._act(self._stage.desk), tx, request_id, reason, self._catalog)

    async def _send_again(self, request_id: UUID) -> None:
        """Dispatch a request again, as a supervisor does when a provider has given it back for the second time."""
        async with self._db.begin() as tx:
            await dispatch_request(self._act(self._stage.desk), tx, request_id, self._catalog, self._dangers)

    # Providers

    def _show(self, offer: Row) -> None:
        provider = self._stage.providers[offer["provider_id"]]
        rng = Random(f"{self._seed}-{provider.number}-{offer['number']}-{offer['item_code']}")
        decision = decide(provider.member, rng)
        if decision.answer is not Answer.IGNORE:
            answered = provider.open_from(provider.open_from(offer["asked_at"]) + decision.after)
            self._at(answered, lambda: self._decide(offer, provider, decision.answer, rng))

    async def _decide(self, offer: Row, provider: SimulatedProvider, answer: Answer, rng: Random) -> None:
        if provider.is_silent(self._stage.clock.moment):
            return
        if answer is Answer.DECLINE:
            reason, note = texts.decline(offer["item_code"], rng)
            await self._do(
                offer["provider_id"], provider, decline_offer, offer["id"], Refusal(reason=reason, note=note)
            )
        else:
            job = await self._do(offer["provider_id"], provider, accept_offer, offer["id"], Acceptance())
            self._plan(job, provider, offer, rng)

    def _plan(self, job: JobOut, provider: SimulatedProvider, offer: Row, rng: Random) -> None:
        planned = plan(provider.member, _as_seen(job), self._stage.clock.moment, rng)
        arrive = planned.arrive if offer["urgency"] in RING_AT_NIGHT else provider.open_from(planned.arrive)
        if planned.gives_back:
            self._work_on(provider, arrive, lambda: self._give_back(job, provider, rng))
        else:
            visit = planned.finish - planned.arrive
            self._work_on(provider, arrive, lambda: self._start(job, provider, offer["price_fen"], visit, rng))

    def _work_on(self, provider: SimulatedProvider, moment: datetime, doing: Doing) -> None:
        """Act at that moment, or when the provider is back if it is silent then."""

        async def unless_silent() -> None:
            if provider.silent_until and provider.is_silent(self._stage.clock.moment):
                self._at(provider.open_from(provider.silent_until), doing)
            else:
                await doing()

        self._at(moment, unless_silent)

    async def _give_back(self, job: JobOut, provider: SimulatedProvider, rng: Random) -> None:
        reason, note = texts.give_back(job.item_code, rng)
        await self._do(job.provider_id, provider, return_job, job.id, JobReturn(reason=reason, note=note))
        self._later(rng, "supervisor", lambda: self._send_again(job.request_id))

    async def _start(
        self, job: JobOut, provider: SimulatedProvider, price_fen: int, visit: timedelta, rng: Random
    ) -> None:
        await self._do(job.provider_id, provider, start_job, job.id)
        self._work_on(provider, self._stage.clock.moment + visit, lambda: self._finish(job, provider, price_fen, rng))

    async def _finish(self, job: JobOut, provider: SimulatedProvider, price_fen: int, rng: Random) -> None:
        agreed = job.agreed_fen
        if agreed is None:
            agreed = quote_fen(_as_seen(job), price_fen, rng)
            await self._do(job.provider_id, provider, quote_job, job.id, Quote(amount_fen=agreed, agreed_on_site=True))
        bill = Completion(result=texts.result(job.item_code, rng), amount_fen=agreed)
        await self._do(job.provider_id, provider, complete_job, job.id, bill)

    async def _do(
        self,
        key: UUID,
        provider: SimulatedProvider,
        action: Callable[..., Awaitable[Any]],
        subject: UUID,
        *body: object,
    ) -> JobOut:
        """Act as the provider, or as an operator on behalf of a provider that is phoned."""
        async with self._db.begin() as tx:
            who = (
                self._stage.desk._replace(on_behalf=True)
                if provider.member.by_phone
                else Actor(ActorKind.PROVIDER, key)
            )
            return cast(JobOut, await action(self._act(who), tx, subject, *body))

    def _act(self, actor: Actor) -> Act:
        return act_of(self._context)._replace(actor=actor)


def _as_seen(job: JobOut) -> Job:
    """Return the job as the provider's own software sees it."""
    return Job.model_validate(job.model_dump(mode="json"))
