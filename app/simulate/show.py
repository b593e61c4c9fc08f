"""`hotline simulate`, from its options to its tables."""

import asyncio
import logging
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.table import Table

from app.catalog.snapshot import read_snapshot
from app.kit.command_line import Unusable
from app.kit.db import Database
from app.matching.models import PolicyVersion
from app.matching.policy import Rules
from app.settings import Settings
from app.simulate.arrivals import draw_calls
from app.simulate.figures import Figures, count_figures
from app.simulate.invariants import check_all
from app.simulate.play import Play
from app.simulate.report import Course, read_course, write_report
from app.simulate.scenarios import SCENARIOS, Scenario
from app.simulate.stage import set_stage, template

FIRST = "first"
"""The policy that comes with the schema."""


@dataclass(frozen=True)
class Plan:
    """The options of the command.

    `policies` are versions of this deployment or files of rules to compare. `report` is the folder for each day's page.
    """

    scenario: str
    scale: float
    seed: int
    days: int
    policies: Sequence[str]
    keep: bool
    report: Path | None = None

    @property
    def heads(self) -> Sequence[str]:
        """The policies' names in the table: file names without folders, unless two are equal."""
        names = [Path(policy).stem for policy in self.policies]
        return names if len(set(names)) == len(names) else self.policies


@dataclass(frozen=True)
class Result:
    """A played day: its figures and course, how often each invariant was broken, and the real seconds it took."""

    figures: Figures
    course: Course
    broken: Mapping[str, int]
    seconds: float


async def run_simulation(settings: Settings, server_url: str, plan: Plan) -> int:
    """Play the days under each policy and show them. Return 1 if an invariant was broken, else 0.

    Cleans up after SIGTERM too.
    """
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGTERM, cast(asyncio.Task[int], asyncio.current_task()).cancel
    )
    console, scenario, failed = Console(), SCENARIOS[plan.scenario], False
    logging.getLogger("alembic").setLevel(logging.WARNING)
    rules = [await _read_rules(server_url, policy) for policy in plan.policies]
    async with template(settings, server_url, scenario, keep=plan.keep) as origin:
        for seed in range(plan.seed, plan.seed + plan.days):
            results = [await _play(settings, server_url, origin, scenario, each, seed, plan) for each in rules]
            failed = failed or any(any(result.broken.values()) for result in results)
            title, rows = f"{plan.scenario}, scale {plan.scale:g}, seed {seed}", list(_rows(results))
            console.print(_table(title, plan, rows) if plan.days == 1 else _line(seed, results), soft_wrap=True)
            if plan.report:
                courses = dict(zip(plan.heads, (result.course for result in results), strict=True))
                page = plan.report / f"{plan.scenario}-{seed}.html"
                write_report(page, title, [("", *plan.heads), *rows], courses, settings.zone)
                console.print(f"report: {page}", soft_wrap=True)
    return int(failed)


async def _read_rules(server_url: str, policy: str) -> Rules | None:
    """Return the rules of a file or of a version of this deployment, or None for the first policy.

    Raises Unusable if the policy does not exist or cannot be read, ValidationError if it is not a policy.
    """
    if policy == FIRST:
        return None
    return await _read_version(server_url, int(policy)) if policy.isdigit() else _read_file(Path(policy))


def _read_file(path: Path) -> Rules:
    try:
        return Rules.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"the policy {path} cannot be read: {error}") from error


async def _read_version(server_url: str, number: int) -> Rules:
    db = Database(server_url, pool_size=1)
    try:
        async with db.begin() as tx:
            version = await tx.session.get(PolicyVersion, number)
            if version is None:
                raise Unusable(f"there is no policy {number} in this deployment")
            return Rules.model_validate({name: getattr(version, name) for name in Rules.model_fields})
    finally:
        await db.close()


async def _play(
    settings: Settings, server_url: str, origin: str, scenario: Scenario, rules: Rules | None, seed: int, plan: Plan
) -> Result:
    async with set_stage(settings, server_url, origin, scenario, rules, keep=plan.keep) as stage:
        db, began = stage.context.db, time.perf_counter()
        play = Play(stage, await read_snapshot(db), scenario, seed)
        await play.run(draw_calls(scenario, settings, plan.scale, seed))
        seconds = time.perf_counter() - began
        async with db.begin() as tx:
            broken = await check_all(tx, play.created)
            return Result(await count_figures(tx), await read_course(tx), broken, seconds)


def _rows(results: Sequence[Result]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the day's table: the name of a figure, and the figure under each policy."""
    columns = [dict(result.figures.rows()) for result in results]
    for name in dict.fromkeys(name for column in columns for name in column):
        yield name, *(column.get(name, "–") for column in columns)
    for name in results[0].broken:
        yield f"broken: {name}", *(str(result.broken[name]) for result in results)
    yield "real seconds", *(f"{result.seconds:.1f}" for result in results)


def _table(title: str, plan: Plan, rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table("", *plan.heads, title=title)
    for row in rows:
        table.add_row(*row)
    return table


def _line(seed: int, results: Sequence[Result]) -> str:
    """Return a day as one line."""
    parts = [
        f"{counts['received']} received, {counts['matched']} of {counts['dispatched']} matched, "
        f"{counts['unmatched']} unmatched, {counts['expired']} of {counts['offers']} expired, "
        f"Gini {result.figures.gini:.3f}, broken {sum(result.broken.values())}, {result.seconds:.1f} s"
        for result in results
        for counts in (result.figures.counts,)
    ]
    return f"seed {seed}: " + " | ".join(parts)
