"""Routes for candidates and the reasons against them, for decisions, policies and fairness."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response

from app.auth.access import Router, Transaction, acting, allow
from app.auth.models import Role
from app.catalog.current import CurrentCatalog
from app.events.act import Act
from app.intake.actions import get_request
from app.kit.idempotency import SentKey, once
from app.kit.pages import Page, Paging, page
from app.kit.web import Now
from app.matching import fairness, policies, policy_queries, queries
from app.matching.preview import preview
from app.matching.schemas import (
    CandidatesOut,
    DecisionOut,
    Fairness,
    FairnessAsked,
    PolicyDraft,
    PolicyOut,
    WhatIf,
)

router = Router(tags=["matching"])
operators = [Depends(allow(Role.OPERATOR, Role.SUPERVISOR))]
Asking = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR))]
readers = [Depends(allow(Role.OPERATOR, Role.SUPERVISOR, Role.MANAGER))]
overseers = [Depends(allow(Role.SUPERVISOR, Role.MANAGER, Role.REGISTRAR))]
Supervisor = Annotated[Act, Depends(acting(Role.SUPERVISOR))]
Version = Annotated[int, Path(ge=1, lt=2**31)]


@router.get("/requests/{request_id}/candidates")
async def list_candidates(request_id: UUID, act: Asking, tx: Transaction, catalog: CurrentCatalog) -> CandidatesOut:
    """List the providers that matching would ask now, best first, and why it would not ask the others."""
    return await preview(act, tx, WhatIf(request_id=request_id), catalog)


@router.post("/matching/preview")
async def preview_matching(body: WhatIf, act: Asking, tx: Transaction, catalog: CurrentCatalog) -> CandidatesOut:
    """Preview matching for a real or an imagined request, under the policy in force or any version.

    It changes nothing, so it can be called while the caller is still on the line.
    """
    return await preview(act, tx, body, catalog)


@router.get("/requests/{request_id}/decisions", dependencies=operators)
async def list_decisions_of_request(
    request_id: UUID, request: Request, response: Response, tx: Transaction, paging: Annotated[Paging, Query()]
) -> Page[DecisionOut]:
    """List the matching decisions for a request, oldest first, with what was known at the time."""
    await get_request(tx, request_id)
    [after] = paging.after(int) or [None]
    rows = await queries.list_decisions(tx, request_id, after, paging.limit + 1)
    return page(rows, paging, lambda row: (row.id,), DecisionOut.of, request, response)


@router.get("/matching/fairness", dependencies=overseers)
async def read_fairness(asked: Annotated[FairnessAsked, Query()], tx: Transaction, catalog: CurrentCatalog) -> Fairness:
    """Show how evenly a month's counted offers were spread over the eligible providers, item by item."""
    return await fairness.read_fairness(tx, asked, catalog)


@router.get("/policies", dependencies=readers)
async def list_policies(
    request: Request, response: Response, tx: Transaction, now: Now, paging: Annotated[Paging, Query()]
) -> Page[PolicyOut]:
    """List all versions of the dispatch policies, newest first, and which of them are in force."""
    [before] = paging.after(int) or [None]
    rows = await policy_queries.list_policies(tx, before, paging.limit + 1)
    in_force = await policy_queries.list_in_force(tx, now)
    return page(rows, paging, lambda row: (row.version,), lambda row: PolicyOut.of(row, in_force), request, response)


@router.post("/policies", status_code=201)
async def make_policy(
    body: PolicyDraft, act: Supervisor, tx: Transaction, catalog: CurrentCatalog, idempotency_key: SentKey = None
) -> PolicyOut:
    """Create a new version of the default policy or of a category's policy. Refused if it would leave nobody to ask."""
    first = once(act.who, idempotency_key, "POST /policies", body)
    return await policies.make_policy(act, tx, body, catalog, first)


@router.get("/policies/{version}", dependencies=readers)
async def read_policy(version: Version, tx: Transaction, now: Now) -> PolicyOut:
    """Show this version of a policy, and whether it is in force."""
    return await policies.show_policy(tx, await policies.get_policy(tx, version), now)


@router.put("/policies/{version}/withdrawal")
async def withdraw_policy(version: Version, act: Supervisor, tx: Transaction) -> PolicyOut:
    """Withdraw the version. The version before it comes back into force."""
    return await policies.withdraw_policy(act, tx, version)
