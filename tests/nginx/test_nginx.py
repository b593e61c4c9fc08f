"""deploy/nginx/hotline.conf in Debian's nginx, before a real server: `make test-nginx` (apt install nginx)."""

import asyncio
import json
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trustme

from tests.children import child
from tests.servers import Server, free_port, serving
from tests.world import World

CONF = Path(__file__).parents[2] / "deploy" / "nginx" / "hotline.conf"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
NAME = "localhost"


@dataclass
class Proxy:
    """A running nginx with our configuration."""

    plain: int
    port: int
    folder: Path
    authority: ssl.SSLContext

    def client(self, **headers: str) -> httpx.AsyncClient:
        """Return a client that comes by HTTPS."""
        url = f"https://{NAME}:{self.port}"
        return httpx.AsyncClient(base_url=url, verify=self.authority, headers=headers, timeout=30, trust_env=False)


@contextmanager
def proxied(folder: Path, upstream: int) -> Iterator[Proxy]:
    """Run nginx with the configuration as it is, but for its ports, its certificate and its log."""
    authority = trustme.CA()
    certificate = authority.issue_cert(NAME)
    certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "hotline.pem"))
    plain, port = free_port(), free_port()
    conf = CONF.read_text(encoding="utf-8")
    for former, present in (
        ("127.0.0.1:8189", f"127.0.0.1:{upstream}"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("  listen [::]:80;\n", ""),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("  listen [::]:443 ssl http2;\n", ""),
        ("server_name hotline.example", f"server_name {NAME}"),
        ("/etc/ssl/hotline.pem", str(folder / "hotline.pem")),
        ("/etc/ssl/private/hotline.key", str(folder / "hotline.pem")),
        ("/var/log/nginx/hotline.log", str(folder / "access.log")),
    ):
        assert former in conf
        conf = conf.replace(former, present)
    temporary = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""  # whose folders nobody else may enter
    (folder / "nginx.conf").write_text(
        f"{user}daemon off; pid {folder}/pid; events {{}} http {{ {temporary}\n{conf}\n}}\n",
        encoding="utf-8",
    )
    command = [NGINX, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr, checked.stderr
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with child(command):
        yield Proxy(plain, port, folder, context)


@pytest.fixture
def started(world: World) -> Iterator[Server]:
    with serving(world.context) as server:
        yield server


@pytest.fixture
async def proxy(started: Server, tmp_path: Path) -> AsyncIterator[Proxy]:
    with proxied(tmp_path, started.port) as running:
        async with asyncio.timeout(20), running.client() as client:
            while True:
                try:
                    await client.get("/health/live")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
        yield running


async def test_calls_come_through_tls_as_the_application_answers_them(world: World, proxy: Proxy) -> None:
    async with proxy.client() as client:
        page = await client.get("/")
        assert page.status_code == 200
        assert page.headers["strict-transport-security"] == "max-age=31536000"
        assert "content-security-policy" in page.headers
        assert page.headers["server"] == "nginx"
        assert (await client.get("/metrics")).status_code == 404
        signed_in = await client.post(
            "/api/v1/sessions/browser",
            json={"username": "t.nobody", "password": "wrong"},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert signed_in.status_code == 401
    async with proxy.client(Authorization=world.operator.headers["Authorization"]) as operator:
        assert (await operator.get("/api/v1/requests")).status_code == 200
        async with operator.stream("GET", "/api/v1/live") as stream:
            async with asyncio.timeout(40):
                assert await anext(stream.aiter_bytes())


async def test_large_bodies_are_refused_but_where_files_are_imported(proxy: Proxy) -> None:
    large = b"x" * 2 * 1024 * 1024
    async with proxy.client(**{"Accept-Language": "zh-CN,zh;q=0.9"}) as client:
        refused = await client.post("/api/v1/requests", content=large)
        assert refused.status_code == 413
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json() | {"title": ""} == {
            "type": "about:blank",
            "title": "",
            "status": 413,
            "code": "body_too_large",
        }
        assert refused.json()["title"] == "请求内容过大。"
        for path in ("registry", "places", "knowledge"):
            assert (await client.post(f"/api/v1/{path}/import", content=large)).status_code == 401


async def test_a_flood_of_sign_ins_is_slowed_down_and_other_calls_are_not(proxy: Proxy) -> None:
    async with proxy.client() as client:

        async def sign_in() -> httpx.Response:
            return await client.post("/api/v1/sessions", json={})

        answers = await asyncio.gather(*(sign_in() for _ in range(60)))
        slowed = [answer for answer in answers if answer.headers.get("retry-after") == "5"]
        assert 10 < len(slowed) < 60
        assert slowed[0].status_code == 429
        assert slowed[0].json()["code"] == "too_many_calls"
        assert slowed[0].headers["strict-transport-security"]
        assert (await client.get("/health/live")).status_code == 200


async def test_what_is_not_encrypted_is_refused_or_led_to_what_is(proxy: Proxy) -> None:
    async with httpx.AsyncClient(base_url=f"http://{NAME}:{proxy.plain}", trust_env=False) as client:
        refused = await client.get("/api/v1/requests", headers={"Authorization": "Bearer secret"})
        assert refused.status_code == 403
        assert "replace any key" in refused.json()["title"]
        led = await client.get("/queue?x=1")
        assert led.status_code == 301
        assert led.headers["location"] == f"https://{NAME}/queue?x=1"


async def test_the_log_names_no_citizen_and_no_link(proxy: Proxy) -> None:
    async with proxy.client() as client:
        for path in ("statements/S3cretT0ken", "citizens/13957412345/tiers", "requests?citizen_phone=13957412345"):
            await client.get(f"/api/v1/{path}")
    log = (proxy.folder / "access.log").read_text(encoding="utf-8")
    assert "GET /api/v1/statements/*" in log
    assert not re.search("S3cretT0ken|13957412345", log)


async def test_a_service_that_is_away_is_said_to_be(started: Server, proxy: Proxy) -> None:
    started.kill()
    async with proxy.client() as client:
        away = await client.get("/api/v1/requests")
    assert away.status_code == 503
    assert away.json()["code"] == "http_503"
    assert away.headers["retry-after"] == "5"


async def test_callers_cannot_pretend_another_address_or_host(tmp_path: Path) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        body = json.dumps(dict(line.split(": ", 1) for line in head.splitlines()[1:] if ": " in line)).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()

    upstream = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with upstream:
        with proxied(tmp_path, upstream.sockets[0].getsockname()[1]) as proxy:
            pretending = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}
            async with proxy.client(**pretending) as client, asyncio.timeout(20):
                while True:
                    try:
                        seen = (await client.get("/")).json()
                        break
                    except httpx.TransportError:
                        await asyncio.sleep(0.05)
    assert seen["X-Forwarded-For"] == "127.0.0.1"
    assert seen["X-Forwarded-Proto"] == "https"
    assert seen["Host"] == f"{NAME}:{proxy.port}"
