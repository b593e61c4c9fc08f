"""Migration 0036 joins citizens that share a number, and its downgrade restores every row."""

import asyncio
import os
from typing import Any

import asyncpg
from alembic import command

from app.catalog.load import load_reference_data
from app.kit.db import Database, connect_arguments
from app.kit.migrate import migrate, run
from tests.conftest import recreate_database

BEFORE, AFTER = "0035", "0036"
ROWS = """
INSERT INTO providers (id, name, kind, contact_name, phone, township_code, lat, lon, standing, reached_by, capacity,
    rung, joined_on)
  SELECT md5('firm' || n)::uuid, '第' || n || '便民服务部', 'volunteer_team', '陈师傅', phone, t.code, t.lat, t.lon,
    'active', 'queue', 5, 'volunteers', '2020-01-01'
  FROM (VALUES (1, '87651200'), (2, '13800000001')) f (n, phone), (SELECT * FROM townships LIMIT 1) t;
INSERT INTO citizens (id, phone, name, address, note, created_at)
  SELECT md5(phone)::uuid, phone, name, address, note, timestamptz '2026-01-01' + n * interval '1 day' FROM (VALUES
    (1, '87651234', '王阿姨', NULL, NULL), (2, '057487651234', '王老太', '月湖街道12号', NULL),
    (3, '0574-8765 1234转8', NULL, '天一阁', '耳背'), (4, '83211234', '独居', NULL, NULL),
    (5, '13957412345', '李', NULL, NULL), (6, '+8613957412345', NULL, NULL, NULL),
    (7, '13805741688', '张', NULL, NULL), (8, '02165432109', '沪', NULL, NULL), (9, '00000000000', '?', NULL, NULL)
  ) AS c (n, phone, name, address, note);
INSERT INTO citizen_groups (citizen_id, group_code, source, expires_on) VALUES
  (md5('87651234')::uuid, 'aged_80', '身份证', '2026-06-30'), (md5('057487651234')::uuid, 'aged_80', '社区', NULL),
  (md5('057487651234')::uuid, (SELECT min(code) FROM groups WHERE code <> 'aged_80'), '残联', '2027-01-01');
INSERT INTO citizen_bars (citizen_id, provider_id, reason, created_at) VALUES
  (md5('87651234')::uuid, md5('firm1')::uuid, '态度差', '2026-02-01'),
  (md5('057487651234')::uuid, md5('firm1')::uuid, '迟到', '2026-01-01'),
  (md5('057487651234')::uuid, md5('firm2')::uuid, NULL, '2026-01-02');
INSERT INTO requests (id, status, channel, kind, category_code, item_code, urgency, urgency_rank, description,
    citizen_id, contact_phone, township_code, lat, lon, tier_asked, tier_entitled, tier, received_at)
  SELECT md5('request' || c.phone || n)::uuid, 'received', 'phone', i.kind, i.category_code, i.code, i.urgency, 1,
    '水管漏了', c.id, c.phone, t.code, t.lat, t.lon, 'paid', 'paid', 'paid', '2026-03-01'
  FROM citizens c, generate_series(1, 2) n, (SELECT * FROM townships LIMIT 1) t, items i WHERE i.code = 'PE02';
INSERT INTO contacts (request_id, at, channel, purpose, phone)
  SELECT id, received_at, 'phone', 'request', contact_phone FROM requests;
INSERT INTO applications (id, number, code_hash, status, name, phone, form, filed_at)
  SELECT md5('application' || n)::uuid, 2000 + n, '', 'filed', '申请' || n, phone, '{}', '2026-03-01'
  FROM (VALUES (1, '87654321'), (2, '0574-87654321'), (3, '86543210')) a (n, phone)
"""
TABLES = ("citizens", "citizen_groups", "citizen_bars", "requests", "contacts", "providers", "applications")


