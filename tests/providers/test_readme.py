"""The examples in the kit's README do what it says."""

import asyncio
import re
import sys
from pathlib import Path

from hotline_provider.unattended import Answer
from tests.children import async_child
from tests.providers.kit import Terminal
from tests.world import DRAIN, World

README = (Path(__file__).parents[2] / "providers" / "README.md").read_text(encoding="utf-8")


def shown(language: str) -> str:
    """Return the README's only example in this language."""
    [code] = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return str(code)


async def test_fifteen_lines_are_a_working_agent(world: World, url: str) -> None:
    code = shown("python")
    assert len([line for line in code.splitlines() if line.strip()]) <= 15
    provider = await world.add_provider(DRAIN)
    command, environment = (sys.executable, "-c", code), Terminal(url, provider).whole_environment
    async with async_child(*command, env=environment, stdout=asyncio.subprocess.PIPE) as agent:
        created = await world.dispatch(DRAIN)
        assert agent.stdout
        async with asyncio.timeout(30):
            printed = (await agent.stdout.readline()).decode()
    assert printed == f"{created['request']['number']} 王阿姨 13957412345 澄浪路88弄12号302室\n"
    assert await world.status(created["request"]["id"]) == "assigned"


def test_the_answer_shown_is_one_that_the_agent_understands() -> None:
    assert Answer.model_validate_json(shown("json")).appointment_to is not None
