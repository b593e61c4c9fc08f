"""The shell examples of docs/providers.md about the queue and the agent, run unchanged against a real server."""

import asyncio
import os
import re
import sys
from pathlib import Path

from tests.children import async_child
from tests.providers.kit import key_of
from tests.world import DRAIN, World, ok

GUIDE = Path(__file__).parents[2] / "docs" / "providers.md"


QUEUE = (
    "# For service providers",
    "Waiting for offers",
    "Accept or decline",
    "Do the work",
    "The ready-made agent",
    "Your own data",
)


def examples() -> str:
    """Return the examples of the sections about the queue and the agent. Others have their own tests."""
    sections = re.split(r"^## ", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    queue = "".join(section for section in sections if section.startswith(QUEUE))
    return "\n".join(re.findall(r"```sh\n(.*?)```", queue, re.DOTALL))


async def test_the_guide_leads_from_the_offer_to_the_bill(world: World, url: str, tmp_path: Path) -> None:
    provider = await world.add_provider(DRAIN, price_fen=8_000)
    created = await world.dispatch(DRAIN)
    script = examples().replace("http://localhost:8189", url).replace("KEY=...  ", f"KEY={key_of(provider)}  ")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    async with (
        asyncio.timeout(60),
        async_child(
            *("bash", "-euo", "pipefail", "-c", script.replace("curl -sS", "curl -sS --fail-with-body")),
            env=os.environ | {"PATH": path, "LANG": "zh_CN.UTF-8"},
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        ) as shell,
    ):
        printed = (await shell.communicate())[0].decode()
    assert shell.returncode == 0, printed
    assert "13957412345" in printed
    [job] = await ok(world.operator.get(f"/requests/{created['request']['id']}/jobs"))
    assert (job["status"], job["amount_fen"]) == ("completed", 12_000)
    [asked] = [event for event in await ok(world.operator.get(f"/requests/{created['request']['id']}/events"))
               if event["kind"] == "extension.asked"]  # fmt: skip
    assert asked["provider_id"] == str(provider.id)
