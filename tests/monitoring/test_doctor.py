"""What `hotline doctor` finds, and that it says what to do in both languages."""

import re
import shutil
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import text
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from app.backup.manifest import DUMP, MANIFEST, Contents, Log, Manifest
from app.cli import app
from app.kit.heartbeat import beat
from app.kit.steps import Health, note_trouble, write_health
from app.monitoring import doctor
from app.monitoring.doctor import Finding
from app.settings import Settings
from tests.world import World, ok

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
HAN = re.compile(r"[\u4e00-\u9fff]")
WELL: dict[str, Any] = {
    "database_url": "postgresql://hotline@localhost/hotline",
    "second_factor_roles": "admin",
    "second_factor_key": "long",
    "webhook_key": "long",
}


def codes(found: Iterable[Finding]) -> set[str]:
    """Return the codes, having looked at the sentences."""
    told = [*found]
    for finding in told:
        assert HAN.search(finding.zh), finding
        assert not HAN.search(finding.en), finding
    return {finding.code for finding in told}


@pytest.mark.parametrize(
    ("changed", "environment", "code"),
    [
        ({}, {}, None),
        ({}, {"HOTLINE_POOL_SIZE": "20", "HOTLINE_PG_BIN": "/usr/lib"}, None),
        ({}, {"HOTLINE_POOLSIZE": "20"}, "setting_unknown"),
        ({"clock_factor": 2}, {}, "clock_of_a_demo"),
        ({"database_pooled": True}, {}, "direct_url_missing"),
        ({"second_factor_key": ""}, {}, "second_factor_key_missing"),
        ({"second_factor_roles": "operator"}, {}, "second_factor_not_required"),
        ({"webhook_key": ""}, {}, "webhook_key_missing"),
        ({"provider_webhook_networks": "10.0.0.0/8"}, {}, "provider_webhooks_inside"),
        ({}, {"FORWARDED_ALLOW_IPS": "*"}, "every_proxy_trusted"),
        ({}, {"FORWARDED_ALLOW_IPS": "10.0.0.2"}, None),
        ({"database_url": "postgresql://hotline@10.0.0.5/hotline"}, {}, "database_without_tls"),
        ({"database_url": "postgresql://hotline@10.0.0.5/hotline?ssl=verify-full"}, {}, None),
        ({"database_url": "postgresql://hotline@10.0.0.5/hotline"}, {"PGSSLMODE": "verify-full"}, None),
    ],
)
def test_settings(changed: dict[str, Any], environment: dict[str, str], code: str | None) -> None:
    assert codes(doctor.of_settings(Settings(**WELL | changed), environment)) == ({code} if code else set())


def test_versions() -> None:
    today = date(2029, 1, 1)
    assert codes(doctor.of_python((3, 12), today)) == {"python_too_old"}
    assert codes(doctor.of_python((3, 13), today)) == codes(doctor.of_python((3, 99), today)) == set()
    assert codes(doctor.of_server(15, "15.4", "UTF8", NOW.date())) == {"postgresql_too_old"}
    assert codes(doctor.of_server(16, "16.4", "UTF8", today)) == {"postgresql_too_old"}
    assert codes(doctor.of_server(18, "18.1", "SQL_ASCII", today)) == {"encoding_wrong"}
    assert codes(doctor.of_server(99, "99.0", "UTF8", today)) == set()


def test_clock() -> None:
    assert codes(doctor.of_clock(0.4)) == set()
    assert codes(doctor.of_clock(-7)) == {"clock_skewed"}


def test_schema() -> None:
    [behind] = doctor.of_revision("0001")
    assert codes([behind]) == {"schema_behind"}
    assert codes(doctor.of_revision(None)) == {"schema_behind"}
    assert codes(doctor.of_revision("9999")) == {"schema_ahead"}


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(("free", "code"), [(1, "disk_nearly_full"), (9, "disk_nearly_full"), (50, None)])
def test_disks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, code: str | None) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(100 * 2**30, 0, free * 2**30))
    assert codes(doctor.of_disks([tmp_path / "not" / "yet", tmp_path])) == ({code} if code else set())


def backed_up(folder: Path, age: timedelta, **log: int) -> None:
    """Write a backup as `hotline backup` leaves it."""
    made_at = NOW - age
    backup = folder / f"hotline-{made_at:%Y%m%dT%H%M%SZ}"
    backup.mkdir(parents=True)
    facts = {"first": 1, "last": 9, "numbered": 9, "distinct": 9, "unnumbered": 0} | log
    contents = Contents(revision="0001", rows={}, log=Log.model_validate(facts))
    manifest = Manifest(made_at=made_at, postgresql="18.1", size=1, sha256="", contents=contents)
    (backup / MANIFEST).write_text(manifest.model_dump_json(), encoding="utf-8")
    (backup / DUMP).touch()


