"""In whose name a command acts."""

import typer

from app.auth.access import Principal
from app.auth.models import Role
from app.auth.queries import find_staff
from app.events.models import ActorKind
from app.kit.db import Tx


async def acting_registrar(tx: Tx, username: str) -> Principal:
    """The registrar of this name. Raises BadParameter."""
    staff = await find_staff(tx, username)
    if staff is None or Role.REGISTRAR not in staff.roles:
        raise typer.BadParameter(f"there is no registrar {username}", param_hint="--username")
    return Principal(ActorKind.STAFF, staff.id, frozenset(map(Role, staff.roles)))
