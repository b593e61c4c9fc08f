"""The demo's staff accounts, with one password for all of them. It is made for this run and stored only as a hash."""

import secrets
from collections.abc import Iterator
from random import Random

from argon2 import PasswordHasher

from app.auth.models import Role, Staff
from app.auth.queries import add_audit, find_staff
from app.events.act import Act
from app.kit.db import Tx
from app.kit.ids import new_id
from app.sample.naming import person_name
from app.sample.reference import SEED

QUICK = PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1)
"""A fast hasher: a password of 72 random bits needs no slow hash, and dozens of operators sign in at the same
moment."""


async def open_accounts(act: Act, tx: Tx, operators: int) -> str:
    """Create operator1 and so on, supervisor1, registrar1, manager1 and admin1, or set their new password. Return the
    password."""
    password = secrets.token_urlsafe(9)
    password_hash = QUICK.hash(password)
    for username, role in _accounts(operators):
        staff = await find_staff(tx, username)
        if staff is None:
            name = person_name(Random(f"{SEED}-{username}"), "adult")
            staff = Staff(id=new_id(act.now), username=username, name=name, roles=[role], created_at=act.now)
            tx.session.add(staff)
        staff.password_hash = password_hash
        await add_audit(act, tx, "staff.demo_password_set", f"user:{username}")
    return password


def _accounts(operators: int) -> Iterator[tuple[str, Role]]:
    for number in range(1, operators + 1):
        yield f"operator{number}", Role.OPERATOR
    for role in (Role.SUPERVISOR, Role.REGISTRAR, Role.MANAGER, Role.ADMIN):
        yield f"{role}1", role
