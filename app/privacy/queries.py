"""SQL for the schedule and citizens' rights: count what is due, delete or blank it, and copy what is kept."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Uuid, bindparam, select, text

from app.intake.models import Citizen, Consent, same_person
from app.kit.db import Prepared, Row, Tx
from app.kit.personal import mask_free_text
from app.privacy.schedule import BY_TABLE, REQUESTS, WITH_REQUEST, Line

_TYPES: dict[str, Any] = {
    "before": DateTime(timezone=True),
    "at": DateTime(timezone=True),
    "batch": BigInteger(),
    "ids": ARRAY(Uuid),
}


def _prepared(statement: str) -> Prepared:
    """Prepare the text of a statement whose parameters are among _TYPES."""
    named = [bindparam(name, type_=kind) for name, kind in _TYPES.items() if f":{name}" in statement]
    return Prepared(text(statement).bindparams(*named))


class Standing(NamedTuple):
    """A table's number of rows, how many are due for deletion or blanking, and the time of the oldest unblanked one."""

    rows: int
    due: int
    oldest: datetime | None


@cache
def _standing(line: Line) -> Prepared:
    ordered = f"SELECT {line.age} FROM {line.table} ORDER BY {line.ordered} LIMIT 1"
    least = f"SELECT min({line.age}) FROM {line.table} WHERE {line.once}"
    return _prepared(
        f"SELECT (SELECT count(*) FROM {line.table}) AS rows,"
        f" (SELECT count(*) FROM {line.table} WHERE {line.once} AND {line.age} < :before) AS due,"
        f" ({ordered if line.ordered else least}) AS oldest"
    )


async def read_standing(tx: Tx, line: Line, before: datetime) -> Standing:
    """Return the standing of the table, counting rows from before that moment as due."""
    [row] = await tx.rows(_standing(line), before=before)
    return Standing(row["rows"], row["due"], row["oldest"])


@cache
def _delete(line: Line) -> Prepared:
    """Return the statement that deletes a batch.

    It finds rows by their physical place (ctid), which works for every key. A row that has moved meanwhile waits for
    the next batch.
    """
    due = f"{line.once} AND {line.age} < :before"
    if line.ordered:
        first = f"SELECT ctid FROM {line.table} ORDER BY {line.ordered} LIMIT :batch"
        chosen = f"ctid = ANY (ARRAY({first})) AND {due}"
    else:
        chosen = f"ctid = ANY (ARRAY(SELECT ctid FROM {line.table} WHERE {due} LIMIT :batch)) AND {due}"
    return _prepared(
        f"WITH gone AS (DELETE FROM {line.table} WHERE {chosen} RETURNING 1) SELECT count(*) AS gone FROM gone"
    )


@cache
def _choose(line: Line) -> Prepared:
    """Return the statement that locks the rows of one batch and returns their ids."""
    due = f"{line.once} AND {line.age} < :before"
    return _prepared(f"SELECT id FROM {line.table} WHERE {due} ORDER BY {line.age} LIMIT :batch FOR UPDATE SKIP LOCKED")


async def delete_batch(tx: Tx, line: Line, before: datetime, batch: int) -> int:
    """Delete up to `batch` due rows of the table from before that moment. Return how many."""
    if line.before is None:
        return int((await tx.rows(_delete(line), before=before, batch=batch))[0]["gone"])
    ids = [row["id"] for row in await tx.rows(_choose(line), before=before, batch=batch)]
    await tx.driver.execute(line.before, ids)
    await tx.driver.execute(f"DELETE FROM {line.table} WHERE id = ANY($1)", ids)
    return len(ids)


async def choose_requests(tx: Tx, before: datetime, batch: int) -> list[UUID]:
    """Lock and return requests that ended before that moment and are not blanked, the oldest first."""
    return [row["id"] for row in await tx.rows(_choose(REQUESTS), before=before, batch=batch)]


def _assigned(line: Line) -> str:
    return ", ".join(f"{column} = {value}" for column, value in line.blanks.items())


_NOTICES = BY_TABLE["provider_notices"]
_BLANK = [
    _prepared(f"UPDATE {line.table} SET {_assigned(line)} WHERE {line.through} = ANY (:ids)") for line in WITH_REQUEST
]
_BLANK_REQUESTS = _prepared(f"UPDATE requests SET {_assigned(REQUESTS)}, blanked_at = :at WHERE id = ANY (:ids)")
_BLANK_NOTICES = _prepared(
    f"UPDATE provider_notices SET {_assigned(_NOTICES)} WHERE split_part(subject, ' ', 1) = ANY ("
    "SELECT id::text FROM requests WHERE id = ANY (:ids)"
    " UNION ALL SELECT id::text FROM jobs WHERE request_id = ANY (:ids)"
    " UNION ALL SELECT id::text FROM complaints WHERE request_id = ANY (:ids)"
    " UNION ALL SELECT id::text FROM credit_entries WHERE request_id = ANY (:ids))"
)
"""A notice's subject begins with the id of the request, job, complaint or credit entry that it is about."""


