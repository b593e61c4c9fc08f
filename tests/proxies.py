"""A TCP proxy between the application and PostgreSQL that can be made to misbehave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy.engine import make_url

COMMIT = b"COMMIT\0"


@dataclass
class Proxy:
    """A proxy whose flags say what happens to connections. Each flag holds until it is reset."""

    url: str = ""
    drop_answer_to_commit: bool = False
    """COMMIT reaches the server, but the connection ends before its answer comes back."""
    silent: bool = False
    """Nothing goes through in either direction, but no connection is closed."""
    commits_dropped: int = 0
    accepted: int = 0
    _serving: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)
    _closed: bool = False

    def accept(self, here: asyncio.StreamReader, back: asyncio.StreamWriter, socket: str) -> None:
        """Accept a connection."""
        if self._closed:  # it had come in before the listener was closed
            back.transport.abort()
            return
        self.accepted += 1
        task = asyncio.ensure_future(self._serve(here, back, socket))
        self._serving[task] = back
        task.add_done_callback(self._serving.pop)

    async def _serve(self, here: asyncio.StreamReader, back: asyncio.StreamWriter, socket: str) -> None:
        """Serve one connection from beginning to end."""
        try:
            there, forth = await asyncio.open_unix_connection(socket)
        except BaseException:
            await end(back)
            raise
        dropped = asyncio.Event()

        async def up() -> None:
            while data := await here.read(65_536):
                await self._until_not_silent()
                if self.drop_answer_to_commit and COMMIT in data:
                    dropped.set()
                forth.write(data)

        async def down() -> None:
            while data := await there.read(65_536):
                await self._until_not_silent()
                if dropped.is_set():
                    self.commits_dropped += 1
                    return
                back.write(data)

        tasks = [asyncio.ensure_future(up()), asyncio.ensure_future(down())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await end(back, forth)

    async def _until_not_silent(self) -> None:
        while self.silent:
            await asyncio.sleep(0.02)

    async def close_all(self) -> None:
        """End every connection, and wait until its sockets are closed."""
        serving = dict(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await end(*serving.values())  # also for tasks that were cancelled before they began

    async def close(self, listener: asyncio.Server) -> None:
        """Accept no more connections, and end the existing ones.

        If asyncio closes a server that has accepted a socket but not registered it yet, it leaves the socket open. So
        accepting stops first, while asyncio registers the accepted sockets.
        """
        self._closed = True
        for socket in listener.sockets:
            asyncio.get_running_loop().remove_reader(socket)
        for _ in range(10):
            await asyncio.sleep(0)
        listener.close()
        await self.close_all()


async def end(*writers: asyncio.StreamWriter) -> None:
    """Close them at once, discarding unsent data."""
    for writer in writers:
        writer.transport.abort()
    await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)


@asynccontextmanager
async def proxy_before(server_url: str) -> AsyncIterator[Proxy]:
    """Run a proxy on a TCP port of this machine, in front of the server's Unix socket."""
    url = make_url(server_url)
    host, port = str(url.query.get("host") or url.host), int(str(url.query.get("port") or url.port or 5432))
    proxy = Proxy()
    listener = await asyncio.start_server(
        lambda here, back: proxy.accept(here, back, f"{host}/.s.PGSQL.{port}"), "127.0.0.1", 0
    )
    at = listener.sockets[0].getsockname()[1]
    query = {name: value for name, value in url.query.items() if name not in ("host", "port")}
    proxy.url = url.set(host="127.0.0.1", port=at, query=query).render_as_string(hide_password=False)
    try:
        yield proxy
    finally:
        await proxy.close(listener)
