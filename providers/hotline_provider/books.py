"""Commands for a provider's books: statement, monthly returns, credit, complaints and matching decisions."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hotline_provider.account import (
    Complaint,
    Credit,
    CreditEntry,
    Decision,
    MonthFigures,
    MonthReturn,
    MonthStatement,
    Share,
)
from hotline_provider.board import Unclear, pick_ending, short, yuan
from hotline_provider.client import HotlineClient
from hotline_provider.journal import CannotKeep
from hotline_provider.session import Session, fen, tell
from hotline_provider.wording import Lang, Say

app = typer.Typer()

Entry = Annotated[str, typer.Argument(help="编号的末几位 / the end of the id")]
Text = Annotated[str, typer.Option(help="说明 / in your words")]
FORMS = ("csv", "xlsx", "html")


@app.command()
def statement(
    context: typer.Context,
    month: Annotated[str | None, typer.Argument(metavar="[YYYY-MM]", help="月份 / show this month job by job")] = None,
    save: Annotated[Path | None, typer.Option(help="存为 .xlsx、.csv 或 .html / save the month as a file")] = None,
) -> None:
    """对账单：逐月，或某月逐单。 Show your figures month by month, or one month job by job."""
    session: Session = context.obj

    async def act(hotline: HotlineClient) -> None:
        if save and month:
            form = save.suffix.removeprefix(".")
            if form not in FORMS:
                raise Unclear(session.say("no_form", name=save))
            content = await hotline.month_file(month, form, session.say.lang)
            try:
                save.write_bytes(content)
            except OSError as error:
                raise CannotKeep(str(error)) from error
            tell(session.say("saved", name=save))
        elif month:
            Console().print(_month(await hotline.month(month), session.say))
        else:
            Console().print(_months((await hotline.statement()).months, session.say))

    session.run(act)


@app.command()
def months(context: typer.Context) -> None:
    """已报的月报。 List the monthly returns that you have filed."""
    session: Session = context.obj

    async def act(hotline: HotlineClient) -> None:
        Console().print(_returns(await hotline.returns(), session.say))

    session.run(act)


@app.command()
def file_month(
    context: typer.Context,
    month: Annotated[str, typer.Argument(metavar="YYYY-MM", help="已结束的月份 / a month that is over")],
    turnover: Annotated[str, typer.Option(metavar="YUAN", help="营业额（元） / turnover in yuan")],
    profit_tax: Annotated[
        str, typer.Option(metavar="YUAN", help="利税（元），亏损为负 / profit-and-tax in yuan, negative for a loss")
    ],
) -> None:
    """报月报，锁定前可重报。 File a month's turnover and profit-and-tax; you can file again until it is locked."""
    session: Session = context.obj

    async def act(hotline: HotlineClient) -> None:
        sums = {"turnover_fen": fen(turnover, session.say), "profit_tax_fen": fen(profit_tax, session.say, loss=True)}
        Console().print(_returns([await hotline.file_month(month, **sums)], session.say))

    session.run(act)


@app.command()
def credit(context: typer.Context) -> None:
    """信用分和每一笔变动。 Show your credit and its changes."""
    session: Session = context.obj

    async def act(hotline: HotlineClient) -> None:
        Console().print(_credit(await hotline.credit(), session.say))

    session.run(act)


@app.command()
def reply(context: typer.Context, entry: Entry, text: Text) -> None:
    """对拟扣分申辩。 Reply to a proposed deduction."""
    _on_entry(context.obj, entry, text, appealing=False)


@app.command()
def appeal(context: typer.Context, entry: Entry, text: Text) -> None:
    """对扣分申诉。 Appeal a deduction."""
    _on_entry(context.obj, entry, text, appealing=True)


@app.command()
def complaints(context: typer.Context) -> None:
    """对本单位的投诉。 List complaints about your work."""
    session: Session = context.obj

    async def act(hotline: HotlineClient) -> None:
        Console().print(_complaints(await hotline.complaints(), session.say))

    session.run(act)


@app.command()
def answer_complaint(context: typer.Context, complaint: Entry, text: Text) -> None:
    """对投诉作说明，裁定前以最后一次为准。 Reply to a complaint; your last reply before the decision counts."""
    session: Session = context.obj

    async def act(hotline: HotlineClient) -> None:
        found = pick_ending(complaint, await hotline.complaints(), "complaints", session.say)
        said = await hotline.reply_to_complaint(found.id, text)
        tell(session.say("complaint_answered", number=said.number))

    session.run(act)


