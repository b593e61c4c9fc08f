"""The command line: `hotline serve | worker | migrate | seed | doctor | staff | danger | knowledge | places | …`."""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError

from app.auth.commands import staff
from app.backup.commands import back_up, restore
from app.catalog.load import load_reference_data
from app.catalog.snapshot import Catalog, read_snapshot
from app.credit.rules import load_credit_rules
from app.danger.commands import danger
from app.danger.load import load_guides
from app.events.act import act_of
from app.kit import open_files
from app.kit.command_line import Sentences, application_role, database, owner_url, run
from app.kit.context import open_context
from app.kit.db import CALL, STEP
from app.kit.logs import set_up_logs
from app.kit.migrate import migrate as run_migrations
from app.kit.pubsub import PubSub
from app.knowledge.commands import evaluate_suggestions, knowledge, train_suggestions
from app.knowledge.load import load_articles
from app.main import create_app
from app.metrics.commands import metrics
from app.monitoring.commands import doctor
from app.places.commands import places
from app.privacy.commands import retention
from app.sample.history import load_history
from app.sample.load import load_registry
from app.sample.reference import SEED
from app.settings import Settings
from app.worker import work

app = typer.Typer(cls=Sentences, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
app.command("doctor")(doctor)
app.add_typer(staff, name="staff")
app.add_typer(danger, name="danger")
app.add_typer(knowledge, name="knowledge")
app.command("evaluate")(evaluate_suggestions)
app.command("train")(train_suggestions)
app.command("backup")(back_up)
app.command("restore")(restore)
app.add_typer(places, name="places")
app.add_typer(metrics, name="metrics")
app.command()(retention)

PORT = typer.Option(min=0, max=65_535, help="port to listen on; 0 takes a free one")
MOST_SCALE = 100.0
STOP_SECONDS = 8
"""How long a stop waits for calls that are being answered. Container runtimes kill after ten seconds."""


@app.callback()
def set_up() -> None:
    """Raise the limit of open files and set up logging, before any command."""
    open_files.raise_limit()
    with contextlib.suppress(ValidationError):  # the command itself says what is wrong with the settings
        set_up_logs(Settings().log_format)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, PORT] = 8189,
    with_worker: Annotated[bool, typer.Option(help="run the worker in the same process, for a single machine")] = False,
) -> None:
    """Serve the API and the console."""
    with database(Settings()) as settings:
        run(_serve(settings, host, port, with_worker=with_worker), endless=True)


class Server(uvicorn.Server):
    """A server that stops without waiting for long polls: it answers them first, like every call that has arrived."""

    def __init__(self, config: uvicorn.Config, application: FastAPI, pubsub: PubSub) -> None:
        super().__init__(config)
        self._application = application
        self._pubsub = pubsub

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start up; then exempt what was loaded from garbage collection."""
        await super().startup(sockets)
        if self.started:  # most of what the process keeps is prepared during the first calls
            self._application.state.warming.add_done_callback(lambda _: _spare_the_collector())

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let SIGTERM and SIGINT stop the server, not the task around it, which would cut off calls being answered."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer the long polls, then shut down."""
        self._pubsub.release_waiters()
        await super().shutdown(sockets)


