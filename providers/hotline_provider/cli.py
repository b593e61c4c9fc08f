"""拨一拨就灵·服务单位：接单、开工、报价、完工、退单。 The provider's side of the hotline.

Exit status: 0 done, 1 refused by the centre, 2 wrong usage, 3 centre unreachable, 4 disk not writable.
"""

import os
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from hotline_provider import books
from hotline_provider.board import Board, Unclear, pick, short, yuan
from hotline_provider.client import HotlineClient
from hotline_provider.screen import Screen
from hotline_provider.session import Session, fen, measured, moment, tell
from hotline_provider.terms import DeclineReason, ReturnReason
from hotline_provider.unattended import Unattended
from hotline_provider.wording import Lang, Say

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(books.app)


def _fen(text: str) -> int:
    try:
        return fen(text, Say(Lang.ZH))
    except Unclear as error:
        raise typer.BadParameter(str(error)) from error


def _quantity(text: str) -> Decimal:
    try:
        return measured(text, Say(Lang.ZH))
    except Unclear as error:
        raise typer.BadParameter(str(error)) from error


Which = Annotated[str, typer.Argument(help="单号，或编号的末几位 / the request number, or the end of the id")]
Yuan = Annotated[int, typer.Option(parser=_fen, metavar="YUAN", help="金额（元） / amount in yuan")]
Found = Annotated[
    Decimal | None,
    typer.Option("--quantity", parser=_quantity, metavar="N", help="实际数量 / the actual quantity"),
]
Agreed = Annotated[bool, typer.Option("--agreed", help="求助人当场同意 / the citizen agreed on site")]
Note = Annotated[str | None, typer.Option(help="说明 / a note")]
Moment = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"])]


@app.callback()
def settings(
    context: typer.Context,
    url: Annotated[str, typer.Option(envvar="HOTLINE_URL", help="中心地址 / the centre's address")] = "",
    key: Annotated[
        str, typer.Option(envvar="HOTLINE_KEY", help="密钥，宜用环境变量 / your key; an environment variable is safer")
    ] = "",
    journal: Annotated[
        Path | None,
        typer.Option(envvar="HOTLINE_JOURNAL", help="未确认操作的记录文件 / the file that keeps unconfirmed actions"),
    ] = None,
    lang: Annotated[Lang | None, typer.Option(help="语言，默认随 LANG / language (default: from LANG)")] = None,
) -> None:
    environment = Lang.ZH if os.environ.get("LANG", "zh").startswith("zh") else Lang.EN
    context.obj = Session(url, key, journal, Say(lang or environment))


@app.command()
def watch(context: typer.Context) -> None:
    """实时看派单和工单，按键接单、报价、完工。 Watch offers and jobs live; keys act on the chosen row."""
    session: Session = context.obj
    session.run(lambda hotline: Screen(session, hotline).run())


@app.command()
def unattended(
    context: typer.Context,
    on_offer: Annotated[
        str | None,
        typer.Option(metavar="COMMAND", help="每个派单运行的命令，决定接或拒 / command that decides each offer"),
    ] = None,
    on_job: Annotated[
        str | None,
        typer.Option(metavar="COMMAND", help="工单有变化时运行的命令 / command that receives each job change"),
    ] = None,
    accept: Annotated[
        list[str] | None, typer.Option(metavar="ITEM", help="自动接这些项目 / accept these items automatically")
    ] = None,
) -> None:
    """无人值守：接到本单位自己的系统。 Run unattended, connected to your own system."""
    session: Session = context.obj
    if not (on_offer or accept):
        raise typer.BadParameter(session.say("no_rule"))
    session.run(lambda hotline: Unattended(hotline, session.say, on_offer, on_job, frozenset(accept or ())).run())


@app.command()
def accept(
    context: typer.Context, offer: Which, appointment_from: Moment = None, appointment_to: Moment = None
) -> None:
    """接单，可定预约时间。 Accept an offer; appointment times are in this machine's time zone."""
    session: Session = context.obj

    async def act(hotline: HotlineClient) -> None:
        chosen = pick(offer, await hotline.offers(), "offers", session.say)
        start, end = (moment and moment.astimezone() for moment in (appointment_from, appointment_to))
        job = await hotline.accept(chosen.id, appointment_from=start, appointment_to=end)
        tell(session.say("accepted", number=job.number, id=short(job.id)))
        tell(await session.contact(hotline, job.id))

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
        tell(session.say("declined", number=chosen.number))

    session.run(act)


