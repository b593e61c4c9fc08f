"""The hot paths as HTTP messages. What a path needs is prepared before its round."""

import random
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from uuid import UUID

import orjson

from app.knowledge.judging import KEPT_APART
from bench.load import message, run

TOWNSHIPS = ["330203001", "330203002", "330203003", "330203004"]
ITEM, INFO = "PE02", "GV01"
AMOUNT_FEN = 12_000
LONGEST_TYPED = 7


@dataclass(frozen=True)
class Doors:
    """A server, the port of the server that prepares its rounds, an operator's token, and the providers' keys."""

    port: int
    prepared_at: int
    operator: str
    keys: Mapping[UUID, str]
    connections: int


Path = Callable[[Doors, int], Awaitable[Iterator[bytes]]]


def create_message(doors: Doors, n: int, **outcome: object) -> bytes:
    """Return a creation with its own citizen and idempotency key."""
    body = {
        "phone": f"154{secrets.randbelow(10**8):08d}",
        "contact_name": "王阿姨",
        "area": TOWNSHIPS[n % len(TOWNSHIPS)],
        "address": "澄浪路88弄12号302室",
        "description": "厨房下水道堵了，水倒灌到地上",
        **outcome,
    }
    return message("POST", "/requests", doors.operator, body, Idempotency_Key=secrets.token_hex(12))


async def answers(doors: Doors, count: int) -> Iterator[bytes]:
    """Return creations that are answered in the call."""
    text = "医保卡在街道便民服务中心补办，带身份证，当场可取。"
    return iter([create_message(doors, n, item=INFO, answer=text) for n in range(count)])


async def dispatches(doors: Doors, count: int) -> Iterator[bytes]:
    """Return creations that are dispatched."""
    return iter([create_message(doors, n, item=ITEM, dispatch=True) for n in range(count)])


async def typing(doors: Doors, count: int) -> Iterator[bytes]:
    """Return suggestions for the first characters of what callers say, as the desk asks on each key press."""
    said = _said()
    return iter([_suggestion(doors, said[n % len(said)][: 2 + n % LONGEST_TYPED]) for n in range(count)])


async def sentences(doors: Doors, count: int) -> Iterator[bytes]:
    """Return suggestions for whole sentences."""
    said = _said()
    return iter([_suggestion(doors, said[n % len(said)]) for n in range(count)])


@cache
def _said() -> list[str]:
    """Return callers' sentences, in random order, from the file that is kept apart for measuring."""
    lines = KEPT_APART.read_text(encoding="utf-8").splitlines()
    said = [line.split("\t")[0] for line in lines if not line.startswith(("#", "sentence\t"))]
    random.Random(81890).shuffle(said)
    return said


def _suggestion(doors: Doors, words: str) -> bytes:
    return message("POST", "/catalog/suggestions", doors.operator, {"words": words})


async def polls(doors: Doors, count: int) -> Iterator[bytes]:
    """Return polls of the queues, provider by provider."""
    keys = list(doors.keys.values())
    return iter([message("GET", "/provider/offers", keys[n % len(keys)]) for n in range(count)])


async def acceptances(doors: Doors, count: int) -> Iterator[bytes]:
    """Return acceptances of new offers."""
    offers = await _new_offers(doors, count)
    return iter([message("PUT", f"/provider/offers/{offer}/acceptance", key) for offer, key in offers])


async def completions(doors: Doors, count: int) -> Iterator[bytes]:
    """Return completions of jobs that are already accepted, started and quoted."""
    offers = await _new_offers(doors, count)
    keys = dict(offers)
    accepts = iter([message("PUT", f"/provider/offers/{offer}/acceptance", key) for offer, key in offers])
    accepted = await run(doors.prepared_at, accepts, doors.connections, keep=True)
    jobs = [(job["id"], keys[job["offer_id"]]) for job in map(orjson.loads, accepted.bodies)]
    starts = iter([message("PUT", f"/provider/jobs/{job}/start", key) for job, key in jobs])
    await run(doors.prepared_at, starts, doors.connections)
    quote = {"amount_fen": AMOUNT_FEN, "agreed_on_site": True}
    quotes = iter([message("PUT", f"/provider/jobs/{job}/quote", key, quote) for job, key in jobs])
    await run(doors.prepared_at, quotes, doors.connections)
    done = {"result": "疏通完毕，试水通畅", "amount_fen": AMOUNT_FEN}
    return iter([message("PUT", f"/provider/jobs/{job}/completion", key, done) for job, key in jobs])


async def _new_offers(doors: Doors, count: int) -> list[tuple[str, str]]:
    made = await run(doors.prepared_at, await dispatches(doors, count), doors.connections, keep=True)
    offers = [orjson.loads(body)["offers"][0] for body in made.bodies]
    return [(offer["id"], doors.keys[UUID(offer["provider_id"])]) for offer in offers]


PATHS: Mapping[str, Path] = {
    "create and answer": answers,
    "create and dispatch": dispatches,
    "suggest while typing": typing,
    "suggest, sentence": sentences,
    "offer poll": polls,
    "accept": acceptances,
    "complete": completions,
}
