"""Creating and withdrawing policies. Versions are never edited, so each still shows how its offers were chosen."""

from collections.abc import Collection
from datetime import date, datetime

from app.auth.queries import add_audit
from app.catalog.errors import UnknownCategory
from app.catalog.snapshot import Snapshot
from app.events.act import Act
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.kit.idempotency import Once
from app.matching import policy_queries as queries
from app.matching.errors import (
    LastDefaultPolicy,
    PolicyFiltersEverybody,
    PolicyInPast,
    UnknownUrgencies,
    UrgenciesMissing,
)
from app.matching.models import PolicyVersion
from app.matching.schemas import PolicyDraft, PolicyOut

EXAMPLES = 5
"""How many items an error names when a policy would leave them without a provider."""


async def make_policy(act: Act, tx: Tx, draft: PolicyDraft, catalog: Snapshot, once: Once) -> PolicyOut:
    """Create a new version and return it.

    Checks with today's providers that the policy leaves somebody to ask. A repeated idempotency key gets the first
    response. Raises UnknownUrgencies, UrgenciesMissing, UnknownCategory, PolicyInPast, PolicyFiltersEverybody,
    KeyReused.
    """
    if replay := await once.replay(tx, act.now):
        return PolicyOut.model_validate_json(replay)
    _check_names(draft, catalog)
    effective_from = draft.effective_from or act.now
    if effective_from < act.now:
        raise PolicyInPast(effective_from=draft.effective_from)
    await _check_somebody_left(tx, draft, effective_from, act.today)
    facts = draft.model_dump(mode="json", exclude={"effective_from"})
    policy = PolicyVersion(**facts, effective_from=effective_from, created_at=act.now, created_by=act.who)
    tx.session.add(policy)
    await tx.flush()
    await _audit(act, tx, "policy.made", policy.version)
    document = await show_policy(tx, policy, act.now)
    await once.keep(tx, document.model_dump_json().encode())
    return document


def _check_names(draft: PolicyDraft, catalog: Snapshot) -> None:
    _check_urgencies("offer_timeouts", draft.offer_timeouts, catalog)
    _check_urgencies("surge.defer", draft.surge.defer, catalog)
    if missing := [urgency for urgency in catalog.urgencies if urgency not in draft.offer_timeouts]:
        raise UrgenciesMissing(missing=missing)
    if draft.category_code is not None and draft.category_code not in catalog.categories:
        raise UnknownCategory(category=draft.category_code)


def _check_urgencies(field: str, names: Collection[str], catalog: Snapshot) -> None:
    if unknown := sorted(set(names) - catalog.urgencies.keys()):
        raise UnknownUrgencies(field=field, unknown=unknown, known=list(catalog.urgencies))


async def _check_somebody_left(tx: Tx, draft: PolicyDraft, effective_from: datetime, today: date) -> None:
    emptied = await queries.list_emptied_items(
        tx,
        category=draft.category_code,
        at=effective_from,
        day=today,
        radius=draft.radius_km,
        rungs=[step.rung for step in draft.ladder],
    )
    if emptied:
        reason = emptied[0].reason
        items = [row.item_code for row in emptied if row.reason == reason]
        raise PolicyFiltersEverybody(
            reason=reason, items=items[:EXAMPLES], count=len(items), zh=reason.zh, en=reason.en
        )


async def withdraw_policy(act: Act, tx: Tx, version: int) -> PolicyOut:
    """Take the version out of force from now on.

    A repeated call changes nothing. Raises NotFound, LastDefaultPolicy.
    """
    await queries.lock_default_policies(tx)
    policy = await get_policy(tx, version)
    if policy.withdrawn_at is None:
        policy.withdrawn_at = act.now
        if None not in await queries.list_in_force(tx, act.now):
            raise LastDefaultPolicy(version=version)
        await _audit(act, tx, "policy.withdrawn", version)
    return await show_policy(tx, policy, act.now)


async def get_policy(tx: Tx, version: int) -> PolicyVersion:
    """Return the version. Raises NotFound."""
    policy = await queries.find_policy(tx, version)
    if policy is None:
        raise NotFound(what="policy", key=str(version))
    return policy


async def show_policy(tx: Tx, policy: PolicyVersion, now: datetime) -> PolicyOut:
    """Return the version as the API shows it."""
    return PolicyOut.of(policy, await queries.list_in_force(tx, now))


async def _audit(act: Act, tx: Tx, action: str, version: int) -> None:
    await add_audit(act, tx, action, f"policy:{version}")
