"""Requests per second over HTTP on the hot paths: our service and the floor, measured alternately within one run.

Each path is measured in rounds (ours, floor, ours, floor, …), so that a drift of the machine affects both. The table
shows the medians of the rounds' rates and of their ratios, p50 and p99 over all responses, and the processor time per
request of the server and of PostgreSQL. Each server is one process; client, servers and PostgreSQL share the machine.
PostgreSQL's durability stays fully on. The figures are also written as JSON.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path

import orjson

from app.kit import embedded, open_files
from bench.paths import PATHS
from bench.sides import ROOT, Side, commit_of, founded, machine, measure, ours, served, settle
from bench.stage import free_port

RESULTS = ROOT / ".bench"


async def main(url: str, options: argparse.Namespace) -> None:
    """Measure every path."""
    tokens = await founded(url, ROOT, Path(sys.executable))
    known = {tokens.operator: str(tokens.operator_id)} | {key: str(provider) for provider, key in tokens.keys.items()}
    about = machine() | {"commit": commit_of(), "providers": len(tokens.keys), "connections": options.connections}
    print(" ".join(f"{name} {value}" for name, value in about.items()), flush=True)
    with tempfile.NamedTemporaryFile(prefix="hotline-bench-") as file:
        file.write(orjson.dumps(known))
        file.flush()
        async with AsyncExitStack() as stack:
            port, command, more = ours(url, ROOT, Path(sys.executable))
            other = free_port()
            floor = [sys.executable, "-m", "bench.floor", str(other), url, file.name]
            sides = [
                await stack.enter_async_context(served("ours", command, tokens, port, options.connections, **more)),
                await stack.enter_async_context(served("floor", floor, tokens, other, options.connections, port)),
            ]
            await _measure_all(url, sides, options)
    ratios = {path: round(ratio(sides, path), 3) for path in PATHS}
    figures = {side.name: {path: rounds.figures() for path, rounds in side.paths.items()} for side in sides}
    RESULTS.mkdir(exist_ok=True)
    file_name = RESULTS / f"{about['at'].replace(':', '')}-{about['commit']}.json"
    file_name.write_bytes(orjson.dumps(about | figures | {"ratio": ratios}, option=orjson.OPT_INDENT_2))
    print(f"written to {file_name.relative_to(ROOT)}")


async def _measure_all(url: str, sides: list[Side], options: argparse.Namespace) -> None:
    heads = ["ours/s", "floor/s", "ratio", "p50", "p99", "f.p50", "f.p99", "server", "f.server", "db", "f.db", "fail"]
    print(f"{options.rounds} rounds of {options.requests} requests; ms, processor time per request")
    print(" " * 22 + "".join(f"{head:>9}" for head in heads))
    for path in PATHS:
        for _ in range(options.rounds):
            await measure(url, sides, path, options.requests)
            await settle()
        our, floor = (side.paths[path].figures() for side in sides)
        print(
            f"{path:22}{our['rate']:9.0f}{floor['rate']:9.0f}{ratio(sides, path):9.2f}"
            f"{our['p50_ms']:9.1f}{our['p99_ms']:9.1f}{floor['p50_ms']:9.1f}{floor['p99_ms']:9.1f}"
            f"{our['server_cpu_ms']:9.2f}{floor['server_cpu_ms']:9.2f}"
            f"{our['database_cpu_ms']:9.2f}{floor['database_cpu_ms']:9.2f}{our['failures'] + floor['failures']:9}",
            flush=True,
        )


def ratio(sides: list[Side], path: str) -> float:
    """Return our rate over the floor's: the median of the rounds' ratios."""
    our, floor = (side.paths[path].rates for side in sides)
    return statistics.median(a / b for a, b in zip(our, floor, strict=True))


OTHERS = {
    "claims": "claims per second, compared with procrastinate",
    "compare": "processor time per request, compared with other revisions",
    "import": "import of a whole registry from a file",
    "knowledge": "searches by the number of articles",
    "kill": "what is lost or doubled when processes are killed while 500 providers work",
    "polls": "thousands of waiting polls on one process",
    "scale": "matching among tens of thousands of providers",
    "storm": "greedy matching, compared with an assignment solver",
}
"""Imported on demand, because some need packages that the others do not."""
MODULES = {"import": "import_"}

if __name__ == "__main__":
    open_files.raise_limit()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.epilog = "\n".join(["other benchmarks:", *(f"  {name:9} {about}" for name, about in OTHERS.items())])
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