async def blank_requests(tx: Tx, ids: Sequence[UUID], at: datetime) -> None:
    """Blank the personal data of locked requests and of all that belongs to them. Facts that figures need stay."""
    for statement in _BLANK:
        await tx.rows(statement, ids=ids)
    await tx.rows(_BLANK_NOTICES, ids=ids)
    await tx.rows(_BLANK_REQUESTS, ids=ids, at=at)


LONG_SECONDS = 120
"""How many seconds a search through a whole table may take. Erasures and copies need such searches."""
_OPEN = (
    "(status NOT IN ('closed', 'cancelled', 'merged') OR EXISTS"
    " (SELECT FROM complaints c WHERE c.request_id = requests.id AND c.status NOT IN ('answered', 'unreached')))"
)


async def take_time(tx: Tx) -> None:
    """Let this transaction's statements take LONG_SECONDS."""
    await tx.driver.execute(f"SET LOCAL statement_timeout = '{LONG_SECONDS}s'")


async def lock_requests_of(tx: Tx, citizen_ids: Sequence[UUID], phones: Sequence[str]) -> Sequence[Row]:
    """Lock and return the requests that concern the citizens, by id.

    `own` marks those in which they are helped or call; the others only contain their numbers. `open` marks those that
    are not finished.
    """
    return await tx.driver.fetch(
        f"SELECT id, number, {_OPEN} AS open, citizen_id = ANY ($1) OR caller_id = ANY ($1) AS own FROM requests"
        " WHERE citizen_id = ANY ($1) OR caller_id = ANY ($1) OR split_part(contact_phone, ',', 1) = ANY ($2)"
        " OR split_part(callback_phone, ',', 1) = ANY ($2) ORDER BY id FOR UPDATE",
        citizen_ids,
        phones,
        timeout=LONG_SECONDS,
    )


_WITH_NUMBER = [
    "UPDATE requests SET contact_phone = NULL, contact_name = NULL WHERE split_part(contact_phone, ',', 1) = $1",
    "UPDATE requests SET callback_phone = NULL, callback_name = NULL WHERE split_part(callback_phone, ',', 1) = $1",
    "UPDATE contacts SET phone = NULL, note = NULL WHERE split_part(phone, ',', 1) = $1",
    "UPDATE complaints SET phone = NULL, words = NULL WHERE split_part(phone, ',', 1) = $1",
    "UPDATE calls SET phone = NULL WHERE split_part(phone, ',', 1) = $1",
    "UPDATE step_troubles SET error = '' WHERE position($1 IN error) > 0",
    "UPDATE worker_steps SET error = '' WHERE position($1 IN error) > 0",
]


async def forget_number(tx: Tx, phone: str) -> None:
    """Remove the number, with or without an extension, wherever else it is stored in full."""
    for statement in _WITH_NUMBER:
        await tx.driver.execute(statement, phone, timeout=LONG_SECONDS)


async def forget_words(tx: Tx, ids: Sequence[UUID], known: Sequence[str]) -> None:
    """Delete copies of these requests' words and of what is known of the citizen. Call it before the rows are blanked.

    The copies are in stored answers, in receivers' answers to webhooks, and in the masked words for which an item was
    chosen.
    """
    texts = await tx.driver.fetch("SELECT description FROM requests WHERE id = ANY($1)", ids)
    masked = [mask_free_text(row["description"]) for row in texts]
    await tx.driver.execute("DELETE FROM item_choices WHERE words = ANY($1)", masked, timeout=LONG_SECONDS)
    await tx.driver.execute(
        "DELETE FROM idempotency_keys WHERE EXISTS"
        " (SELECT FROM unnest($1::text[]) t(told) WHERE position(convert_to(told, 'UTF8') IN answer) > 0)",
        [*map(str, ids), *known],
        timeout=LONG_SECONDS,
    )
    await tx.driver.execute(
        "UPDATE webhook_deliveries SET answer = NULL WHERE answer IS NOT NULL"
        " AND event_id IN (SELECT id FROM events WHERE request_id = ANY($1))",
        ids,
        timeout=LONG_SECONDS,
    )


async def delete_citizens(tx: Tx, ids: Sequence[UUID]) -> None:
    """Delete citizens that no request refers to any more, with groups, bars and consents."""
    await tx.driver.execute("DELETE FROM citizens WHERE id = ANY ($1)", ids)


async def lock_citizens(tx: Tx, ids: Sequence[UUID]) -> Sequence[Citizen]:
    """Lock these citizens in the order of their ids. Return those that exist."""
    query = select(Citizen).where(Citizen.id.in_(ids)).order_by(Citizen.id).with_for_update(key_share=True)
    return (await tx.session.execute(query.execution_options(populate_existing=True))).scalars().all()


async def lock_person(tx: Tx, citizen_id: UUID) -> Sequence[Citizen]:
    """Lock and return all citizens that are the same person as this one, the main one first."""
    query = select(Citizen).where(Citizen.id == same_person(citizen_id)).order_by(Citizen.id).with_for_update()
    found = (await tx.session.execute(query.execution_options(populate_existing=True))).scalars().all()
    return sorted(found, key=lambda one: one.joined_into is not None)