@app.command()
def decisions(
    context: typer.Context,
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="默认今天 / the day (default: today)")
    ] = None,
    number: Annotated[int | None, typer.Option(help="只看这一单 / only this request")] = None,
) -> None:
    """为什么派给或没有派给本单位。 Show why you were asked or passed over."""
    session: Session = context.obj

    async def act(hotline: HotlineClient) -> None:
        found = await hotline.decisions(day.date() if day else None)
        Console().print(_decisions([one for one in found if number in (None, one.number)], session.say))

    session.run(act)


def _on_entry(session: Session, name: str, text: str, *, appealing: bool) -> None:
    async def act(hotline: HotlineClient) -> None:
        entry = pick_ending(name, (await hotline.credit()).items, "credit", session.say)
        said = await (hotline.appeal if appealing else hotline.reply)(entry.id, text)
        tell(session.say("appealed" if appealing else "replied", rule=_rule(said, session.say)))

    session.run(act)


def _table(title: str, columns: Sequence[str], say: Say, **facts: object) -> Table:
    table = Table(title=say(title, **facts), title_justify="left")
    for column in columns:
        table.add_column(say(column))
    return table


def _months(months: Sequence[MonthFigures], say: Say) -> Table:
    columns = ("month", "acceptance", "punctuality", "satisfaction", "turnover", "credit_change")
    table = _table("statement", columns, say)
    for one in months:
        shares = (_share(share) for share in (one.acceptance, one.punctuality, one.satisfaction))
        table.add_row(f"{one.month:%Y-%m}", *shares, yuan(one.turnover_fen), f"{one.credit_change:+}")
    return table


def _month(month: MonthStatement, say: Say) -> Table:
    table = _table("statement", ("when", "number", "item", "quantity", "amount", "payout"), say)
    for job in month.jobs:
        item = job.item_en if say.lang is Lang.EN else job.item_zh
        when = f"{job.completed_at.astimezone():%m-%d %H:%M}"
        work = say.measure(job.quantity, job.unit)
        table.add_row(when, str(job.number), item, work, yuan(job.amount_fen), yuan(job.payout_fen))
    table.add_row(
        say("total"), str(month.total.jobs), "", "", yuan(month.total.amount_fen), yuan(month.total.payout_fen)
    )
    return table


def _returns(returns: Sequence[MonthReturn], say: Say) -> Table:
    table = _table("returns", ("month", "turnover", "baseline", "profit_tax", "status"), say)
    for one in returns:
        opened = one.reopened_why if one.status == "filed" else None
        status = say("reopened", why=opened) if opened else say.term("MonthStatus", one.status)
        before = "" if one.turnover.baseline_fen is None else yuan(one.turnover.baseline_fen)
        sums = yuan(one.turnover.month_fen), before, yuan(one.profit_tax.month_fen)
        table.add_row(f"{one.month:%Y-%m}", *sums, status)
    return table


def _complaints(found: Sequence[Complaint], say: Say) -> Table:
    table = _table("complaints", ("id", "number", "status", "words", "heard_until", "said_to_it", "decision"), say)
    for one in found:
        until = f"{one.reply_by.astimezone():%m-%d %H:%M}" if one.reply_by and one.status == "open" else ""
        said = (one.words or "", until, one.reply or "", one.decision or "")
        table.add_row(
            short(one.id),
            str(one.number),
            say.term("ComplaintStatus", "open" if one.decision is None else "decided"),
            *said,
        )
    return table


def _credit(credit: Credit, say: Say) -> Table:
    table = _table("credit_is", ("id", "status", "what", "number", "points", "can_say"), say, credit=credit.credit)
    for entry in credit.items:
        until = {"proposed": entry.reply_by, "applied": entry.appeal_by}.get(entry.status)
        can = say("until", end=f"{until.astimezone():%m-%d %H:%M}") if until else ""
        number = str(entry.request_number or "")
        table.add_row(
            short(entry.id), say.term("EntryStatus", entry.status), _rule(entry, say), number, f"{entry.points:+}", can
        )
    return table


def _decisions(decisions: Sequence[Decision], say: Say) -> Table:
    table = _table("decisions", ("when", "number", "item", "place", "why", "best"), say)
    for one in decisions:
        place = f"{one.place}/{one.ranked}" if one.place else ""
        best = f"{one.best.total:.2f}" if one.best else ""
        why = say("asked_you") if one.asked else (one.en if say.lang is Lang.EN else one.zh) or ""
        total = f"{one.total:.2f} " if one.total is not None else ""
        table.add_row(f"{one.at.astimezone():%m-%d %H:%M}", str(one.number), one.item_code, place, total + why, best)
    return table


def _rule(entry: CreditEntry, say: Say) -> str:
    return entry.en if say.lang is Lang.EN else entry.zh


def _share(share: Share) -> str:
    return "-" if share.rate is None else f"{share.rate:.0%} ({share.numerator}/{share.denominator})"
