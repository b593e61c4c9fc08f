"""`make check` fails if a status is written without its machine."""

from pathlib import Path

import pytest

from tests.status_columns import all_writes, writes

NOWHERE = Path("nowhere.py")


@pytest.mark.parametrize(
    "source",
    [
        "delivery.status = PENDING",
        "delivery.status, delivery.due_at = PENDING, now",
        "provider.standing = provider.former_standing",
        "update(jobs).where(mine).values(status=word('failed'))",
        "update(jobs).values({'status': 'failed'})",
        "update(jobs).values(**{'state': 'failed'})",
        "update(jobs).values({Job.status: 'failed'})",
        "text('UPDATE jobs SET ended_at = :at, status = :to WHERE id = :id')",
        "f'INSERT INTO jobs (id) VALUES ({x}) ON CONFLICT DO UPDATE SET status = excluded.status'",
    ],
)
def test_another_write_of_a_status_is_reported(source: str) -> None:
    assert len(list(writes(NOWHERE, source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "Delivery(status=PENDING)",
        "insert(jobs).values(status=word('accepted'))",
        "if job.status == 'accepted': pass",
        "select(jobs).where(jobs.c.status == 'accepted')",
        "text('UPDATE jobs SET ended_at = :at WHERE status = :from')",
        "{'status': 'accepted'}",
    ],
)
def test_inserts_and_reads_are_not_reported(source: str) -> None:
    assert list(writes(NOWHERE, source)) == []


def test_only_the_machines_write_statuses() -> None:
    assert all_writes() == []
