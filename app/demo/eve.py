"""Plays short scenarios before the demo starts, so that a visitor in any role finds work in every queue.

They run through the API and the worker's own steps, on a clock that is moved by hand. Most are played only if their
queue is empty, so a later demo on the same data refills only the queues that visitors have emptied.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from app.catalog.snapshot import Snapshot, read_snapshot
from app.demo.api import Api, Refused, Seat, Traffic
from app.kit.clock import ManualClock
from app.kit.context import Context, open_context
from app.kit.steps import RETRY_SECONDS, note_trouble
from app.main import bind, create_app
from app.registry.uscc import check_character
from app.sample import texts
from app.sample.people import Population
from app.settings import Settings
from app.worker import run_due_steps, run_log_steps

ITEM = "PE02"
"""What most scenarios are about: a blocked drain. It is urgent, it needs no licence, and providers work on it at
night."""
BOOKED, DANGEROUS = "HK01", "UT03"
EVE = timedelta(hours=7)
NEARLY_LATE = timedelta(minutes=100)
"""How long before the play a provider accepts the job that is nearly late: it has to arrive within two hours."""
CREDIT_DAYS = 12
"""The days until an unanswered deduction takes effect, including weekends and a holiday."""
OFFER_EXPIRED = timedelta(minutes=11)


@dataclass(frozen=True)
class Cast:
    """The providers that act only in the scenarios: one for visitors, one that stays silent and one that leaves."""

    visitor: UUID
    silent: UUID
    leaver: UUID


class _Inside(Traffic):
    """Calls the application inside this process, without a network."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        super().__init__()
        self._transport = transport

    def transport(self, connections: int) -> httpx.AsyncBaseTransport:
        return self._transport


class Firm:
    """A provider that signs in with its key."""

    def __init__(self, api: Api, key: str) -> None:
        self._api = api
        self._http = api.client()
        self._http.headers["Authorization"] = f"Bearer {key}"

    async def get(self, path: str) -> Any:
        """Send a GET and return the answer. Raises Refused."""
        return self._api.read(await self._http.get(path))

    async def put(self, path: str, body: object = None) -> Any:
        """Send a PUT and return the answer. Raises Refused."""
        return self._api.read(await self._http.put(path, json=body))

    async def patch(self, path: str, body: object) -> Any:
        """Send a PATCH and return the answer. Raises Refused."""
        return self._api.read(await self._http.patch(path, json=body))


