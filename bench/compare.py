"""Processor time per request of this working tree and of other revisions, path by path, in alternating rounds.

Each revision is checked out beside the working tree. Its own code serves it on its own database, which that code made
from the same registry. This tree's load drives all of them. A path that costs more than 1.05 times the processor time
of the last revision named is reported, and the exit code is then 1.
"""

import argparse
import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from app.kit import embedded
from bench.paths import PATHS
from bench.sides import ROOT, Rounds, Side, commit_of, database_of, founded, machine, measure, ours, served, settle

TOLERATED = 1.05
LOCK = "requirements.lock"


@dataclass(frozen=True)
class Tree:
    """A revision's files, and a Python with the packages they need."""

    name: str
    folder: Path
    python: Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument(
        "revisions", nargs="+", metavar="REV", help="revisions to compare with; the last one is the baseline"
    )
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--requests", type=int, default=400, help="per round")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")


def run(options: argparse.Namespace) -> None:
    """Measure on a scratch server, and exit with 1 if a path costs more."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotline-bench-")))
        trees = [stack.enter_context(checked_out(revision, folder)) for revision in options.revisions]
        trees.append(Tree("now", ROOT, Path(sys.executable)))
        server = stack.enter_context(embedded.join(folder / "data"))
        costly = asyncio.run(_compare(server.url, trees, options))
    sys.exit(1 if costly else 0)


@contextmanager
def checked_out(revision: str, folder: Path) -> Iterator[Tree]:
    """Check the revision out while the block runs, with packages of its own if it needs other ones."""
    tree = folder / revision.replace("/", "-")
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", tree, revision], check=True, cwd=ROOT)
    try:
        python = Path(sys.executable)
        if (tree / LOCK).read_bytes() != (ROOT / LOCK).read_bytes():
            print(f"{revision}: installing its packages", flush=True)
            subprocess.run([sys.executable, "-m", "venv", tree / ".venv"], check=True)
            python = tree / ".venv" / "bin" / "python"
            subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", tree / LOCK], check=True)
        yield Tree(commit_of(tree), tree, python)
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", tree], check=True, cwd=ROOT)


async def _compare(url: str, trees: Sequence[Tree], options: argparse.Namespace) -> list[str]:
    async with AsyncExitStack() as stack:
        sides = []
        for number, tree in enumerate(trees):
            database = await database_of(url, f"side{number}")
            tokens = await founded(database, tree.folder, tree.python)
            port, command, more = ours(database, tree.folder, tree.python)
            side = served(tree.name, command, tokens, port, options.connections, **more)
            sides.append(await stack.enter_async_context(side))
        print(f"{options.rounds} rounds of {options.requests} requests; CPU in ms per request: server + database")
        for path in PATHS:
            for number in range(options.rounds):
                # start with another side each time, so that none always follows a costly neighbour
                await measure(url, sides[number % len(sides) :] + sides[: number % len(sides)], path, options.requests)
                await settle()
            _show(path, sides)
    if options.json:
        facts = {side.name: {path: rounds.figures() for path, rounds in side.paths.items()} for side in sides}
        options.json.write_bytes(orjson.dumps(machine() | {"sides": facts}, option=orjson.OPT_INDENT_2))
    return _verdict(sides)


def _show(path: str, sides: Sequence[Side]) -> None:
    print(path)
    last = sides[-2].paths[path]
    for side in sides:
        figures, ratio = side.paths[path].figures(), _ratio(side.paths[path], last)
        print(
            f"  {side.name:12}{figures['rate']:8.0f}/s  p50 {figures['p50_ms']:7.1f}  p99 {figures['p99_ms']:7.1f}"
            f"  CPU {figures['server_cpu_ms']:6.2f} + {figures['database_cpu_ms']:5.2f}  {ratio:5.2f}"
            f"  failed {figures['failures']}",
            flush=True,
        )


def _ratio(rounds: Rounds, other: Rounds) -> float:
    return statistics.median(a / b for a, b in zip(rounds.cpu_ms, other.cpu_ms, strict=True))


def _verdict(sides: Sequence[Side]) -> list[str]:
    *_, before, now = sides
    costly = []
    for path in PATHS:
        ratio = _ratio(now.paths[path], before.paths[path])
        if ratio > TOLERATED:
            costly.append(f"{path} costs {ratio:.2f} of the CPU per request of {before.name}")
    print("\n".join(costly) or f"Nothing costs more than {TOLERATED} of the CPU per request of {before.name}.")
    return costly