def test_citizens_are_joined_by_number_and_the_downgrade_restores_every_row(server: str) -> None:
    url = asyncio.run(recreate_database(server, f"joins_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"))
    asyncio.run(migrate(url))
    asyncio.run(load(url))
    asyncio.run(run(url, lambda config: command.downgrade(config, BEFORE)))
    asyncio.run(execute(url, ROWS))
    before = asyncio.run(rows(url))

    asyncio.run(run(url, lambda config: command.upgrade(config, AFTER)))
    after = asyncio.run(rows(url))
    phones = {citizen["phone"]: citizen for citizen in after["citizens"]}
    assert sorted(phones) == sorted(
        ["057487651234", "057483211234", "13957412345", "13805741688", "02165432109", "00000000000"]
    )
    joined = phones["057487651234"]
    assert [joined[name] for name in ("name", "address", "note")] == ["王阿姨", "月湖街道12号", "耳背"]
    assert count(after["requests"], joined) == 6
    assert count(after["requests"], phones["13957412345"]) == 4
    assert sorted(r["contact_phone"] for r in after["requests"] if r["citizen_id"] == joined["id"]) == (
        ["057487651234"] * 4 + ["057487651234,8"] * 2
    )
    ends = {group["group_code"]: group["expires_on"] for group in after["citizen_groups"]}
    assert (len(after["citizen_groups"]), ends["aged_80"]) == (2, None)
    assert {bar["provider_id"] for bar in after["citizen_bars"]} == {provider["id"] for provider in after["providers"]}
    assert [bar["reason"] for bar in after["citizen_bars"] if bar["reason"]] == ["态度差"]
    assert {provider["phone"] for provider in after["providers"]} == {"057487651200", "13800000001"}
    assert {one["number"]: one["phone"] for one in after["applications"]} == {
        2001: "057487654321",
        2002: "0574-87654321",
        2003: "057486543210",
    }
    assert {one["phone"] for one in after["contacts"]} == {one["contact_phone"] for one in after["requests"]}

    asyncio.run(run(url, lambda config: command.downgrade(config, BEFORE)))
    assert asyncio.run(rows(url)) == before
    asyncio.run(run(url, lambda config: command.upgrade(config, AFTER)))
    assert asyncio.run(rows(url)) == after


def test_changes_made_after_the_join_survive_the_downgrade(server: str) -> None:
    url = asyncio.run(recreate_database(server, f"joins_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"))
    asyncio.run(migrate(url))
    asyncio.run(load(url))
    asyncio.run(run(url, lambda config: command.downgrade(config, BEFORE)))
    asyncio.run(execute(url, ROWS))
    asyncio.run(run(url, lambda config: command.upgrade(config, AFTER)))
    asyncio.run(
        execute(
            url,
            "UPDATE citizens SET address = '新芝路3号' WHERE phone = '057487651234';"
            "UPDATE requests SET contact_phone = '13800000009' WHERE contact_phone = '057483211234'",
        )
    )
    asyncio.run(run(url, lambda config: command.downgrade(config, BEFORE)))
    back = asyncio.run(rows(url))
    assert {one["phone"]: one["address"] for one in back["citizens"]}["87651234"] == "新芝路3号"
    assert "13800000009" in {one["contact_phone"] for one in back["requests"]}


def test_the_downgrade_gives_requests_without_a_number_a_placeholder(server: str) -> None:
    """The downgrade of 0038 puts a placeholder where older columns cannot be NULL."""
    url = asyncio.run(recreate_database(server, f"joins_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"))
    asyncio.run(migrate(url))
    asyncio.run(load(url))
    nobody = "UPDATE requests SET citizen_id = NULL, contact_phone = NULL; UPDATE contacts SET phone = NULL"
    asyncio.run(execute(url, f"{ROWS}; {nobody}"))
    asyncio.run(run(url, lambda config: command.downgrade(config, AFTER)))
    asyncio.run(run(url, lambda config: command.upgrade(config, "head")))
    assert {one["contact_phone"] for one in asyncio.run(rows(url))["requests"]} == {"0"}


def count(requests: list[dict[str, Any]], citizen: dict[str, Any]) -> int:
    return sum(request["citizen_id"] == citizen["id"] for request in requests)


async def load(url: str) -> None:
    db = Database(url, pool_size=1)
    async with db.begin() as tx:
        await load_reference_data(tx)
    await db.close()


async def execute(url: str, statements: str) -> None:
    connection = await asyncpg.connect(**connect_arguments(url))
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


async def rows(url: str) -> dict[str, list[dict[str, Any]]]:
    connection = await asyncpg.connect(**connect_arguments(url))
    try:
        return {
            table: [
                {name: value for name, value in row.items() if name != "facts_version"}
                for row in await connection.fetch(f"SELECT * FROM {table} t ORDER BY 1, 2")
            ]
            for table in TABLES
        }
    finally:
        await connection.close()
