"""`hotline staff`: accounts, where no admin can sign in yet, or none any more.

A password is never an argument: it is asked for, or the first line of standard input.
"""

import sys
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.auth import queries
from app.auth import staff as accounts
from app.auth.models import STAFF_ROLES, Role, Staff
from app.auth.schemas import StaffIn
from app.events.act import Act, act_of
from app.kit.command_line import Unusable, database, run
from app.kit.context import open_context
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.settings import Settings

staff = typer.Typer(no_args_is_help=True, help="Staff accounts: open, change and end them.")
Username = Annotated[str, typer.Argument(metavar="USERNAME")]
Roles = Annotated[
    list[str], typer.Option("--role", help=f"one of {', '.join(STAFF_ROLES)}; may be given more than once")
]


def _roles(words: list[str]) -> list[Role]:
    if unknown := [word for word in words if word not in STAFF_ROLES]:
        known = ", ".join(STAFF_ROLES)
        raise typer.BadParameter(f"no such role of staff: {', '.join(unknown)}; there are {known}", param_hint="--role")
    return [Role(word) for word in words]


def _temporary_password() -> str | None:
    """As typed twice, or as the first line of standard input; None where that is empty."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n") or None
    words = "Temporary password (leave it empty to have one made)"
    typed: str = typer.prompt(words, default="", show_default=False, hide_input=True)
    if typed and typer.prompt("The same again", hide_input=True) != typed:
        raise Unusable("The two are not the same.")
    return typed or None


def _do(work: Callable[[Act, Tx], Awaitable[str]]) -> None:
    """Run it in a transaction and say what it gives."""

    async def once(settings: Settings) -> None:
        async with open_context(settings) as context:
            async with context.db.begin() as tx:
                said = await work(act_of(context), tx)
            typer.echo(said)

    with database(Settings()) as settings:
        run(once(settings))


async def _find(tx: Tx, username: str) -> Staff:
    found = await queries.find_staff(tx, username)
    if found is None:
        raise NotFound(what="member of staff named", key=username)
    return found


@staff.command("list")
def list_all() -> None:
    """All accounts, also of those who have left."""

    async def work(act: Act, tx: Tx) -> str:
        table = Table("user name", "name", "roles", "state", "second factor", "last sign-in", box=None)
        for one in await accounts.list_staff(tx, act.now):
            states = {
                "deactivated": not one.active,
                "temporary password": one.password_temporary,
                "delayed": one.delayed_until,
            }
            table.add_row(
                one.username,
                one.name,
                ", ".join(one.roles),
                ", ".join(word for word, holds in states.items() if holds) or "active",
                "yes" if one.second_factor else "no",
                f"{one.last_signed_in_at:%Y-%m-%d %H:%M} UTC" if one.last_signed_in_at else "never",
            )
        console = Console(width=None if sys.stdout.isatty() else 160)
        with console.capture() as capture:
            console.print(table)
        return capture.get().rstrip()

    _do(work)


@staff.command()
def add(username: Username, name: str, role: Roles) -> None:
    """Open an account: the first admin of a deployment is made here. The password is changed at first sign-in."""
    roles, password = _roles(role), _temporary_password()
    body = StaffIn(username=username, name=name, password=password, roles=roles)

    async def work(act: Act, tx: Tx) -> str:
        made = await accounts.add_staff(act, tx, body, None)
        return made.temporary_password or f"{username} can sign in."

    _do(work)


@staff.command()
def deactivate(username: Username) -> None:
    """End an account: signed out everywhere at once, and in no more."""

    async def work(act: Act, tx: Tx) -> str:
        await accounts.deactivate(act, tx, (await _find(tx, username)).id)
        return f"{username} is deactivated. A supervisor hands over what they were working on."

    _do(work)


@staff.command()
def reactivate(username: Username) -> None:
    """Let the person sign in again."""

    async def work(act: Act, tx: Tx) -> str:
        await accounts.reactivate(act, tx, (await _find(tx, username)).id)
        return f"{username} is active."

    _do(work)


@staff.command()
def roles(username: Username, role: Roles) -> None:
    """Give other roles in place of the present."""
    wanted = _roles(role)

    async def work(act: Act, tx: Tx) -> str:
        changed = await accounts.set_roles(act, tx, (await _find(tx, username)).id, wanted)
        return f"{username}: {', '.join(changed.roles)}"

    _do(work)


@staff.command()
def reset_password(username: Username) -> None:
    """Give a temporary password, to be changed at the next sign-in; the person is signed out everywhere."""
    password = _temporary_password()

    async def work(act: Act, tx: Tx) -> str:
        reset = await accounts.reset_password(act, tx, (await _find(tx, username)).id, password)
        return f"{username} signs in with it and chooses another." if password else reset.temporary_password

    _do(work)


@staff.command()
def unlock(username: Username) -> None:
    """Forget the failed sign-ins: the person need not wait."""

    async def work(act: Act, tx: Tx) -> str:
        await accounts.unlock(act, tx, (await _find(tx, username)).id)
        return f"{username} need not wait."

    _do(work)


@staff.command()
def end_sessions(username: Username) -> None:
    """Sign the person out everywhere at once."""

    async def work(act: Act, tx: Tx) -> str:
        await accounts.end_sessions(act, tx, (await _find(tx, username)).id)
        return f"{username} is signed out everywhere."

    _do(work)


@staff.command()
def remove_second_factor(username: Username) -> None:
    """The phone is lost, and the recovery codes are: the password alone opens the door, until another is set up."""

    async def work(act: Act, tx: Tx) -> str:
        await accounts.remove_second_factor(act, tx, (await _find(tx, username)).id)
        return f"{username} has no second factor."

    _do(work)
