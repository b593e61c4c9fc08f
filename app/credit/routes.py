"""The credit ledger: a provider reads and answers its own, staff do it for a firm on the phone and decide."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.auth.access import Principal, Transaction, allow
from app.auth.models import PROVIDER_ROLES, Role
from app.credit import actions, queries, versions
from app.credit.actions import By
from app.credit.models import CreditRules
from app.credit.rules import Rules, rules_in_force
from app.credit.schemas import (
    AppealDecision,
    CreditOut,
    Decision,
    EntriesWanted,
    EntryFilter,
    EntryOut,
    RulesOut,
    RulesVersion,
    Statement,
)
from app.events.act import Actor
from app.events.models import ActorKind
from app.kit.idempotency import SentKey, once
from app.kit.pages import Page, Paging, page
from app.kit.web import Now, context_of

router = APIRouter(tags=["credit"])
Provider = Annotated[Principal, Depends(allow(*PROVIDER_ROLES))]
readers = [Depends(allow(Role.OPERATOR, Role.SUPERVISOR, Role.REGISTRAR))]


def _acting(*roles: Role) -> Any:
    async def by(request: Request, principal: Annotated[Principal, Depends(allow(*roles))], now: Now) -> By:
        zone = context_of(request).settings.zone
        if principal.kind is ActorKind.PROVIDER:
            return By(principal.id, principal.actor, now, zone)
        return By(None, Actor(principal.kind, principal.id, on_behalf=Role.OPERATOR in roles), now, zone)

    return Depends(by)


Self = Annotated[By, _acting(*PROVIDER_ROLES)]
OnBehalf = Annotated[By, _acting(Role.OPERATOR, Role.SUPERVISOR, Role.REGISTRAR)]
Deciding = Annotated[By, _acting(Role.SUPERVISOR, Role.REGISTRAR)]
DecidingAppeals = Annotated[By, _acting(Role.REGISTRAR)]


@router.get("/credit/rules", dependencies=[Depends(allow(*Role))])
async def read_rules(tx: Transaction) -> RulesOut:
    """The rules in force: what costs and brings how many points, how long one can reply and appeal."""
    return RulesOut.of(await rules_in_force(tx))


@router.get("/credit/rules/versions", dependencies=[Depends(allow(Role.SUPERVISOR, Role.REGISTRAR, Role.MANAGER))])
async def list_versions(
    request: Request, response: Response, tx: Transaction, paging: Annotated[Paging, Query()]
) -> Page[RulesVersion]:
    """Every version of the rules, newest first, and which is in force."""
    rows = await queries.list_rules(tx, paging.after(datetime, str), paging.limit + 1)
    in_force = await queries.find_version_in_force(tx)

    def show(row: CreditRules) -> RulesVersion:
        return versions.show_version(row, in_force)

    return page(rows, paging, lambda row: (row.loaded_at, row.version), show, request, response)


@router.post("/credit/rules/versions", status_code=201)
async def make_version(
    body: Rules,
    tx: Transaction,
    now: Now,
    principal: Annotated[Principal, Depends(allow(Role.REGISTRAR))],
    idempotency_key: SentKey = None,
) -> RulesVersion:
    """A new version of the rules, in force at once; a version is never edited."""
    first = once(principal.id, idempotency_key, "POST /credit/rules/versions", body)
    return await first.answer(tx, now, RulesVersion, lambda: versions.make_version(tx, body, principal, now))


@router.get("/provider/credit")
async def read_own_credit(
    request: Request, response: Response, tx: Transaction, principal: Provider, wanted: Annotated[EntryFilter, Query()]
) -> CreditOut:
    """The provider's credit and every change of it, newest first."""
    return await actions.read_ledger(tx, principal.id, wanted, request, response)


@router.put("/provider/credit/{entry_id}/reply")
async def reply(entry_id: UUID, body: Statement, tx: Transaction, by: Self) -> EntryOut:
    """Answer a proposed deduction within its reply period; a person decides about it then."""
    return await actions.reply(tx, entry_id, body.text, by)


@router.put("/provider/credit/{entry_id}/appeal")
async def appeal(entry_id: UUID, body: Statement, tx: Transaction, by: Self) -> EntryOut:
    """Appeal a deduction; a registrar decides."""
    return await actions.appeal(tx, entry_id, body.text, by)


@router.get("/credit/entries", dependencies=readers)
async def list_entries(
    request: Request, response: Response, tx: Transaction, wanted: Annotated[EntriesWanted, Query()]
) -> Page[EntryOut]:
    """Entries of all providers or of one, newest first; `status=answered` and `appealed` wait for a decision."""
    return await actions.list_entries(tx, wanted.provider_id, wanted, request, response)


@router.get("/providers/{provider_id}/credit", dependencies=readers)
async def read_credit(
    provider_id: UUID, request: Request, response: Response, tx: Transaction, wanted: Annotated[EntryFilter, Query()]
) -> CreditOut:
    """A provider's credit and every change of it, newest first: to read out on the phone."""
    return await actions.read_ledger(tx, provider_id, wanted, request, response)


@router.put("/credit/entries/{entry_id}/reply")
async def reply_on_behalf(entry_id: UUID, body: Statement, tx: Transaction, by: OnBehalf) -> EntryOut:
    """The firm answers on the phone, or on paper."""
    return await actions.reply(tx, entry_id, body.text, by)


@router.put("/credit/entries/{entry_id}/appeal")
async def appeal_on_behalf(entry_id: UUID, body: Statement, tx: Transaction, by: OnBehalf) -> EntryOut:
    """The firm appeals on the phone, or on paper."""
    return await actions.appeal(tx, entry_id, body.text, by)


@router.put("/credit/entries/{entry_id}/decision")
async def decide(entry_id: UUID, body: Decision, tx: Transaction, by: Deciding) -> EntryOut:
    """Drop a proposed deduction, or apply it once its reply period has ended."""
    return await actions.decide(tx, entry_id, body, by)


@router.put("/credit/entries/{entry_id}/appeal-decision")
async def decide_appeal(entry_id: UUID, body: AppealDecision, tx: Transaction, by: DecidingAppeals) -> EntryOut:
    """Give the points back, or let the deduction stand."""
    return await actions.decide_appeal(tx, entry_id, body, by)
