"""Prevents a second demo on the same data: it would replace the first one's passwords, keys and clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from app.kit.db import connect_arguments
from app.settings import Settings

_TRY = "SELECT pg_try_advisory_lock(hashtextextended('demo', 0))"


class DemoRunning(Exception):
    """A demo already runs on this data."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            f"这里已有一个演示在运行 a demo is already running on this data ({settings.data_dir.absolute()})\n"
            "先用 Ctrl-C 结束它，或另用一个数据目录和端口 stop it with Ctrl-C, or use another folder and port: "
            'HOTLINE_DATA_DIR=.data2 make demo ARGS="--port 8190"'
        )


@asynccontextmanager
async def sole_demo(direct_url: str, settings: Settings) -> AsyncIterator[None]:
    """Be the only demo on this database during the block. Raises DemoRunning."""
    connection = await asyncpg.connect(**connect_arguments(direct_url))
    try:
        if not await connection.fetchval(_TRY):
            raise DemoRunning(settings)
        yield
    finally:
        connection.terminate()