async def has_joined(tx: Tx, citizen_id: UUID) -> bool:
    """Return whether others are joined into this citizen."""
    return bool(await tx.driver.fetchval("SELECT EXISTS (SELECT FROM citizens WHERE joined_into = $1)", citizen_id))


async def list_joinings(tx: Tx, citizen_id: UUID, actions: Sequence[str]) -> Sequence[Row]:
    """Return the audit entries about joining this citizen with others and undoing it, oldest first."""
    return await tx.driver.fetch(
        "SELECT at, action, (data->>'other')::uuid AS other_id, data->>'why' AS why FROM audit_entries"
        " WHERE subject = 'citizen:' || $1::uuid AND action = ANY ($2) ORDER BY id",
        citizen_id,
        actions,
    )


async def list_known_groups(tx: Tx, citizen_id: UUID) -> Sequence[Row]:
    """Return the memberships of the citizen and those joined with them, including expired ones."""
    return await tx.driver.fetch(
        "SELECT * FROM citizen_groups WHERE citizen_id = ANY (ARRAY(SELECT same_person($1))) ORDER BY group_code",
        citizen_id,
    )


async def list_known_bars(tx: Tx, citizen_id: UUID) -> Sequence[Row]:
    """Return the providers that the citizen does not want, with their names."""
    return await tx.driver.fetch(
        "SELECT p.name AS provider, b.reason, b.created_at FROM citizen_bars b JOIN providers p ON p.id = b.provider_id"
        " WHERE b.citizen_id = ANY (ARRAY(SELECT same_person($1))) ORDER BY b.created_at",
        citizen_id,
    )


async def list_consents(tx: Tx, citizen_id: UUID) -> Sequence[Consent]:
    """Return the citizen's consents and withdrawals, oldest first."""
    query = select(Consent).where(Consent.citizen_id == same_person(citizen_id)).order_by(Consent.id)
    return (await tx.session.execute(query)).scalars().all()


async def end_memberships(tx: Tx, citizen_id: UUID) -> None:
    """Delete all memberships of the citizen and those joined with them."""
    await tx.driver.execute(
        "DELETE FROM citizen_groups WHERE citizen_id = ANY (ARRAY(SELECT same_person($1)))", citizen_id
    )


async def list_known_requests(tx: Tx, citizen_id: UUID) -> Sequence[Row]:
    """Return the requests in which the citizen is helped or calls, oldest first, with providers and the sum billed."""
    return await tx.driver.fetch(
        """
        WITH person AS (SELECT array_agg(id) AS ids FROM same_person($1) id)
        SELECT r.*, CASE WHEN r.citizen_id = ANY (person.ids) THEN 'citizen' ELSE 'caller' END AS role,
          ARRAY(
            SELECT p.name FROM jobs j JOIN providers p ON p.id = j.provider_id WHERE j.request_id = r.id ORDER BY j.id
          ) AS providers,
          (SELECT coalesce(sum(j.amount_fen), 0)::bigint FROM jobs j WHERE j.request_id = r.id) AS amount_fen
        FROM person, requests r
        WHERE r.citizen_id = ANY (person.ids) OR r.caller_id = ANY (person.ids) ORDER BY r.received_at, r.id
        """,
        citizen_id,
    )


_SAID_AT = {"contacts": "at", "complaints": "opened_at", "callbacks": "ended_at", "jobs": "accepted_at",
            "offers": "decided_at", "extensions": "asked_at", "credit_entries": "made_at"}  # fmt: skip


def _said(line: Line) -> str:
    """Return the query for all texts that the table keeps about requests."""
    at = _SAID_AT.get(line.table, "NULL::timestamptz")
    return " UNION ALL ".join(
        f"SELECT request_id, '{line.table}.{column}' AS what, {at} AS at, {column} AS text FROM {line.table}"
        f" WHERE request_id = ANY($1) AND {column} <> ''"
        for column in line.blanks
    )


_OWN_WORDS = " UNION ALL ".join(
    f"SELECT id AS request_id, 'requests.{column}' AS what, NULL::timestamptz AS at, {column} AS text FROM requests"
    f" WHERE id = ANY($1) AND {column} <> ''"
    for column in ("answer", "outside_number", "cancel_reason", "hold_reason")
)
_ALL_SAID = " UNION ALL ".join([_OWN_WORDS, *map(_said, WITH_REQUEST)]) + " ORDER BY request_id, at NULLS FIRST, what"


async def list_said(tx: Tx, ids: Sequence[UUID]) -> Sequence[Row]:
    """Return every text that is kept about these requests, with the table and column that keep it."""
    return await tx.driver.fetch(_ALL_SAID, ids)


async def list_known_calls(tx: Tx, phones: Sequence[str]) -> Sequence[Row]:
    """Return the calls from these numbers, oldest first."""
    return await tx.driver.fetch(
        "SELECT began_at, ended_at FROM calls WHERE split_part(phone, ',', 1) = ANY ($1) ORDER BY began_at",
        phones,
        timeout=LONG_SECONDS,
    )
