"""The console's files: one page for every address, nothing from other hosts, and never an outdated page."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from app.console.pages import Console

PAGE, SCRIPT = "<!doctype html><title>81890</title>", "export {}"


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[AsyncClient]:
    """Return a client of an application that serves this build and one API route."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "assets" / "main-1a2b.js").write_text(SCRIPT)
    (tmp_path / "sw.js").write_text(SCRIPT)
    (tmp_path / "assets" / "main-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    app = FastAPI()
    app.router.default = Console(tmp_path)

    @app.post("/api/v1/requests")
    async def create() -> None: ...

    async with AsyncClient(transport=ASGITransport(app), base_url="http://hotline") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/desk", "/desk?phone=13957412345", "/requests/12"])
async def test_every_address_is_the_one_page(browser: AsyncClient, path: str) -> None:
    response = await browser.get(path)
    assert (response.status_code, response.text) == (200, PAGE)
    assert response.headers["cache-control"] == "no-store"
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/assets/old-9f.js", "/robots.txt", "/../pyproject.toml"])
async def test_a_missing_file_is_not_found(browser: AsyncClient, path: str) -> None:
    assert (await browser.get(path)).status_code == 404


async def test_hashed_files_are_kept_for_long_and_come_compressed(browser: AsyncClient) -> None:
    for encoding in ("gzip", "identity"):
        response = await browser.get("/assets/main-1a2b.js", headers={"Accept-Encoding": encoding})
        assert response.text == SCRIPT
        assert response.headers["content-type"].startswith("text/javascript")
        assert "immutable" in response.headers["cache-control"]
        assert (response.headers.get("content-encoding") == "gzip") is (encoding == "gzip")


async def test_the_service_worker_is_a_script_that_is_asked_for_anew_each_time(browser: AsyncClient) -> None:
    response = await browser.get("/sw.js")
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in response.headers["content-security-policy"]


async def test_a_wrong_method_on_the_api_stays_one(browser: AsyncClient) -> None:
    assert (await browser.get("/api/v1/requests")).status_code == 405
    assert (await browser.post("/desk")).status_code == 405


async def test_a_console_that_is_not_built_says_so(tmp_path: Path) -> None:
    app = FastAPI()
    app.router.default = Console(tmp_path)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://hotline") as client:
        response = await client.get("/")
        assert response.status_code == 503
        assert "make console" in response.text