@app.command()
def jobs(context: typer.Context) -> None:
    """未完成的工单。 List your unfinished jobs."""
    session: Session = context.obj

    async def act(hotline: HotlineClient) -> None:
        board = Board(session.say, jobs=await hotline.jobs())
        await board.learn_names(hotline)
        Console().print(board.jobs_table())

    session.run(act)


@app.command()
def contact(context: typer.Context, job: Which) -> None:
    """联系人和地址。 Show whom to call and where to go."""
    session: Session = context.obj

    async def act(hotline: HotlineClient) -> None:
        tell(await session.contact(hotline, pick(job, await hotline.jobs(), "jobs", session.say).id))

    session.run(act)


@app.command()
def start(context: typer.Context, job: Which) -> None:
    """到场开工。 Report that you are on site and starting work."""
    context.obj.on_job(job, lambda hotline, chosen: hotline.start(chosen.id), "started")


@app.command()
def quote(
    context: typer.Context,
    job: Which,
    amount: Yuan,
    quantity: Found = None,
    agreed: Agreed = False,
    note: Note = None,
) -> None:
    """报价（整单）。 Quote a price for the whole job."""
    context.obj.on_job(
        job,
        lambda hotline, chosen: hotline.quote(chosen.id, amount, quantity=quantity, agreed_on_site=agreed, note=note),
        "agreed" if agreed else "quoted",
        yuan=yuan(amount),
    )


@app.command()
def complete(
    context: typer.Context,
    job: Which,
    amount: Yuan,
    result: Annotated[str, typer.Option(help="做了什么 / what you did")],
    quantity: Found = None,
    agreed: Agreed = False,
    payout: Annotated[
        int | None, typer.Option(parser=_fen, metavar="YUAN", help="付给求助人（元） / yuan paid to the citizen")
    ] = None,
) -> None:
    """完工并报收费。 Complete a job with the amount billed."""
    context.obj.on_job(
        job,
        lambda hotline, chosen: hotline.complete(
            chosen.id,
            result=result,
            amount_fen=amount,
            quantity=quantity,
            agreed_on_site=agreed,
            payout_fen=payout,
        ),
        "completed",
        yuan=yuan(amount),
    )


@app.command("return")
def give_back(
    context: typer.Context, job: Which, reason: Annotated[ReturnReason, typer.Option()], note: Note = None
) -> None:
    """退单，须说明原因。 Give a job back."""
    context.obj.on_job(job, lambda hotline, chosen: hotline.give_back(chosen.id, reason, note), "returned")


@app.command()
def extend(
    context: typer.Context,
    job: Which,
    until: Annotated[
        str, typer.Option(help="延到几时 / the new deadline in this machine's time zone: 2026-11-25 18:00")
    ],
    reason: Annotated[str, typer.Option(help="为什么 / the reason")],
) -> None:
    """申请延期，每单一次。 Ask for more time, once per job; a supervisor decides."""
    session: Session = context.obj

    async def act(hotline: HotlineClient) -> None:
        end = moment(until, session.say)
        chosen = pick(job, await hotline.jobs(), "jobs", session.say)
        await hotline.ask_for_extension(chosen.id, end, reason)
        tell(session.say("asked", number=chosen.number, until=f"{end:%m-%d %H:%M}"))

    session.run(act)


@app.command()
def journal(context: typer.Context) -> None:
    """本机记录的操作和中心的答复。 List the actions taken here and the centre's answers; '-' means none yet."""
    session: Session = context.obj

    async def act(hotline: HotlineClient) -> None:
        for kept in hotline.journal.all() if hotline.journal else ():
            at = time.strftime("%m-%d %H:%M:%S", time.localtime(kept.kept_at))
            tell(f"{at}  {kept.outcome or '-':16}  {kept.path}  {kept.body}")

    session.run(act)


if __name__ == "__main__":
    app()
