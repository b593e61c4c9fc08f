"""拨一拨就灵·服务单位：接单、开工、报价、完工、退单。 The provider's side of the hotline.

Exit status: 0 done, 1 the centre refuses, 2 wrong use, 3 the centre cannot be reached.
"""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.live import Live

from hotline_provider.board import Board, Unclear, pick, short, yuan
from hotline_provider.client import HotlineClient
from hotline_provider.models import DeclineReason, Job, ReturnReason
from hotline_provider.problems import Problem, Unreachable
from hotline_provider.wording import Lang, Say

REFUSED, WRONG_USE, UNREACHABLE = 1, 2, 3
PATIENCE_SECONDS = 8.0
LOOK_AT_JOBS_EVERY = 10.0

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)

Act = Callable[[HotlineClient], Awaitable[None]]


@dataclass
class Session:
    """What the options say; `run` does one thing with the centre and turns what goes wrong into an exit status."""

    url: str
    key: str
    say: Say

    def run(self, act: Act) -> None:
        try:
            with contextlib.suppress(KeyboardInterrupt):
                asyncio.run(self._run(act))
        except Problem as problem:
            wrong = [f"{one['field']}: {one['message']}" for one in problem.members.get("errors", ())]
            _fail("\n".join((problem.title, *wrong)), REFUSED)
        except Unreachable as error:
            _fail(self.say("unreachable", why=error), UNREACHABLE)
        except Unclear as error:
            _fail(str(error), WRONG_USE)

    async def _run(self, act: Act) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise Unclear(self.say("no_url"))
        if not self.key:
            raise Unclear(self.say("no_key"))
        language = "en" if self.say.lang is Lang.EN else "zh-CN"
        async with HotlineClient(self.url, self.key, language=language, patience=PATIENCE_SECONDS) as hotline:
            await act(hotline)

    def on_job(self, name: str, act: Callable[[HotlineClient, Job], Awaitable[Job]], done: str, **facts: Any) -> None:
        """Find the unfinished job that is meant, act on it, and say that it is done."""

        async def find_and_act(hotline: HotlineClient) -> None:
            job = await act(hotline, pick(name, await hotline.jobs(), "jobs", self.say))
            _tell(self.say(done, number=job.number, **facts))

        self.run(find_and_act)

    async def tell_contact(self, hotline: HotlineClient, job_id: UUID) -> None:
        job = await hotline.job(job_id)
        _tell(self.say("contact", name=job.contact_name or "-", phone=job.contact_phone, address=job.address or "-"))


