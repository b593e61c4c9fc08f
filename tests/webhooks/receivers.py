"""Webhook receivers: the guide's own as a separate process, and one that answers as a test wants."""

import asyncio
import http.client
import json
import os
import re
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, cast
from uuid import UUID

import trustme
from httpx import ASGITransport, AsyncClient

from app.kit.context import Context
from app.webhooks.models import WebhookEndpoint
from app.webhooks.outbound import Outbound, open_outbound
from app.webhooks.secret import proof_of
from app.webhooks.sender import WebhookSender
from tests.servers import START_SECONDS, free_port
from tests.world import World, ok

GUIDE = Path(__file__).parents[2] / "docs" / "providers.md"


@dataclass
class GuideReceiver:
    """The receiver of docs/providers.md as a process, which can be killed and started again."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hotline"

    def start(self, secret: str) -> None:
        """Start it and wait until it listens."""
        [example] = re.findall(r"```python\n(\"\"\"receiver\.py.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
        (self.folder / "receiver.py").write_text(example, encoding="utf-8")
        environment = {"PORT": str(self.port), "WEBHOOK_SECRET": secret, "INBOX": str(self.folder / "inbox.db")}
        command = [sys.executable, str(self.folder / "receiver.py")]
        self.process = subprocess.Popen(
            command, env=os.environ | environment, stderr=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            assert self.process.poll() is None, "the receiver ended while it was starting"
            assert time.monotonic() < deadline, "the receiver does not listen"

    def _listens(self) -> bool:
        with closing(socket.socket()) as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """Kill it with -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def inbox(self) -> list[dict[str, Any]]:
        """Return the events that it has kept, in order of arrival."""
        with closing(sqlite3.connect(self.folder / "inbox.db")) as inbox:
            exists = inbox.execute("SELECT 1 FROM sqlite_master WHERE name = 'inbox'")
            if exists.fetchone() is None:
                return []
            return [json.loads(body) for [body] in inbox.execute("SELECT body FROM inbox ORDER BY rowid")]

    def post(self, body: str, headers: dict[str, str]) -> int:
        """Send it a request. Return the status of its answer."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("POST", "/hotline", body.encode(), headers)
            return connection.getresponse().status


@contextmanager
def guide_receiver(folder: Path) -> Iterator[GuideReceiver]:
    """Yield the guide's receiver, not yet started."""
    receiver = GuideReceiver(folder)
    try:
        yield receiver
    finally:
        receiver.kill()


@dataclass
class Got:
    """A request that was received."""

    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> dict[str, Any]:
        return cast(dict[str, Any], json.loads(self.body))


NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


def answer(status: int, *headers: str, body: bytes = b"") -> bytes:
    """Return a complete HTTP response."""
    head = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


@dataclass
class Stranger:
    """A server that gives each request the next of `answers` and records what it received."""

    port: int = 0
    got: list[Got] = field(default_factory=list)
    answers: Callable[[Got], bytes | None] = lambda got: NO_CONTENT
    """None means no answer at all."""
    connections: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                await self._one(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
        got = Got(headers, await reader.readexactly(int(headers.get("content-length", "0"))))
        self.got.append(got)
        self.news.set()
        said = self.answers(got)
        if said is None:
            await reader.read()  # until the other side gives up
        else:
            writer.write(said)
            await writer.drain()


@asynccontextmanager
async def stranger(certificate: trustme.LeafCert | None = None) -> AsyncIterator[Stranger]:
    """Run a scripted server on a free port. With a certificate it speaks TLS."""
    receiver, tls = Stranger(), None
    if certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(tls)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


async def register(client: AsyncClient, url: str, **more: Any) -> dict[str, Any]:
    """Register an endpoint, proven as if its receiver had shown the code. Return it with its secret."""
    made = cast(dict[str, Any], await ok(client.post("/webhooks", json={"url": url, "label": "派单系统"} | more)))
    if made["proven_at"] is None:
        proven = await ok(client.put(f"/webhooks/{made['id']}/proof", json={"proof": await proof(client, made["id"])}))
        made |= proven
    return made


async def proof(client: AsyncClient, webhook_id: str) -> str:
    """Return the code that was or will be posted to the endpoint's URL."""
    context: Context = cast(ASGITransport, client._transport).app.state.context  # type: ignore[attr-defined]
    async with context.db.begin() as tx:
        endpoint = await tx.session.get_one(WebhookEndpoint, UUID(webhook_id))
        return proof_of(endpoint.seed, endpoint.url, context.settings.webhook_key.get_secret_value())


async def round_of(world: World, outbound: Outbound) -> int:
    """Send what is due and record the outcomes. Return how many were sent."""
    async with asyncio.TaskGroup() as tasks:
        return await WebhookSender(world.context, outbound, tasks, Random(1)).step()


async def deliver(world: World) -> None:
    """Send everything that has happened, as far as it is due now."""
    await world.work()
    async with open_outbound(world.context.settings) as outbound:
        while await round_of(world, outbound):
            pass


async def deliveries(client: AsyncClient, webhook_id: str, **wanted: Any) -> list[dict[str, Any]]:
    """Return the endpoint's deliveries, oldest first."""
    found = await ok(client.get(f"/webhooks/{webhook_id}/deliveries", params={"limit": 200} | wanted))
    return list(reversed(found["items"]))
