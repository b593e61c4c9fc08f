"""Surges: when more requests wait than providers can take. Starts and ends them, and records that citizens were
told."""

from datetime import timedelta
from uuid import UUID

from app.catalog.errors import UnknownCategory
from app.catalog.snapshot import Snapshot
from app.dispatch import surge_queries
from app.dispatch.errors import NotDeferred
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.topics import DISPATCH_TOPIC
from app.events.transition import record
from app.intake.actions import get_locked
from app.kit.db import Row, Tx
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.matching.actions import read_policy
from app.matching.models import Surge

COOL_DOWN = timedelta(hours=1)
"""After a supervisor ends a surge, none starts automatically for this long."""
LOOK_BACK = timedelta(hours=1)
"""For this long a request counts as waiting after it was given up because all providers were full."""


async def list_figures(act: Act, tx: Tx) -> list[Row]:
    """Return waiting requests and free places for each category with waiting requests or an automatic surge."""
    return list(
        await surge_queries.list_figures(
            tx, act.now, act.zone, rested_since=act.now - COOL_DOWN, given_up_since=act.now - LOOK_BACK
        )
    )


async def switch_by_figures(act: Act, tx: Tx, figures: Row) -> bool:
    """Start or end the category's automatic surge as its policy says. Return whether anything changed."""
    rules = (await read_policy(tx, figures["version"])).surge
    waiting, places = figures["waiting"], figures["places"]
    if figures["surge_id"]:
        over = not figures["unassigned"] or figures["unassigned"] * 2 < places
        return over and await _end(act.of_itself, tx, figures["surge_id"], waiting, places)
    if not figures["may_begin"] or waiting < rules.min_waiting or waiting <= places:
        return False
    why = f"{waiting} 个请求等待派单，服务单位仅能再接 {places} 单 ({waiting} requests wait, {places} places are left)"
    return await _begin(act.of_itself, tx, figures["category_code"], why, figures)


async def begin_surge(act: Act, tx: Tx, category: str | None, reason: str, catalog: Snapshot) -> Surge:
    """Start a supervisor's surge for the category, or for all, and return it. An automatic surge becomes the
    supervisor's.

    If a supervisor's surge is already open, it is returned unchanged. Raises UnknownCategory.
    """
    if category is not None and category not in catalog.categories:
        raise UnknownCategory(category=category)
    figures = await surge_queries.count_figures(tx, act.now, act.zone, category)
    await _begin(act, tx, category, reason, figures)
    return await surge_queries.get_open_surge(tx, category)


async def _begin(act: Act, tx: Tx, category: str | None, why: str, figures: Row) -> bool:
    waiting, places = figures["waiting"], figures["places"]
    begun = await surge_queries.add_surge(tx, new_id(act.now), category, why, act.now, act.actor.id, waiting, places)
    if begun:
        data = {"category": category, "waiting": waiting, "places": places, "why": why}
        await record(act, tx, EventKind.SURGE_BEGAN, data=data)
    return begun is not None


async def end_surge(act: Act, tx: Tx, surge_id: UUID) -> Surge:
    """End a surge for a supervisor, whoever started it, and return it. An ended one is unchanged. Raises NotFound."""
    surge = await surge_queries.find_surge(tx, surge_id)
    if surge is None:
        raise NotFound(what="surge", key=str(surge_id))
    figures = await surge_queries.count_figures(tx, act.now, act.zone, surge.category_code)
    await _end(act, tx, surge_id, figures["waiting"], figures["places"])
    return await surge_queries.find_surge(tx, surge_id) or surge


async def _end(act: Act, tx: Tx, surge_id: UUID, waiting: int, places: int) -> bool:
    """End the surge and make the requests that it deferred due for matching at once. Return whether it was open."""
    ended = await surge_queries.end_surge(tx, surge_id, act.now, act.actor.id)
    if ended is None:
        return False
    await surge_queries.release_deferred(tx, ended["category_code"], act.now)
    data = {"category": ended["category_code"], "waiting": waiting, "places": places, "why": ended["reason"]}
    await record(act, tx, EventKind.SURGE_ENDED, data=data)
    tx.publish(DISPATCH_TOPIC)
    return True


async def tell_deferral(act: Act, tx: Tx, request_id: UUID) -> Row:
    """Record that the citizen was phoned and told that the request waits. Repeating it changes nothing.

    Raises NotFound, NotDeferred.
    """
    request = await get_locked(tx, request_id)
    if request["deferred_until"] is None:
        raise NotDeferred(number=request["number"])
    if request["deferral_told_at"]:
        return request
    data = {"until": request["deferred_until"].isoformat()}
    await record(act, tx, EventKind.REQUEST_DEFERRAL_TOLD, request_id=request_id, data=data)
    return await surge_queries.set_told(tx, request_id, act.now, act.actor.id)