def test_backups(tmp_path: Path) -> None:
    assert codes(doctor.of_backups(tmp_path / "nowhere", NOW)) == {"backup_missing"}
    backed_up(tmp_path, timedelta(days=3))
    assert codes(doctor.of_backups(tmp_path, NOW)) == {"backup_too_old"}
    backed_up(tmp_path, timedelta(hours=20))
    assert codes(doctor.of_backups(tmp_path, NOW)) == set()
    backed_up(tmp_path, timedelta(hours=10), distinct=8, numbered=8)
    assert codes(doctor.of_backups(tmp_path, NOW)) == {"backup_with_gap"}
    broken = tmp_path / "hotline-20261129T070000Z"
    broken.mkdir()
    (broken / MANIFEST).write_text("{", encoding="utf-8")
    assert codes(doctor.of_backups(tmp_path, NOW)) == {"backup_unreadable"}


async def of_database(world: World) -> set[str]:
    async with world.context.db.begin() as tx:
        return codes([finding async for finding in doctor.of_database(world.context, tx)])


async def test_the_database_and_the_worker(world: World) -> None:
    assert {"worker_silent", "danger_line_missing"} <= await of_database(world)
    await beat(world.context.db, world.clock)
    assert not {"worker_silent", "step_failing", "set_aside", "log_lags"} & await of_database(world)
    await world.create()
    world.advance(minutes=5)
    subject, failing = uuid4(), Health()
    failing.failed(ValueError("it broke"), world.clock.now())
    async with world.context.db.begin() as tx:
        await write_health(tx, {"match_waiting": failing}, world.clock.now())
        for _ in range(5):
            await note_trouble(tx, "match_waiting", subject, ValueError(), world.clock.now())
    assert {"step_failing", "set_aside", "log_lags"} <= await of_database(world)


@pytest.mark.parametrize(("owner", "told"), [("hotline", False), ("somebody_else", True)])
async def test_a_superuser_is_told_where_another_role_owns_the_tables(
    world: World, monkeypatch: pytest.MonkeyPatch, owner: str, told: bool
) -> None:
    """The embedded server has one role, and nothing to say about it."""
    url = make_url(str(world.context.settings.database_url))
    owned = {"database_owner_url": url.set(username=owner).render_as_string(hide_password=False)}
    monkeypatch.setattr(world.context, "settings", world.context.settings.model_copy(update=owned))
    assert ("role_too_powerful" in await of_database(world)) == told


async def test_next_years_holidays(world: World) -> None:
    assert "calendar_unknown" in await of_database(world)
    await ok(world.admin.put("/calendar/days/2027-02-06", json={"working": True, "note": "国办发明电"}))
    assert "calendar_unknown" not in await of_database(world)


async def test_a_database_without_tables(world: World) -> None:
    async with world.context.db.begin() as tx:
        await tx.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        found = codes([finding async for finding in doctor.of_database(world.context, tx)])
        await tx.abandon()
        await tx.driver.execute("BEGIN")
    assert "schema_behind" in found
    assert "worker_silent" not in found, "what it would look at may not be there yet"


async def answers(world: World, served_at: str, client: str, **headers: str) -> list[httpx.Response]:
    transport = ASGITransport(world.application, client=(client, 1), raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url=served_at, headers=headers) as caller:
        return [await caller.get(path) for path in ("/health/live", "/health/live/", "/metrics")]


async def test_the_proxy(world: World) -> None:
    address = httpx.URL("https://hotline.test")
    good = await answers(world, "https://hotline.test", "203.0.113.9")
    assert codes(doctor.of_answers(address, *good)) == {"hsts_missing"}
    good[0].headers["Strict-Transport-Security"] = "max-age=31536000"
    assert codes(doctor.of_answers(address, *good)) == set()
    wrong = await answers(world, "http://127.0.0.1:8189", "127.0.0.1")
    assert codes(doctor.of_answers(address, *wrong)) == {"hsts_missing", "proxy_not_believed", "metrics_open"}
    elsewhere = httpx.Response(404)
    assert codes(doctor.of_answers(address, elsewhere, elsewhere, elsewhere)) == {"not_hotline"}


def test_the_certificate() -> None:
    assert codes(doctor.of_certificate(NOW + timedelta(days=20), NOW)) == {"certificate_ends"}
    assert codes(doctor.of_certificate(NOW + timedelta(days=60), NOW)) == set()


async def test_an_address_that_does_not_answer() -> None:
    for url, expected in (
        ("https://127.0.0.1:1", {"address_unreachable"}),
        ("http://127.0.0.1:1", {"address_without_tls", "address_unreachable"}),
    ):
        assert codes([finding async for finding in doctor.of_address(url)]) == expected


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"HOTLINE_POOL_SIZE": "0"}, "fault setting_invalid: HOTLINE_POOL_SIZE"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "fault database_unreachable"),
    ],
)
def test_the_command_tells_instead_of_failing(changed: dict[str, str], code: str, server: str, tmp_path: Path) -> None:
    """It used to end with the first thing that was wrong."""
    environment = {"DATABASE_URL": server, "HOTLINE_BACKUP_DIR": str(tmp_path)}
    result = CliRunner().invoke(app, ["doctor"], env=environment | changed, catch_exceptions=False)
    assert result.exit_code == 1
    assert code in result.output
