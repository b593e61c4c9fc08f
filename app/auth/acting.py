"""Finds the registrar on whose behalf a command of the command line acts."""

import typer

from app.auth.models import Role
from app.auth.queries import find_staff
from app.events.act import Act, Actor, act_of
from app.events.models import ActorKind
from app.kit.context import Context
from app.kit.db import Tx


async def act_of_registrar(context: Context, tx: Tx, username: str) -> Act:
    """Return an Act of this registrar at the current moment.

    Raises typer.BadParameter when no registrar has that user name.
    """
    staff = await find_staff(tx, username)
    if staff is None or Role.REGISTRAR not in staff.roles:
        raise typer.BadParameter(f"no registrar is named {username}", param_hint="--username")
    return act_of(context)._replace(actor=Actor(ActorKind.STAFF, staff.id))
