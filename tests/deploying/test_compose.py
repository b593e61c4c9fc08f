"""docker-compose.yml passes every setting on, gives each process only the role it needs, and no rights beyond it."""

import asyncio
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.engine import make_url

from app.kit.context import Context
from app.settings import Settings
from tests.servers import working

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "app", "worker")
OF_THE_SPECIFICATION = {
    "build", "cap_add", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image", "init", "ports",
    "read_only", "restart", "security_opt", "shm_size", "tmpfs", "volumes",
}  # fmt: skip
NOT_FOR_CONTAINERS = {"data_dir", "backup_dir", "heartbeat_file", "clock_factor", "clock_start", "clock_real_start"}
"""Settings for a folder of the machine, for the worker alone, and for demonstrations."""


def test_it_uses_what_the_compose_specification_has() -> None:
    assert {name for name in COMPOSE if not name.startswith("x-")} <= {"services", "networks", "volumes"}
    for service in SERVICES.values():
        assert set(service) <= OF_THE_SPECIFICATION
        for other, condition in service.get("depends_on", {}).items():
            assert other in SERVICES
            assert set(condition) == {"condition"}
            healthy = SERVICES[other].get("healthcheck", {}).get("test")
            assert condition["condition"] == ("service_healthy" if healthy else "service_completed_successfully")
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).is_file()


@pytest.mark.parametrize("service", OURS)
def test_every_setting_is_passed_on(service: str) -> None:
    passed = SERVICES[service]["environment"]
    settings = {name for name, field in Settings.model_fields.items() if not field.validation_alias}
    assert {f"HOTLINE_{name.upper()}" for name in settings - NOT_FOR_CONTAINERS} <= passed.keys()
    unknown = {name for name in passed if name.startswith("HOTLINE_")} - {
        f"HOTLINE_{name.upper()}" for name in settings
    }
    assert unknown == set()
    assert "FORWARDED_ALLOW_IPS" in passed
    subnet = COMPOSE["networks"]["default"]["ipam"]["config"][0]["subnet"]
    assert default(passed["FORWARDED_ALLOW_IPS"]) == default(subnet)


def default(value: str) -> str:
    """Return the default of `${NAME:-default}`."""
    return re.sub(r"\$\{\w+:-(.*)\}", r"\1", value)


def test_only_what_needs_it_has_the_owners_password() -> None:
    roles = (ROOT / "deploy/postgres/roles.sh").read_text(encoding="utf-8")
    for name, service in SERVICES.items():
        passwords = set(re.findall(r"\$\{(\w*PASSWORD)\b", yaml.dump(service)))
        if name == "postgres":
            assert passwords == {"POSTGRES_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD"}
            continue
        assert passwords == ({"APP_PASSWORD"} if name == "app" else {"APP_PASSWORD", "OWNER_PASSWORD"})
        for variable in ("DATABASE_URL", "DATABASE_OWNER_URL"):
            if variable in service["environment"]:
                url = make_url(re.sub(r"\$\{.*?\}", "secret", service["environment"][variable]))
                assert f"CREATE ROLE {url.username} LOGIN" in roles
                assert f"CREATE DATABASE {url.database} OWNER hotline_owner" in roles


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_can_gain_rights_or_change_its_own_files(service: str) -> None:
    described = SERVICES[service]
    assert described["cap_drop"] == ["ALL"]
    assert described["security_opt"] == ["no-new-privileges:true"]
    assert described["read_only"] is True
    assert "/tmp" in described["tmpfs"]
    assert "cap_add" not in described or service == "postgres"
    assert all(port.startswith("127.0.0.1:") for port in described.get("ports", []))


def healthy(file: Path) -> bool:
    """Return whether the worker's health check passes."""
    kind, command = SERVICES["worker"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    environment = os.environ | {"HOTLINE_HEARTBEAT_FILE": str(file)}
    return subprocess.run(["sh", "-c", command.replace("$$", "$")], env=environment, check=False).returncode == 0


async def test_a_worker_is_healthy_while_its_heart_beats(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat = tmp_path / "heartbeat"
    assert not healthy(beat)
    monkeypatch.setenv("HOTLINE_HEARTBEAT_FILE", str(beat))
    with working(context) as worker:
        async with asyncio.timeout(60):
            while not beat.is_file():
                await asyncio.sleep(0.1)
        assert healthy(beat)
        worker.kill()
    two_minutes_ago = time.time() - 120
    os.utime(beat, (two_minutes_ago, two_minutes_ago))
    assert not healthy(beat)
