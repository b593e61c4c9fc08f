"""What time makes due in the registry."""

from datetime import date, timedelta

from app.kit.context import Context
from app.registry import queries
from app.registry.models import WINDOW_DAYS

BATCH = 500


def first_day_of_window(today: date) -> date:
    """The earliest day that the kept window of counts reaches back to."""
    return today - timedelta(days=WINDOW_DAYS - 1)


async def roll_windows(context: Context) -> int:
    """Take the days that have passed out of the kept windows, however many there are; gives how many windows."""
    today = context.clock.now().astimezone(context.settings.zone).date()
    async with context.db.begin() as tx:
        return await queries.roll_windows(tx, first_day_of_window(today), BATCH)
