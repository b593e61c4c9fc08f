"""The application on its own port, for agents that run as processes."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn

from tests.world import World


@pytest.fixture
async def url(world: World) -> AsyncIterator[str]:
    """Yield the application's address. At the end, waiting calls are answered."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(world.transport.app, lifespan="off", log_config=None, date_header=False))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    world.context.pubsub.release_waiters()
    server.should_exit = True
    await serving
