"""Allows webhooks to this machine, also over plain http, because the tests' receivers run here."""

from pathlib import Path

import pytest

from app.settings import Settings


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        database_url=database_url,
        database_direct_url=database_url,
        data_dir=tmp_path,
        webhook_networks="127.0.0.0/8, ::1/128",
        provider_webhook_networks="127.0.0.0/8, ::1/128",
        webhook_key="海曙",
        webhook_seconds=2,
        idle_minutes=0,
    )
