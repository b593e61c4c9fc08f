"""`hotline staff`: manage accounts when no admin can sign in, for example before the first one exists.

A password is never an argument: the command prompts for it or reads the first line of standard input.
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

staff = typer.Typer(no_args_is_help=True, help="Open, change and deactivate staff accounts.")
Username = Annotated[str, typer.Argument(metavar="USERNAME")]
Roles = Annotated[
    list[str], typer.Option("--role", help=f"one of {', '.join(STAFF_ROLES)}; may be given more than once")
]


def _roles(words: list[str]) -> list[Role]:
    if unknown := [word for word in words if word not in STAFF_ROLES]:
        known = ", ".join(STAFF_ROLES)
        raise typer.BadParameter(f"unknown staff role: {', '.join(unknown)}; choose from {known}", param_hint="--role")
    return [Role(word) for word in words]


def _temporary_password() -> str | None:
    """Read the password from a double prompt or from standard input. Return None if it is empty."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n") or None
    words = "Temporary password (leave empty to generate one)"
    typed: str = typer.prompt(words, default="", show_default=False, hide_input=True)
    if typed and typer.prompt("Repeat the password", hide_input=True) != typed:
        raise Unusable("The passwords do not match.")
    return typed or None


def _do(work: Callable[[Act, Tx], Awaitable[str]]) -> None:
    """Run the work in a transaction and print the sentence it returns."""

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
    """List all accounts, including deactivated ones."""

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
    """Open an account, for example the first admin's. Its owner changes the password at the first sign-in."""
    roles, password = _roles(role), _temporary_password()
    body = StaffIn(username=username, name=name, password=password, roles=roles)

    async def work(act: Act, tx: Tx) -> str:
        made = await accounts.add_staff(act, tx, body, None)
        return made.temporary_password or f"{username} can sign in."

    _do(work)


@staff.command()
def deactivate(username: Username) -> None:
    """Deactivate an account: sign the person out everywhere at once and refuse further sign-ins."""

    async def work(act: Act, tx: Tx) -> str:
        await accounts.deactivate(act, tx, (await _find(tx, username)).id)
        return f"{username} is deactivated. A supervisor reassigns their open work."

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
    """Replace the person's roles."""
    wanted = _roles(role)

    async def work(act: Act, tx: Tx) -> str:
        changed = await accounts.set_roles(act, tx, (await _find(tx, username)).id, wanted)
        return f"{username}: {', '.join(changed.roles)}"

    _do(work)


@staff.command()
def reset_password(username: Username) -> None:
    """Set a temporary password, to be changed at the next sign-in, and sign the person out everywhere."""
    password = _temporary_password()

    async def work(act: Act, tx: Tx) -> str:
        reset = await accounts.reset_password(act, tx, (await _find(tx, username)).id, password)
        return f"{username} can sign in with it and has to choose a new one." if password else reset.temporary_password

    _do(work)


@staff.command()
def unlock(username: Username) -> None:
    """Clear the failed sign-ins so that the person need not wait."""

    async def work(act: Act, tx: Tx) -> str:
        await accounts.unlock(act, tx, (await _find(tx, username)).id)
        return f"{username} can sign in again at once."

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
    """Remove the second factor of a person who lost both phone and recovery codes.

    The password alone then signs them in.
    """

    async def work(act: Act, tx: Tx) -> str:
        await accounts.remove_second_factor(act, tx, (await _find(tx, username)).id)
        return f"{username} has no second factor."

    _do(work)
