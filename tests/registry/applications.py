"""Helpers for registry tests: what a locksmith's company files when it applies."""

from typing import Any, cast

from tests.world import CHENGLANG, DOOR_LOCK, NANMEN, World, credit_code, ok

JIANGXIA = "330203002"
LOCK_PAPER = {
    "paper_code": "lock",
    "number": "甬公锁备2024-0317",
    "issued_on": "2024-05-01",
    "expires_on": "2027-04-30",
}
UNLOCKING = {"item_code": DOOR_LOCK, "tier": "paid", "price_kind": "fixed", "price_fen": 12_000}


def application(number: int = 1, **facts: Any) -> dict[str, Any]:
    """Return the body of POST /providers, valid except for `facts`."""
    return {
        "name": f"宁波海曙顺达{number}号开锁服务有限公司",
        "kind": "company",
        "uscc": credit_code(900_000 + number),
        "contact_name": "周师傅",
        "phone": f"1380574{1233 + number}",
        "area": CHENGLANG,
        "reached_by": "phone",
        "capacity": 4,
        "coverage": [NANMEN, JIANGXIA],
        "hours": [{"weekday": weekday, "opens": "08:00:00", "closes": "20:00:00"} for weekday in range(1, 8)],
        "papers": [LOCK_PAPER],
        "items": [UNLOCKING],
    } | facts


async def apply(world: World, number: int = 1, **facts: Any) -> dict[str, Any]:
    """Create an applicant. Return its document."""
    return cast(dict[str, Any], await ok(world.registrar.post("/providers", json=application(number, **facts))))