@dataclass
class Eve:
    """Plays the scenarios. `left` are the requests that the simulated supervisor leaves to visitors."""

    context: Context
    clock: ManualClock
    catalog: Snapshot
    api: Api
    cast: Cast
    keys: Mapping[UUID, str]
    password: str
    left: set[UUID] = field(default_factory=set)
    _people: Population = field(default_factory=Population)

    def __post_init__(self) -> None:
        self.operator, self.supervisor, self.registrar = (
            Seat(self.api, name, self.password) for name in ("operator1", "supervisor1", "registrar1")
        )
        self.visitor, self.silent, self.leaver = (
            Firm(self.api, self.keys[firm]) for firm in (self.cast.visitor, self.cast.silent, self.cast.leaver)
        )

    async def pass_time(self, moment: datetime) -> None:
        """Move the clock forward to the moment, and run the worker's due steps."""
        self.clock.moment = max(self.clock.moment, moment)
        while await run_due_steps(self.context, self.catalog) + await run_log_steps(self.context):
            pass

    async def tell(self, start: datetime, *, fresh: bool) -> None:
        """Play the scenarios whose queues are empty and those without a queue, and move the clock to the demo's
        start."""
        if fresh:
            await self._unless_refused(self.appeal_a_deduction)
        await self.pass_time(start - EVE)
        counts = await self.supervisor.get("/supervision/counts")
        stories: Mapping[str, Callable[[], Awaitable[object]]] = {
            "danger": self.report_a_danger,
            "separated": self.separate,
            "unmatched": self.find_nobody,
            "to_arbitrate": self.give_back,
            "complaint": self.complain,
            "extension_asked": self.ask_for_time,
            "provider_gone": self.leave,
            "silent_providers": self.fall_silent,
        }
        for queue, story in stories.items():
            if not counts[queue]:
                await self._unless_refused(story)
        for story in (self.apply, self.propose_a_price, self.draft_an_article, self.set_a_row_aside):
            await self._unless_refused(story)
        await self.pass_time(start - NEARLY_LATE)
        await self._unless_refused(self.run_nearly_late)
        await self.pass_time(start)

    async def _unless_refused(self, story: Callable[[], Awaitable[object]]) -> None:
        with suppress(Refused):
            await story()

    async def take(self, item: str = ITEM, **facts: Any) -> str:
        """Take a request down and return its id. The supervisor leaves it to visitors."""
        citizen = self._people.citizen(len(self.left) + 40)
        form = {
            "channel": "phone",
            "phone": citizen.phone,
            "contact_name": citizen.name,
            "area": citizen.community,
            "address": citizen.address,
            "item": item,
            "description": DESCRIBED[item],
            "danger_dismissed": "danger" not in facts,
        }
        taken = (await self.operator.post("/requests", form | facts, key=str(uuid4())))["request"]
        self.left.add(UUID(taken["id"]))
        return str(taken["id"])

    async def offer(self, firm: UUID, request_id: str | None = None) -> tuple[str, str]:
        """Offer a request, by default a new one, to the provider. Return the ids of the request and the offer."""
        request_id = request_id or await self.take()
        made = await self.operator.post(f"/requests/{request_id}/offers", {"provider_id": str(firm)}, key=str(uuid4()))
        return request_id, str(made["offers"][0]["id"])

    async def accepted(self, firm: Firm, provider: UUID, *, started: bool) -> tuple[str, dict[str, Any]]:
        """Let the provider accept a new request and, if `started`, start work. Return the request's id and the job."""
        request_id, offer_id = await self.offer(provider)
        job = await firm.put(f"/provider/offers/{offer_id}/acceptance")
        if started:
            job = await firm.put(f"/provider/jobs/{job['id']}/start")
        return request_id, job

    async def report_a_danger(self) -> None:
        """Report a danger that has not been relayed to an emergency line yet."""
        await self.take(DANGEROUS, danger=texts.danger(DANGEROUS), danger_dismissed=False)

    async def separate(self) -> None:
        """Merge two requests by mistake, and separate them again."""
        other, mine = await self.take(), await self.take()
        await self.operator.put(f"/requests/{mine}/parent", {"parent_id": other})
        await self.supervisor.delete(f"/requests/{mine}/parent")

    async def find_nobody(self) -> None:
        """Ask for work at two in the morning, when no provider is open."""
        night = self.clock.now().astimezone(self.context.settings.zone).replace(hour=2, minute=0) + timedelta(days=1)
        window = {"wanted_from": night.isoformat(), "wanted_to": (night + timedelta(hours=2)).isoformat()}
        await self.take(BOOKED, dispatch=True, **window)

    async def give_back(self) -> tuple[str, str]:
        """Let the visitor's provider return work that it started; a supervisor still has to decide who was to blame.
        Return the ids of the request and the job."""
        request_id, job = await self.accepted(self.visitor, self.cast.visitor, started=True)
        given = {"reason": "out_of_scope", "note": "管道在楼板里断了，要开凿，本店没有设备。"}
        await self.visitor.put(f"/provider/jobs/{job['id']}/return", given)
        return request_id, str(job["id"])

    async def complain(self) -> None:
        """Record a citizen's complaint about late work, to which the visitor's provider can reply."""
        request_id, _ = await self.accepted(self.visitor, self.cast.visitor, started=False)
        body = {"purpose": "complaint", "phone": None, "note": "说好两个小时到，等了一晚上没人来。"}
        await self.operator.post(f"/requests/{request_id}/contacts", body, key=str(uuid4()))

    async def ask_for_time(self) -> None:
        """Let the visitor's provider ask for more time."""
        _, job = await self.accepted(self.visitor, self.cast.visitor, started=True)
        until = datetime.fromisoformat(job["complete_by"]) + timedelta(days=1)
        asked = {"until": until.isoformat(), "reason": "要换的弯头缺货，明天才到。"}
        await self.visitor.put(f"/provider/jobs/{job['id']}/extension", asked)

    async def leave(self) -> None:
        """Let a provider leave the network while it still has work that it started."""
        await self.accepted(self.leaver, self.cast.leaver, started=True)
        left = {"standing": "left", "reason": "店面转让，主动退出。"}
        path = f"/providers/{self.cast.leaver}"
        await self.registrar.put(f"{path}/standing", left, (await self.registrar.get(path))["version"])

    async def fall_silent(self) -> None:
        """Let three offers in a row to one provider expire."""
        for _ in range(3):
            await self.offer(self.cast.silent)
            await self.pass_time(self.clock.now() + OFFER_EXPIRED)

    async def run_nearly_late(self) -> None:
        """Let the visitor's provider accept work and not arrive yet."""
        await self.accepted(self.visitor, self.cast.visitor, started=False)

    async def offer_to_visitor(self) -> None:
        """Make two offers that are still pending if the visitor signs in at once."""
        for _ in range(2):
            await self._unless_refused(self._offer_to_visitor)

    async def _offer_to_visitor(self) -> None:
        await self.offer(self.cast.visitor)

    async def appeal_a_deduction(self) -> None:
        """Let the visitor's provider appeal a deduction for a job that it returned."""
        finding = {"fault": "provider", "note": "上门前未问清管材，责任在单位。"}
        request_id, job_id = await self.give_back()
        await self.supervisor.put(f"/jobs/{job_id}/arbitration", finding)
        await self.supervisor.put(f"/requests/{request_id}/closure", {"note": "求助人已另请人疏通。"})
        for _ in range(CREDIT_DAYS):
            await self.pass_time(self.clock.now() + timedelta(days=1))
        [entry] = (await self.visitor.get("/provider/credit"))["items"]
        appeal = {"text": "求助人没说是铸铁管，现场才看到，请核实通话录音。"}
        await self.visitor.put(f"/provider/credit/{entry['id']}/appeal", appeal)

    async def apply(self) -> None:
        """File a company's application to join, unless one is waiting."""
        waiting = await self.registrar.get("/applications")
        if not waiting["items"]:
            code = f"91330203MA{self.clock.now():%y%m%d}7"
            await self.operator.post("/public/applications", {**APPLICATION, "uscc": code + check_character(code)})

    async def propose_a_price(self) -> None:
        """Let the visitor's provider propose a higher price."""
        await self.visitor.put(f"/provider/items/{ITEM}/paid", {"price_kind": "fixed", "price_fen": 12_000})

    async def draft_an_article(self) -> None:
        """Draft an article for the knowledge base, unless a draft is waiting for approval."""
        if not (await self.supervisor.get("/knowledge/articles", status="draft"))["items"]:
            slug = f"winter-pipes-{self.clock.now():%Y%m%d}"
            await self.registrar.post("/knowledge/articles", {**ARTICLE, "slug": slug}, key=str(uuid4()))

    async def set_a_row_aside(self) -> None:
        """Make the worker give up on a request's alarms until somebody releases it."""
        request_id = UUID(await self.take())
        async with self.context.db.begin() as tx:
            for _ in range(len(RETRY_SECONDS) + 1):
                cause = TimeoutError("the database did not answer in time")
                await note_trouble(tx, "raise_alarms", request_id, cause, self.clock.now())


