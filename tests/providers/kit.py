"""A provider of the small test hotline, seen through its own client library, and its work."""

import asyncio
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from typer.testing import CliRunner

from hotline_provider import HotlineClient, Job, Journal
from hotline_provider.cli import app
from tests.world import SampleProvider, World

ACCEPTED_AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def key_of(provider: SampleProvider) -> str:
    """Return the key of the provider's software."""
    return str(provider.client.headers["Authorization"]).removeprefix("Bearer ")


def client_of(
    world: World, provider: SampleProvider, language: str = "zh-CN", journal: Journal | None = None
) -> HotlineClient:
    """Return the provider's client on the real application."""
    return HotlineClient(
        "http://hotline", key_of(provider), language=language, journal=journal, transport=world.transport
    )


class Terminal:
    """A shell at the provider, with the centre's address, the key and the journal in its environment."""

    def __init__(self, url: str, provider: SampleProvider) -> None:
        self.journal = Path(tempfile.mkdtemp()) / "journal.db"
        self.environment = {
            "HOTLINE_URL": url,
            "HOTLINE_KEY": key_of(provider),
            "HOTLINE_JOURNAL": str(self.journal),
            "LANG": "zh_CN.UTF-8",
            "COLUMNS": "200",
        }

    async def run(self, *words: str, status: int = 0) -> str:
        """Return the output of a command that must end with this exit status."""
        result = await asyncio.to_thread(CliRunner(env=self.environment).invoke, app, words)
        assert result.exit_code == status, result.output
        return result.output

    @property
    def whole_environment(self) -> dict[str, str]:
        """Return the environment for a separate process."""
        return os.environ | self.environment


def job(**facts: object) -> Job:
    """Return a job as the centre sends it: a blocked drain, just accepted, unless changed."""
    nothing = dict.fromkeys(Job.model_fields)
    usual: dict[str, object] = {
        "id": uuid4(),
        "request_id": uuid4(),
        "offer_id": uuid4(),
        "number": 100001,
        "item_code": "PE02",
        "description": "厨房下水道堵了",
        "township_code": "330203001",
        "quantity": 1,
        "status": "accepted",
        "tier": "paid",
        "price_kind": "quote",
        "accepted_at": ACCEPTED_AT,
    }
    return Job.model_validate(nothing | usual | facts)
