"""Worker steps of the registry."""

from datetime import date, timedelta

from app.kit.context import Context
from app.registry import queries
from app.registry.models import WINDOW_DAYS

BATCH = 500


def first_day_of_window(today: date) -> date:
    """Return the first day of the 28-day window that ends today."""
    return today - timedelta(days=WINDOW_DAYS - 1)


async def roll_windows(context: Context) -> int:
    """Subtract days that have passed from a batch of rolling windows. Returns how many windows."""
    today = context.clock.now().astimezone(context.settings.zone).date()
    async with context.db.begin() as tx:
        return await queries.roll_windows(tx, first_day_of_window(today), BATCH)
