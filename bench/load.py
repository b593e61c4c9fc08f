"""A closed-loop HTTP load: each connection sends its next request as soon as it has a response.

It uses plain streams instead of a client library, because on two cores the client's own work would be measured as the
server's.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson


@dataclass
class Result:
    """Seconds per response, and the number of responses that were not successful."""

    seconds: list[float] = field(default_factory=list)
    failures: int = 0
    elapsed: float = 0.0
    bodies: list[bytes] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Responses per second."""
        return len(self.seconds) / self.elapsed

    def percentile(self, share: float) -> float:
        """Return the milliseconds within which this share of the responses came."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


def message(method: str, path: str, token: str, body: object = None, **headers: str) -> bytes:
    """Return an HTTP/1.1 request, ready to send."""
    content = b"" if body is None else orjson.dumps(body)
    lines = [f"{method} /api/v1{path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += ["Content-Type: application/json", f"Content-Length: {len(content)}", "", ""]
    return "\r\n".join(lines).encode() + content


async def run(port: int, messages: Iterator[bytes], connections: int, *, keep: bool = False) -> Result:
    """Send all messages over this many connections. With `keep`, the result has the bodies, in no particular order."""
    result = Result()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            for request in messages:
                begun = time.perf_counter()
                writer.write(request)
                got = await answer(reader)
                result.seconds.append(time.perf_counter() - begun)
                result.failures += got.status >= 300
                if keep:
                    result.bodies.append(got.body)
        finally:
            writer.close()

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as clients:
        for _ in range(connections):
            clients.create_task(client())
    result.elapsed = time.perf_counter() - begun
    return result


class Answer(NamedTuple):
    """An HTTP response."""

    status: int
    etag: str | None
    body: bytes


async def answer(reader: asyncio.StreamReader) -> Answer:
    """Read the next response on the connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    length, etag = 0, None
    for line in head.split(b"\r\n")[1:]:
        match line[:5].lower():
            case b"conte" if line[:15].lower() == b"content-length:":
                length = int(line[15:])
            case b"etag:":
                etag = line[5:].strip().decode()
    return Answer(int(head[9:12]), etag, await reader.readexactly(length))
