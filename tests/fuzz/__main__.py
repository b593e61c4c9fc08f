"""Runs Schemathesis against a real server, as every kind of caller: `make fuzz ARGS="--seed 7 --max-time 60"`.

Arguments go to `schemathesis run`. It fails if a response is a 500 or differs from what the document declares.
"""

import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from app.auth.models import STAFF_ROLES, ProviderKey, Role, Staff, StaffSession
from app.auth.tokens import token_hash
from app.contract.document import DOCUMENT_PATH
from app.kit import embedded
from app.kit.db import Database
from app.kit.ids import new_id
from app.registry.models import Provider, ReachedBy
from bench.stage import answers, free_port, hotline

CONFIG = Path(__file__).with_name("schemathesis.toml")
NOBODY = "anonymous"
UNBOUNDED = {
    "HOTLINE_CALLS_PER_MINUTE": "100000000",
    "HOTLINE_COSTLY_CALLS_PER_MINUTE": "100000000",
}


async def sign_in(url: str, role: Role) -> str:
    """Return the token of a new member of staff, or the key of a provider's software."""
    db, now, token = Database(url, pool_size=1), datetime.now(UTC), secrets.token_urlsafe(24)
    async with db.begin() as tx:
        if role is Role.PROVIDER:
            with_queue = select(Provider.id).where(Provider.reached_by == ReachedBy.QUEUE).order_by(Provider.number)
            provider = (await tx.session.scalars(with_queue.limit(1))).one()
            tx.session.add(ProviderKey(token_hash=token_hash(token), provider_id=provider, label=token, created_at=now))
        else:
            me, name = new_id(now), f"fuzz.{token[:8].lower()}"
            tx.session.add(Staff(id=me, username=name, name=name, password_hash="!", roles=[role], created_at=now))
            await tx.flush()
            until = now + timedelta(days=1)
            tx.session.add(StaffSession(token_hash=token_hash(token), staff_id=me, created_at=now, expires_at=until))
    await db.close()
    return token


def beside(name: str) -> str:
    """Return a program of this environment."""
    return str(Path(sys.executable).with_name(name))


@contextmanager
def serving() -> Iterator[tuple[str, int]]:
    """Run a server with the sample registry and a day of history. Yield its database and its port."""
    with tempfile.TemporaryDirectory() as folder, embedded.join(Path(folder)) as joined:
        for command in (("migrate",), ("seed", "--sample", "--history", "1")):
            subprocess.run([beside("hotline"), *command], env=os.environ | {"DATABASE_URL": joined.url}, check=True)
        port = free_port()
        server = hotline("serve", "--port", str(port), url=joined.url, clock=UNBOUNDED)
        server.start()
        try:
            asyncio.run(answers(port))
            yield joined.url, port
        finally:
            server.stop()


def fuzz(port: int, token: str | None, *arguments: str) -> int:
    """Run once. Return the exit code."""
    command = [beside("schemathesis"), "--config-file", str(CONFIG), "run", "--warnings", "off"]
    command += ["--wait-for-schema", "120"]  # the first call for the document waits until it is built
    signed_in = ["--header", f"Authorization: Bearer {token}"] if token else []
    return subprocess.run(
        [*command, f"http://127.0.0.1:{port}{DOCUMENT_PATH}", *signed_in, *arguments], check=False
    ).returncode


def main(arguments: list[str]) -> int:
    """Run as each kind of caller in turn. Return 1 if something was found."""
    found = []
    with serving() as (url, port):
        for caller in (*STAFF_ROLES, Role.PROVIDER, None):
            sys.stdout.write(f"\n=== {caller or NOBODY}\n")
            sys.stdout.flush()
            token = asyncio.run(sign_in(url, caller)) if caller else None
            if fuzz(port, token, *arguments):
                found.append(str(caller or NOBODY))
    sys.stdout.write(f"\nfound something as: {', '.join(found) or 'nobody'}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
