"""Settings as people write them."""

import pytest

from app.settings import Settings


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_any_spelling_of_a_postgresql_url_names_the_one_driver(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://hotline:secret@localhost:5432/hotline?ssl=require")
    settings = Settings()
    assert settings.database_url == "postgresql+asyncpg://hotline:secret@localhost:5432/hotline?ssl=require"
    assert settings.database_direct_url is None