DESCRIBED = {
    ITEM: "厨房下水道堵了，水倒灌到地上",
    BOOKED: "想请人夜里来打扫店面，白天要营业",
    DANGEROUS: "厨房里煤气味很重，老人在家头晕",
}
APPLICATION: Mapping[str, Any] = {
    "name": "宁波海曙清源管道疏通有限公司",
    "kind": "company",
    "contact_name": "周师傅",
    "phone": "13805741299",
    "area": "330203001",
    "reached_by": "phone",
    "capacity": 6,
    "coverage": ["330203001"],
    "hours": [{"weekday": weekday, "opens": "08:00:00", "closes": "20:00:00"} for weekday in range(1, 8)],
    "items": [{"item_code": ITEM, "tier": "paid", "price_kind": "quote", "price_fen": 8_000}],
    "note": "店在城隍庙边上，两辆车。",
}
ARTICLE: Mapping[str, Any] = {
    "title": {"zh": "寒潮来了水管怎么防冻", "en": "How to keep water pipes from freezing"},
    "answer": {
        "zh": "室外水管和水表用旧衣物包好，夜里留一线细水；冻住了用温水慢慢浇，不要用开水或明火。",
        "en": "Wrap outdoor pipes and the meter, and leave a tap dripping at night. Thaw with warm water.",
    },
    "items": [ITEM],
    "change": "入冬前新增",
}


async def leave_work(
    settings: Settings,
    since: datetime,
    start: datetime,
    factor: float,
    cast: Cast,
    keys: Mapping[UUID, str],
    password: str,
) -> frozenset[UUID]:
    """Play the scenarios between the two moments. Return the requests that the simulated supervisor leaves to visitors.

    If the moments are less than EVE apart, nothing is played, because the queues are still filled from the last demo.
    """
    if start - since < EVE:
        return frozenset()
    plain = settings.model_copy(update={"clock_start": None, "clock_real_start": None, "clock_factor": 1.0})
    async with open_context(plain) as context:
        context.clock = clock = ManualClock(since)
        application = create_app(plain, context)
        bind(application, context)
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        async with Api("http://demo", _Inside(transport)) as api:
            eve = Eve(context, clock, await read_snapshot(context.db), api, cast, keys, password)
            await eve.tell(start, fresh=start - since > timedelta(days=CREDIT_DAYS))
            context.settings = plain.model_copy(update={"clock_factor": factor})
            await eve.offer_to_visitor()
            return frozenset(eve.left)
