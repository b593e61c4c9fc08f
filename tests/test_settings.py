"""Settings as people write them."""

import pytest
from pydantic import ValidationError

from app.settings import Settings


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_any_spelling_of_a_postgresql_url_names_the_one_driver(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://hotline:secret@localhost:5432/hotline?ssl=require")
    settings = Settings()
    assert settings.database_url == "postgresql+asyncpg://hotline:secret@localhost:5432/hotline?ssl=require"
    assert settings.database_direct_url is None


@pytest.mark.parametrize(
    "name", ["SESSION_HOURS", "IDLE_MINUTES", "PROVIDER_SESSION_DAYS", "WEBHOOK_SECONDS", "CLOCK_FACTOR"]
)
@pytest.mark.parametrize("value", ["inf", "nan", "1e12", "-1"])
def test_a_time_that_no_clock_holds_is_refused_at_the_start(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every sign-in used to answer 500."""
    monkeypatch.setenv(f"HOTLINE_{name}", value)
    with pytest.raises(ValidationError):
        Settings()
