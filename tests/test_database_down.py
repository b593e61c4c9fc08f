"""The database goes down under a running application: callers get 503, and it recovers without help."""

import asyncio
import os
import signal
from pathlib import Path

import httpx

from app.kit import embedded
from app.kit.context import open_context
from app.kit.db import CALL
from app.kit.migrate import migrate
from app.main import create_app
from app.settings import Settings


async def test_a_killed_database_gives_503_and_comes_back(tmp_path: Path) -> None:
    with embedded.join(tmp_path / "data") as server:
        settings = Settings(database_url=server.url, database_direct_url=server.url)
        await migrate(server.url)
        async with open_context(settings, CALL) as context:
            application = create_app(settings, context)
            transport = httpx.ASGITransport(application, raise_app_exceptions=False)
            async with (
                application.router.lifespan_context(application),
                httpx.AsyncClient(transport=transport, base_url="http://hotline") as client,
            ):

                async def ready() -> int:
                    return (await client.get("/health/ready")).status_code

                assert await asyncio.gather(*(ready() for _ in range(5))) == [200] * 5
                postmaster = (tmp_path / "data" / "cluster" / "postmaster.pid").read_text().split()[0]
                os.kill(int(postmaster), signal.SIGKILL)
                seen = {await ready()}
                async with asyncio.timeout(60):
                    while 200 not in seen or await asyncio.gather(*(ready() for _ in range(5))) != [200] * 5:
                        seen.add(await ready())
                assert seen <= {200, 503}
