"""Requests per second over HTTP for the hot paths, ours beside the floor, in turns within one run.

Each path is measured in rounds (ours, floor, ours, floor, …) so that a drift of the machine meets both; the median of
the rounds' rates and of their ratios is shown, p50 and p99 over all answers. One server process each; client, servers
and PostgreSQL share the machine. Nothing in PostgreSQL's durability is switched off.
"""

import argparse
import asyncio
import contextlib
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from uuid import UUID

import orjson
from sqlalchemy import select, update

from app.catalog.load import load_reference_data
from app.kit import embedded
from app.kit.clock import clock_from
from app.kit.db import Database
from app.kit.migrate import migrate
from app.registry.models import Provider, ReachedBy
from app.sample.load import demo_keys, load_registry
from app.settings import Settings
from bench.load import Result, message, run
from bench.stage import free_port, sign_in

TOWNSHIPS = ["330203001", "330203002", "330203003", "330203004"]
ITEM, INFO = "PE02", "GV01"
AMOUNT_FEN = 12_000


@dataclass
class Bench:
    """Ports and tokens of the two servers; both work on one database."""

    ours: int
    floor: int
    operator: str
    keys: dict[UUID, str]
    connections: int
    requests: int
    rounds: int


def create_message(bench: Bench, n: int, **outcome: object) -> bytes:
    """A creation with its own citizen and key."""
    body = {
        "phone": f"154{secrets.randbelow(10**8):08d}",
        "contact_name": "王阿姨",
        "area": TOWNSHIPS[n % len(TOWNSHIPS)],
        "address": "澄浪路88弄12号302室",
        "description": "厨房下水道堵了，水倒灌到地上",
        **outcome,
    }
    return message("POST", "/requests", bench.operator, body, Idempotency_Key=secrets.token_hex(12))


def answers(bench: Bench, count: int) -> Iterator[bytes]:
    """Creations that are answered in the call."""
    text = "医保卡在街道便民服务中心补办，带身份证，当场可取。"
    return iter([create_message(bench, n, item=INFO, answer=text) for n in range(count)])


def dispatches(bench: Bench, count: int) -> Iterator[bytes]:
    """Creations that are dispatched."""
    return iter([create_message(bench, n, item=ITEM, dispatch=True) for n in range(count)])


def polls(bench: Bench, count: int) -> Iterator[bytes]:
    """Polls of the queues, provider by provider."""
    keys = list(bench.keys.values())
    return iter([message("GET", "/provider/offers", keys[n % len(keys)]) for n in range(count)])


async def new_offers(bench: Bench, count: int) -> list[tuple[str, str]]:
    """Fresh offers, made by our own server: offer id and the provider's key."""
    made = await run(bench.ours, dispatches(bench, count), bench.connections, keep=True)
    offers = [orjson.loads(body)["offers"][0] for body in made.bodies]
    return [(offer["id"], bench.keys[UUID(offer["provider_id"])]) for offer in offers]


async def acceptances(bench: Bench, count: int) -> Iterator[bytes]:
    """Acceptances of fresh offers."""
    offers = await new_offers(bench, count)
    return iter([message("PUT", f"/provider/offers/{offer}/acceptance", key) for offer, key in offers])


async def completions(bench: Bench, count: int) -> Iterator[bytes]:
    """Completions of jobs that were accepted, started and priced beforehand."""
    offers = await new_offers(bench, count)
    keys = dict(offers)
    accepts = iter([message("PUT", f"/provider/offers/{offer}/acceptance", key) for offer, key in offers])
    accepted = await run(bench.ours, accepts, bench.connections, keep=True)
    jobs = [(job["id"], keys[job["offer_id"]]) for job in map(orjson.loads, accepted.bodies)]
    await run(bench.ours, iter([message("PUT", f"/provider/jobs/{j}/start", k) for j, k in jobs]), bench.connections)
    quote = {"amount_fen": AMOUNT_FEN, "agreed_on_site": True}
    quotes = iter([message("PUT", f"/provider/jobs/{job}/quote", key, quote) for job, key in jobs])
    await run(bench.ours, quotes, bench.connections)
    done = {"result": "疏通完毕，试水通畅", "amount_fen": AMOUNT_FEN}
    return iter([message("PUT", f"/provider/jobs/{job}/completion", key, done) for job, key in jobs])


