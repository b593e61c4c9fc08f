"""Render a month's statement as CSV, as a workbook, or as a page to read or print, in Chinese or English."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from io import BytesIO
from zoneinfo import ZoneInfo

from app.catalog.models import is_counted
from app.kit.languages import Language, say
from app.kit.quantity import shown
from app.kit.spreadsheet import csv_text
from app.statement.schemas import JobLine, MonthStatement, Share
from app.statement.words import WORDS, measure, unit_word

STYLE = """
body{font:14px/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
th,td{border-bottom:1px solid #ccc;padding:.3rem .5rem;text-align:left;vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap}tfoot td{font-weight:bold}
@media print{body{margin:0;max-width:none}thead{display:table-header-group}tr{break-inside:avoid}}
"""


def statement_csv(statement: MonthStatement, zone: ZoneInfo) -> str:
    """Return the statement as CSV, one line per job, with times in the centre's zone and amounts in fen."""
    header = (
        "number", "item", "item_zh", "item_en", "tier", "redo", "completed_at", "amount_fen", "payout_fen", "quantity",
        "unit",
    )  # fmt: skip

    def line(job: JobLine) -> Sequence[object]:
        completed_at = job.completed_at.astimezone(zone).isoformat(sep=" ", timespec="minutes")
        work = (shown(job.quantity), job.unit) if is_counted(job.unit) else ("", "")
        names = (job.number, job.item_code, job.item_zh, job.item_en, job.tier, job.redo)
        return (*names, completed_at, job.amount_fen, job.payout_fen, *work)

    return csv_text(header, map(line, statement.jobs))


def statement_workbook(statement: MonthStatement, lang: Language, zone: ZoneInfo) -> bytes:
    """Return the jobs as an XLSX workbook with amounts in yuan and the total below.

    Takes tens of milliseconds, so run it in a thread.
    """
    from app.kit.workbook import Sheet, write_workbook  # loads openpyxl, which nothing else in the server needs

    page, total, file = _Page(statement, lang, zone), statement.total, BytesIO()
    names = ("number", "item", "quantity", "unit", "tier", "completed_at", "amount", "payout")
    numeric = [name in ("number", "quantity", "amount", "payout") for name in names]

    def row(job: JobLine) -> list[object]:
        _, item, _, tier, completed_at, *_ = page.job(job)
        work = [shown(job.quantity), unit_word(job.unit, job.quantity, lang)] if is_counted(job.unit) else ["", ""]
        return [job.number, item, *work, tier, completed_at, job.amount_fen / 100, job.payout_fen / 100]

    rows = map(row, statement.jobs)
    words = [page.words["total"].format(jobs=total.jobs), *[""] * 5]
    last = [*words, total.amount_fen / 100, total.payout_fen / 100]
    headings = [page.words[name] for name in names]
    write_workbook([Sheet(f"{statement.figures.month:%Y-%m}", headings, numeric, (*rows, last))], file)
    return file.getvalue()


def statement_page(statement: MonthStatement, lang: Language, zone: ZoneInfo) -> str:
    """Return the whole statement as a self-contained HTML page."""
    say = _Page(statement, lang, zone)
    parts = (say.head(), say.figures(), say.jobs(), say.credit())
    return (
        f'<!doctype html><html lang="{lang.tag}"><head><meta charset="utf-8"><meta name="robots" content="noindex">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(say.words["title"])}</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


class _Page:
    """Renders the parts of one page. `_table` and `_line` escape everything."""

    def __init__(self, statement: MonthStatement, lang: Language, zone: ZoneInfo) -> None:
        self.statement, self.lang, self.zone = statement, lang, zone
        self.words: dict[str, str] = {str(key): text for key, text in WORDS[lang].items()}

    def head(self) -> str:
        statement, words = self.statement, self.words
        provider = words["provider"].format(name=statement.provider_name, number=statement.provider_number)
        made = words["made"].format(moment=self._moment(statement.made_at), credit=statement.credit)
        title = f"{words['title']} {statement.figures.month:%Y-%m}"
        return f"<h1>{escape(title)}</h1>" + _line(provider) + _line(made)

    def figures(self) -> str:
        figures = self.statement.figures
        rows = [(self.words[name], _share(getattr(figures, name))) for name in ("acceptance", "punctuality")]
        rows += [(self.words[name], _share(getattr(figures, name))) for name in ("solved", "satisfaction")]
        rows += [(self.words[name], str(getattr(figures, name))) for name in ("returned", "no_shows")]
        return self._title("figures") + _table((), rows, numbers=1)

    def jobs(self) -> str:
        words, total = self.words, self.statement.total
        if not self.statement.jobs:
            return self._title("jobs") + _line(words["no_jobs"])
        header = [words[name] for name in ("number", "item", "quantity", "tier", "completed_at", "amount", "payout")]
        sums = _yuan(total.amount_fen), _yuan(total.payout_fen)
        last = (words["total"].format(jobs=total.jobs), *[""] * 4, *sums)
        return self._title("jobs") + _table(header, map(self.job, self.statement.jobs), last, numbers=2)

    def job(self, job: JobLine) -> Sequence[str]:
        """Return the cells of a job: number, item, quantity, tier, completion time, charge and payout."""
        item = getattr(job, f"item_{self.lang}")
        tier = say(job.tier, self.lang) + (f" · {self.words['redo']}" if job.redo else "")
        amounts = _yuan(job.amount_fen), _yuan(job.payout_fen)
        work = measure(job.quantity, job.unit, self.lang)
        return (str(job.number), item, work, tier, self._moment(job.completed_at), *amounts)

    def credit(self) -> str:
        words = self.words
        rows = []
        for entry in self.statement.credit_entries:
            limit = {"proposed": entry.reply_by, "applied": entry.appeal_by}.get(entry.status)
            until = {"proposed": "reply_by", "applied": "appeal_by"}.get(entry.status, "")
            rule = say(entry, self.lang)
            rule += f" ({entry.request_number})" if entry.request_number else ""
            left = words[until].format(moment=self._moment(limit)) if limit else ""
            rows.append((rule, say(entry.status, self.lang), left, f"{entry.points:+d}"))
        header = [words[name] for name in ("rule", "status", "until", "points")]
        table = _table(header, rows, numbers=1) if rows else _line(words["no_credit"])
        return self._title("credit") + table + _line(words["rights"])

    def _title(self, name: str) -> str:
        return f"<h2>{escape(self.words[name])}</h2>"

    def _moment(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")


def _line(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _share(share: Share) -> str:
    counts = f"{share.numerator} / {share.denominator}"
    return counts if share.rate is None else f"{counts} = {share.rate:.1%}"


def _yuan(fen: int) -> str:
    return f"{fen / 100:,.2f}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], total: Sequence[str] = (), *, numbers: int) -> str:
    """Render a table. The last `numbers` columns are right-aligned."""

    def cells(row: Sequence[str], tag: str) -> str:
        kinds = [' class="n"' if place >= len(row) - numbers else "" for place in range(len(row))]
        return "".join(f"<{tag}{kind}>{escape(cell)}</{tag}>" for cell, kind in zip(row, kinds, strict=True))

    head = f"<thead><tr>{cells(header, 'th')}</tr></thead>" if header else ""
    foot = f"<tfoot><tr>{cells(total, 'td')}</tr></tfoot>" if total else ""
    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<table>{head}<tbody>{body}</tbody>{foot}</table>"
