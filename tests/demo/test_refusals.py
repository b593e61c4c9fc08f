"""What `hotline demo` refuses to start on."""

import socket

import pytest

from app.demo.show import find_port
from app.demo.sole import DemoRunning, sole_demo
from tests.world import World


async def test_a_second_demo_on_the_same_data_is_refused_until_the_first_ends(world: World) -> None:
    settings = world.context.settings
    assert settings.database_url
    async with sole_demo(settings.database_url, settings):
        with pytest.raises(DemoRunning, match=r"HOTLINE_DATA_DIR=.* make demo ARGS="):
            async with sole_demo(settings.database_url, settings):
                pass
    async with sole_demo(settings.database_url, settings):
        pass


def test_a_taken_port_names_the_command_with_another_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf'port {port} is taken.* make demo ARGS="--port '):
            find_port(port)
