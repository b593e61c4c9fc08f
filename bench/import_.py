"""Importing the whole registry from an XLSX over HTTP: seconds, processor time, peak memory, and the wait of others.

A server imports a workbook with the given number of rows (31 per provider: facts, prices, papers, coverage, hours,
special days) into an empty registry. It imports the same workbook again, which changes nothing, and then exports it.
Meanwhile one caller keeps requesting `/health/ready`: its longest wait is what an import costs everybody else.
"""

import argparse
import asyncio
import contextlib
import io
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import openpyxl
import psutil

from app.auth.models import Staff, StaffSession
from app.auth.tokens import token_hash
from app.catalog.load import load_reference_data
from app.catalog.snapshot import Snapshot, read_snapshot
from app.exchange.sheets import sheets
from app.kit import embedded
from app.kit.clock import clock_from
from app.kit.db import Database
from app.kit.ids import new_id
from app.kit.migrate import migrate
from app.registry.uscc import check_character
from app.settings import Settings

WIDTHS = (8, 8, 8, 10, 10, 10, 10, 8)
PER_PROVIDER = 31
"""Rows per provider on all sheets together."""


def workbook(rows: int, catalog: Snapshot) -> bytes:
    """Return a registry with this many rows as XLSX."""
    book = openpyxl.Workbook(write_only=True)
    providers = range(rows // PER_PROVIDER)
    body = _body(providers, catalog)
    for sheet in sheets(catalog):
        page = book.create_sheet(sheet.zh)
        page.append([column.zh for column in sheet.columns])
        for row in body[sheet.key]:
            page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _body(providers: range, catalog: Snapshot) -> dict[str, list[list[object]]]:
    body: dict[str, list[list[object]]] = {sheet.key: [] for sheet in sheets(catalog)}
    items = [item for item in catalog.items.values() if item.dispatchable and "paid" in item.tiers and not item.papers]
    townships = list(catalog.townships)
    for number in providers:
        code = f"91330203MA{number:07d}"
        code += check_character(code)
        seat = townships[number % len(townships)]
        facts = [
            None,
            f"宁波海曙第{number}便民服务部",
            "企业",
            code,
            "陈师傅",
            f"138{number:08d}",
            seat,
            None,
            None,
            None,
        ]
        body["providers"].append([*facts, None, "电话", 5, "在营", "2020-01-01"])
        for item in (items[(number + n) % len(items)] for n in range(10)):
            body["prices"].append([code, item.code, "有偿", "定价", 80 + number % 50, "2026-01-01", None, "已批准"])
        body["papers"] += [
            [code, paper, f"浙{number:06d}", "2024-05-01", "2029-04-30"] for paper in ("business", "food")
        ]
        body["coverage"] += [[code, townships[(number + n) % len(townships)]] for n in range(9)]
        body["hours"] += [[code, weekday, "08:00", "20:00"] for weekday in range(1, 8)]
        body["exceptions"] += [[code, f"2027-02-{day:02d}", None, None] for day in (6, 7)]
    return body


class Peak:
    """The peak memory of the server and of its file process, in MiB."""

    def __init__(self, server: int) -> None:
        self._server = psutil.Process(server)
        self.begun = self._mib(self._server)
        self.server, self.child = self.begun, 0.0

    def cpu(self) -> tuple[float, float]:
        """Return the CPU seconds so far of the server, and of its file processes that have ended."""
        times = self._server.cpu_times()
        return times.user + times.system, times.children_user + times.children_system

    @staticmethod
    def _mib(process: psutil.Process) -> float:
        return float(process.memory_info().rss) / 1024 / 1024

    async def watch(self) -> None:
        """Sample every 20 ms until cancelled."""
        while True:
            self.server = max(self.server, self._mib(self._server))
            for child in self._server.children():
                with contextlib.suppress(psutil.Error):
                    self.child = max(self.child, self._mib(child))
            await asyncio.sleep(0.02)


async def ask_meanwhile(url: str, waits: list[float]) -> None:
    """Ask again and again whether the server is ready, and record the milliseconds."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        while True:
            begun = time.perf_counter()
            await client.get(f"{url}/health/ready")
            waits.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(0.005)


@asynccontextmanager
async def beside(server: int, url: str, name: str) -> AsyncIterator[None]:
    """Measure what happens in the block, and print its line."""
    peak, waits = Peak(server), list[float]()
    watchers = [asyncio.create_task(peak.watch()), asyncio.create_task(ask_meanwhile(url, waits))]
    begun, cpu = time.perf_counter(), peak.cpu()
    yield
    seconds = time.perf_counter() - begun
    server_cpu, child_cpu = (after - before for before, after in zip(cpu, peak.cpu(), strict=True))
    for watcher in watchers:
        watcher.cancel()
    waits.sort()
    print(
        f"{name:24}{seconds:8.1f}{server_cpu:8.1f}{child_cpu:8.1f}{peak.begun:10.0f}{peak.server:10.0f}{peak.child:10.0f}"
        f"{waits[int(len(waits) * 0.99)]:10.0f}{waits[-1]:8.0f}",
        flush=True,
    )


async def prepare(url: str) -> tuple[Snapshot, str]:
    """Load the catalogue and create a registrar; return the catalogue and the registrar's token."""
    await migrate(url)
    db, now, token = Database(url, pool_size=1), clock_from(Settings()).now(), secrets.token_urlsafe(24)
    async with db.begin() as tx:
        await load_reference_data(tx)
        registrar = Staff(
            id=new_id(now), username="bench", name="bench", password_hash="!", roles=["registrar"], created_at=now
        )
        tx.session.add(registrar)
        await tx.flush()
        until = now + timedelta(days=1)
        tx.session.add(
            StaffSession(token_hash=token_hash(token), staff_id=registrar.id, created_at=now, expires_at=until)
        )
    catalog = await read_snapshot(db)
    await db.close()
    return catalog, token


@contextlib.contextmanager
def serving(url: str, port: int) -> Iterator[int]:
    """Run the server in a process of its own; yield its process id."""
    hotline = Path(sys.executable).with_name("hotline")
    process = subprocess.Popen(
        [hotline, "serve", "--port", str(port)], env=os.environ | {"DATABASE_URL": url}, stderr=subprocess.DEVNULL
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


async def main(url: str, options: argparse.Namespace) -> None:
    """Import twice and export once, measuring each."""
    catalog, token = await prepare(url)
    content = workbook(options.rows, catalog)
    print(f"{options.rows} rows, {options.rows // PER_PROVIDER} providers, {len(content) / 1e6:.1f} MB of XLSX")
    server = f"http://127.0.0.1:{options.port}"
    headers = {"Authorization": f"Bearer {token}"}
    with serving(url, options.port) as pid:
        async with httpx.AsyncClient(base_url=f"{server}/api/v1", headers=headers, trust_env=False, timeout=600) as api:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await api.get(f"{server}/health/ready")).is_success:
                        break
                await asyncio.sleep(0.2)
            heads = zip(
                ("s", "CPU s", "+ child", "MiB at 0", "peak", "+ child", "wait p99", "most"), WIDTHS, strict=True
            )
            print(" " * 24 + "".join(f"{head:>{width}}" for head, width in heads))
            for name in ("import, all new", "imported again"):
                async with beside(pid, server, name):
                    answer = await api.post("/registry/import", content=content)
                print({key: answer.json().get(key) for key in ("added", "changed", "unchanged", "title")})
            async with beside(pid, server, "export"):
                await api.get("/registry/export")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--port", type=int, default=8191)


def run(options: argparse.Namespace) -> None:
    """Measure on a scratch server."""
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder, embedded.join(Path(folder) / "data") as server:
        asyncio.run(main(server.url, options))
