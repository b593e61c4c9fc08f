"""Sums up a play, and checks that every acknowledged request is in the database."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from app.demo import queries
from app.demo.display import TODAY, lag
from app.demo.play import Play
from app.kit.db import Database
from app.settings import Settings


async def sum_up(play: Play, totals: Mapping[str, int], settings: Settings, console: Console) -> bool:
    """Print the summary. Return whether each request that the API acknowledged exists under its number."""
    kept = await _count_kept(play, settings)
    console.print(_table(play, totals, kept))
    taken, found = len(play.room.taken), sum(kept.values())
    verdict = "无一遗失 nothing is lost" if found == taken else f"遗失 LOST {taken - found}"
    console.print(f"受理 Taken {taken}; 库中 found in the database {found}: {verdict}", highlight=False)
    return found == taken


async def _count_kept(play: Play, settings: Settings) -> dict[str, int]:
    assert settings.database_url is not None
    db = Database(settings.database_url, pool_size=1)
    try:
        async with db.begin() as tx:
            return await queries.count_kept(tx, play.room.taken)
    finally:
        await db.close()


def _table(play: Play, totals: Mapping[str, int], kept: Mapping[str, int]) -> Table:
    table = Table(title=f"小结 Summary  {play.began:%m-%d %H:%M} – {play.room.now():%m-%d %H:%M}", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, label in TODAY.items():
        table.add_row(label, str(totals.get(name, "?")))
    table.add_section()
    for status, count in sorted(kept.items(), key=lambda pair: -pair[1]):
        table.add_row(f"状态 Now {status}", str(count))
    table.add_section()
    table.add_row("HTTP 应答 answers", str(play.traffic.answers))
    table.add_row("最久等候 Longest wait", lag(play.room.longest_wait, play))
    for code, count in play.problems.most_common():
        table.add_row(f"问题 Problem {code}", str(count))
    return table