async def measure(bench: Bench, name: str, make: Callable[[Bench, int], object]) -> None:
    """Measure one path on both servers in turns and print its line."""
    rates: dict[str, list[float]] = {"ours": [], "floor": []}
    seconds: dict[str, Result] = {"ours": Result(), "floor": Result()}
    for _ in range(bench.rounds):
        for who, port in (("ours", bench.ours), ("floor", bench.floor)):
            messages = make(bench, bench.requests)
            if asyncio.iscoroutine(messages):
                messages = await messages
            assert isinstance(messages, Iterator)
            result = await run(port, messages, bench.connections)
            rates[who].append(result.rate)
            seconds[who].seconds += result.seconds
            seconds[who].failures += result.failures
    ours, floor = statistics.median(rates["ours"]), statistics.median(rates["floor"])
    ratio = statistics.median(a / b for a, b in zip(rates["ours"], rates["floor"], strict=True))
    cells = [f"{seconds[who].percentile(share):8.1f}" for who in ("ours", "floor") for share in (0.5, 0.99)]
    failures = seconds["ours"].failures + seconds["floor"].failures
    print(f"{name:22}{ours:8.0f}{floor:8.0f}{ratio:8.2f} {' '.join(cells)}{failures:6}", flush=True)


async def prepare(url: str) -> tuple[str, dict[UUID, str], Path]:
    """The catalogue, the sample registry with room for the load, an operator; all tokens in a file for the floor."""
    await migrate(url)
    db = Database(url, pool_size=2)
    now = clock_from(Settings()).now()
    async with db.begin() as tx:
        await load_reference_data(tx)
        await load_registry(tx, now.date(), now)
        await tx.session.execute(update(Provider).values(capacity=100_000, reached_by=ReachedBy.QUEUE))
        keys = await demo_keys(tx, now)
        staff, operator = await sign_in(tx, now)
        count = len((await tx.session.execute(select(Provider.id))).all())
    await db.close()
    tokens = {operator: str(staff)} | {key: str(provider) for provider, key in keys.items()}
    file = Path(tempfile.mkstemp(prefix="hotline-bench-")[1])
    file.write_bytes(orjson.dumps(tokens))
    print(f"{count} providers; {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; Python {sys.version.split()[0]}")
    return operator, keys, file


@asynccontextmanager
async def servers(url: str, tokens: Path) -> AsyncIterator[tuple[int, int]]:
    """Our server and the floor, each in a process of its own."""
    ours, floor = free_port(), free_port()
    environment = os.environ | {"DATABASE_URL": url}
    hotline = Path(sys.executable).with_name("hotline")
    processes = [
        subprocess.Popen([hotline, "serve", "--port", str(ours)], env=environment, stderr=subprocess.DEVNULL),
        subprocess.Popen([sys.executable, "-m", "bench.floor", str(floor), url, str(tokens)], env=environment),
    ]
    try:
        for port in (ours, floor):
            while True:
                with contextlib.suppress(OSError):
                    (await asyncio.open_connection("127.0.0.1", port))[1].close()
                    break
                await asyncio.sleep(0.1)
        yield ours, floor
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
        tokens.unlink()


async def main(url: str, options: argparse.Namespace) -> None:
    """Measure every path."""
    operator, keys, tokens = await prepare(url)
    async with servers(url, tokens) as (ours, floor):
        bench = Bench(ours, floor, operator, keys, options.connections, options.requests, options.rounds)
        for port in (ours, floor):
            await run(port, dispatches(bench, 200), bench.connections)
        print(f"{bench.connections} connections, {bench.rounds} rounds of {bench.requests} requests; ms")
        print(
            f"{'':22}{'ours/s':>8}{'floor/s':>8}{'ratio':>8} {'p50':>8} {'p99':>8} {'f.p50':>8} {'f.p99':>8}{'fail':>6}"
        )
        await measure(bench, "create and answer", answers)
        await measure(bench, "create and dispatch", dispatches)
        await measure(bench, "offer poll", polls)
        await measure(bench, "accept", acceptances)
        await measure(bench, "complete", completions)


OTHERS = {
    "claims": "claims per second beside procrastinate's",
    "import": "the whole registry from a file",
    "kill": "processes killed while 500 providers work: what was lost or doubled",
    "polls": "thousands of waiting polls on one process",
    "scale": "matching among tens of thousands of providers",
    "storm": "greedy matching beside an assignment solver",
}
"""Imported only when asked for: some need packages that the others do without."""
MODULES = {"import": "import_"}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.epilog = "\n".join(["other benchmarks:", *(f"  {name:8} {about}" for name, about in OTHERS.items())])
    if len(sys.argv) > 1 and sys.argv[1] in OTHERS:
        module = import_module(f"bench.{MODULES.get(sys.argv[1], sys.argv[1])}")
        parser.prog, parser.description, parser.epilog = f"bench {sys.argv[1]}", module.__doc__, None
        module.add_arguments(parser)
        module.run(parser.parse_args(sys.argv[2:]))
    else:
        parser.add_argument("--connections", type=int, default=32)
        parser.add_argument("--requests", type=int, default=1000, help="per round")
        parser.add_argument("--rounds", type=int, default=5)
        chosen = parser.parse_args()
        with tempfile.TemporaryDirectory(prefix="hotline-bench-") as data, embedded.join(Path(data) / "data") as server:
            asyncio.run(main(server.url, chosen))