async def _serve(settings: Settings, host: str, port: int, *, with_worker: bool) -> None:
    async with open_context(settings, CALL) as context:
        application = create_app(settings, context)
        # uvicorn sends no Date header: the application sends the centre's
        config = uvicorn.Config(
            application,
            host=host,
            port=port,
            access_log=False,
            log_config=None,
            date_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        server = Server(config, application, context.pubsub)
        _spare_the_collector()
        worker = asyncio.create_task(_work(settings)) if with_worker else None
        await server.serve()
        if worker:
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await worker


def _spare_the_collector() -> None:
    """Exempt what the process has loaded from garbage collection, and collect less often.

    What is loaded lives as long as the process, so scanning it again and again frees nothing. Most objects that a call
    makes are freed without the collector.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@app.command()
def worker() -> None:
    """Do what is due: expire offers, match waiting requests, arrange callbacks, update figures, and more."""
    with database(Settings()) as settings:
        run(_work(settings), endless=True)


async def _work(settings: Settings) -> None:
    async with open_context(settings, STEP) as context:
        await work(context, Catalog(context.db, context.pubsub))


@app.command(context_settings={"ignore_unknown_options": True})  # -1 is a revision, not an option
def migrate(revision: Annotated[str, typer.Argument(help="head, base, -1 or a revision")] = "head") -> None:
    """Bring the schema up to date, as its owner, and grant the application's role what it needs.

    Several machines may run this at once.
    """
    with database(Settings()) as settings:
        run(run_migrations(owner_url(settings), revision, application_role(settings)))


@app.command()
def seed(
    sample: Annotated[bool, typer.Option(help="also load the generated registry of more than 480 providers")] = False,
    history: Annotated[
        int,
        typer.Option(
            min=0, help="number of past days to generate, with 10,000 requests or more each; implies --sample"
        ),
    ] = 0,
) -> None:
    """Load the catalogue, the gazetteer, the credit rules, the guides for dangers and the sample articles.

    Running it again changes only what changed in the files.
    """
    with database(Settings()) as settings:
        run(_seed(settings, sample=sample or history > 0, history=history))


async def _seed(settings: Settings, *, sample: bool, history: int) -> None:
    await run_migrations(owner_url(settings), application=application_role(settings))
    async with open_context(settings) as context:
        act = act_of(context)
        today, now = act.today, act.now
        async with context.db.begin() as tx:
            await load_reference_data(tx)
            await load_credit_rules(tx, now)
            await load_guides(act, tx)
        catalog = await read_snapshot(context.db)
        async with context.db.begin() as tx:
            typer.echo(f"articles loaded: {await load_articles(act, tx, catalog)}")
            if sample:
                typer.echo(f"providers added: {await load_registry(tx, today, now)}")
        if history:
            figures = await load_history(context.db, settings, history, today, _show_progress)
            typer.echo(f"days loaded: {figures.loaded}, skipped: {figures.skipped}; rows: {dict(figures.rows)}")


def _show_progress(done: int, of: int) -> None:
    typer.echo(f"day {done} of {of}")


@app.command()
def demo(
    speed: Annotated[
        float | None, typer.Option(min=0.1, help="seconds of the centre's time per real second; 120 unless --no-play")
    ] = None,
    port: Annotated[int, PORT] = 8189,
    hours: Annotated[
        float | None, typer.Option(min=0.01, help="stop after this many hours of the centre's time")
    ] = None,
    day: Annotated[bool, typer.Option("--day", help="the same as --hours 24")] = False,
    scale: Annotated[
        float, typer.Option(min=0.001, max=MOST_SCALE, help="1 means 10,000 requests a day or more")
    ] = 1.0,
    history: Annotated[int, typer.Option(min=0, help="also generate this many past days")] = 0,
    play: Annotated[bool, typer.Option(help="play the day; --no-play only serves")] = True,
    seed: Annotated[int, typer.Option(help="seed of all random choices")] = SEED,
) -> None:
    """Play a live day: seed the database, serve, and let citizens, operators and providers work through the API."""
    from app.demo.show import run_demo
    from app.demo.stage import Plan  # imported here because no other command needs the players

    plan = Plan(speed, port, 24 if day else hours, scale, history, play, seed)
    with database(Settings()) as settings:
        raise typer.Exit(asyncio.run(run_demo(settings, owner_url(settings), plan)))


@app.command()
def simulate(
    scenario: Annotated[str, typer.Argument(help="day, holiday, typhoon, vanish or equal")] = "day",
    scale: Annotated[float, typer.Option(min=0.001, max=MOST_SCALE, help="1 means 10,000 requests a day")] = 1.0,
    seed: Annotated[int, typer.Option(help="seed of all random choices")] = SEED,
    days: Annotated[int, typer.Option(min=1, help="number of days to play, with consecutive seeds; one line each")] = 1,
    policy: Annotated[str, typer.Option(help="`first`, a version of this deployment, or a file of rules")] = "first",
    against: Annotated[str | None, typer.Option(help="another policy to play on the same day, for comparison")] = None,
    report: Annotated[Path | None, typer.Option(help="folder for a page with plots for each day")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="keep the scratch databases")] = False,
) -> None:
    """Play a day faster than real time in a scratch database and check the invariants. Exits with 1 if one fails."""
    from app.simulate.scenarios import SCENARIOS
    from app.simulate.show import Plan, run_simulation  # imported here because no other command needs the players

    if scenario not in SCENARIOS:
        raise typer.BadParameter(f"choose one of {', '.join(SCENARIOS)}", param_hint="SCENARIO")
    if report and not find_spec("matplotlib"):
        raise typer.BadParameter("plots need matplotlib: install hotline[report]", param_hint="--report")
    plan = Plan(scenario, scale, seed, days, [policy, *([against] if against else [])], keep, report)
    with database(Settings()) as settings:
        raise typer.Exit(asyncio.run(run_simulation(settings, owner_url(settings), plan)))


if __name__ == "__main__":
    app()