def _fail(sentence: str, status: int) -> None:
    Console(stderr=True).print(sentence, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(status)


def _tell(sentence: str) -> None:
    Console().print(sentence, markup=False, soft_wrap=True)


def _fen(text: str) -> int:
    """A sum typed in yuan."""
    try:
        fen = Decimal(text) * 100
    except InvalidOperation:
        fen = Decimal("NaN")
    if not fen.is_finite() or fen != fen.to_integral_value() or fen < 0:
        raise typer.BadParameter(f"{text}: 120 / 120.50")
    return int(fen)


Which = Annotated[str, typer.Argument(help="单号，或编号的末几位 / the request's number, or the end of the id")]
Yuan = Annotated[int, typer.Option(parser=_fen, metavar="YUAN", help="金额（元） / the sum in yuan")]
Note = Annotated[str | None, typer.Option(help="说明 / in your words")]
Moment = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"])]


@app.callback()
def settings(
    context: typer.Context,
    url: Annotated[str, typer.Option(envvar="HOTLINE_URL", help="中心地址 / the centre's address")] = "",
    key: Annotated[
        str, typer.Option(envvar="HOTLINE_KEY", help="密钥，宜用环境变量 / your key; better in the environment")
    ] = "",
    lang: Annotated[Lang | None, typer.Option(help="语言，默认随 LANG / language, by default after LANG")] = None,
) -> None:
    environment = Lang.ZH if os.environ.get("LANG", "zh").startswith("zh") else Lang.EN
    context.obj = Session(url, key, Say(lang or environment))


@app.command()
def watch(context: typer.Context) -> None:
    """实时看派单和工单。 Offers with their countdown and jobs, live; Ctrl-C ends it."""
    session: Session = context.obj

    async def act(hotline: HotlineClient) -> None:
        board = Board(session.say)
        await board.learn_names(hotline)
        with Live(board, refresh_per_second=2):
            await asyncio.gather(_follow_offers(hotline, board), _follow_jobs(hotline, board))

    session.run(act)


async def _follow_offers(hotline: HotlineClient, board: Board) -> None:
    async for offers in hotline.watch_offers():
        board.offers = offers


async def _follow_jobs(hotline: HotlineClient, board: Board) -> None:
    while True:
        with contextlib.suppress(Problem, Unreachable):  # what lasts is said on the offers' side
            board.jobs = await hotline.jobs()
        await asyncio.sleep(LOOK_AT_JOBS_EVERY)


@app.command()
def accept(
    context: typer.Context, offer: Which, appointment_from: Moment = None, appointment_to: Moment = None
) -> None:
    """接单，可定预约时间。 Accept an offer; an appointment is in this machine's time."""
    session: Session = context.obj

    async def act(hotline: HotlineClient) -> None:
        chosen = pick(offer, await hotline.offers(), "offers", session.say)
        start, end = (moment and moment.astimezone() for moment in (appointment_from, appointment_to))
        job = await hotline.accept(chosen.id, appointment_from=start, appointment_to=end)
        _tell(session.say("accepted", number=job.number, id=short(job.id)))
        await session.tell_contact(hotline, job.id)

    session.run(act)


@app.command()
def decline(
    context: typer.Context, offer: Which, reason: Annotated[DeclineReason, typer.Option()], note: Note = None
) -> None:
    """拒单，须说明原因。 Decline an offer."""
    session: Session = context.obj

    async def act(hotline: HotlineClient) -> None:
        chosen = pick(offer, await hotline.offers(), "offers", session.say)
        await hotline.decline(chosen.id, reason, note)
        _tell(session.say("declined", number=chosen.number))

    session.run(act)


@app.command()
def jobs(context: typer.Context) -> None:
    """未完成的工单。 Your unfinished jobs."""
    session: Session = context.obj

    async def act(hotline: HotlineClient) -> None:
        board = Board(session.say, jobs=await hotline.jobs())
        await board.learn_names(hotline)
        Console().print(board.jobs_table())

    session.run(act)


@app.command()
def contact(context: typer.Context, job: Which) -> None:
    """联系人和地址。 Whom to call and where to go."""
    session: Session = context.obj

    async def act(hotline: HotlineClient) -> None:
        await session.tell_contact(hotline, pick(job, await hotline.jobs(), "jobs", session.say).id)

    session.run(act)


@app.command()
def start(context: typer.Context, job: Which) -> None:
    """到场开工。 You are on site."""
    context.obj.on_job(job, lambda hotline, chosen: hotline.start(chosen.id), "started")


@app.command()
def quote(
    context: typer.Context,
    job: Which,
    amount: Yuan,
    agreed: Annotated[bool, typer.Option("--agreed", help="求助人当场同意 / the citizen said yes on site")] = False,
    note: Note = None,
) -> None:
    """报价（整单）。 Name the price of the whole job."""
    context.obj.on_job(
        job,
        lambda hotline, chosen: hotline.quote(chosen.id, amount, agreed_on_site=agreed, note=note),
        "agreed" if agreed else "quoted",
        yuan=yuan(amount),
    )


@app.command()
def complete(
    context: typer.Context,
    job: Which,
    amount: Yuan,
    result: Annotated[str, typer.Option(help="做了什么 / what was done")],
    payout: Annotated[
        int | None, typer.Option(parser=_fen, metavar="YUAN", help="付给求助人（元） / paid to the citizen")
    ] = None,
) -> None:
    """完工并报收费。 Done, with the amount billed."""
    context.obj.on_job(
        job,
        lambda hotline, chosen: hotline.complete(chosen.id, result=result, amount_fen=amount, payout_fen=payout),
        "completed",
        yuan=yuan(amount),
    )


@app.command("return")
def give_back(
    context: typer.Context, job: Which, reason: Annotated[ReturnReason, typer.Option()], note: Note = None
) -> None:
    """退单，须说明原因。 Give a job back."""
    context.obj.on_job(job, lambda hotline, chosen: hotline.give_back(chosen.id, reason, note), "returned")


if __name__ == "__main__":
    app()
