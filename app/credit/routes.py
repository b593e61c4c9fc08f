"""Routes for the credit ledger: providers read and answer their own entries; staff act for providers on the phone and
decide."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.auth.access import Router, Transaction, acting, allow
from app.auth.models import PROVIDER_ROLES, Role
from app.credit import actions, queries, versions
from app.credit.models import CreditRules
from app.credit.rules import Rules, rules_in_force
from app.credit.schemas import (
    AppealDecision,
    CreditOut,
    Decision,
    EntriesWanted,
    EntryFilter,
    EntryOut,
    ReplyOrAppeal,
    RulesOut,
    RulesVersion,
)
from app.events.act import Act
from app.kit.db import Tx
from app.kit.idempotency import SentKey, once, repeatable
from app.kit.pages import Page, Paging, page

router = Router(tags=["credit"])
readers = [Depends(allow(Role.OPERATOR, Role.SUPERVISOR, Role.REGISTRAR))]
Self = Annotated[Act, Depends(acting(*PROVIDER_ROLES))]
OnBehalf = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR, Role.REGISTRAR, on_behalf=True))]
Deciding = Annotated[Act, Depends(acting(Role.SUPERVISOR, Role.REGISTRAR))]
DecidingAppeals = Annotated[Act, Depends(acting(Role.REGISTRAR))]


@router.get("/credit/rules", dependencies=[Depends(allow(*Role))])
async def read_credit_rules(tx: Transaction) -> RulesOut:
    """Return the rules in force: what costs and earns how many points, and how long one can reply and appeal."""
    return RulesOut.of(await rules_in_force(tx))


@router.get("/credit/rules/versions", dependencies=[Depends(allow(Role.SUPERVISOR, Role.REGISTRAR, Role.MANAGER))])
async def list_credit_rules_versions(
    request: Request, response: Response, tx: Transaction, paging: Annotated[Paging, Query()]
) -> Page[RulesVersion]:
    """List every version of the rules, newest first, and which one is in force."""
    rows = await queries.list_rules(tx, paging.after(datetime, str), paging.limit + 1)
    in_force = await queries.find_version_in_force(tx)

    def show(row: CreditRules) -> RulesVersion:
        return versions.show_version(row, in_force)

    return page(rows, paging, lambda row: (row.loaded_at, row.version), show, request, response)


@router.post("/credit/rules/versions", status_code=201)
async def make_credit_rules_version(
    body: Rules, act: Annotated[Act, Depends(acting(Role.REGISTRAR))], tx: Transaction, idempotency_key: SentKey = None
) -> RulesVersion:
    """Add a version of the rules, in force at once. A version is never edited."""
    first = once(act.who, idempotency_key, "POST /credit/rules/versions", body)
    return await first.answer(tx, act.now, RulesVersion, lambda: versions.make_version(act, tx, body))


@router.get("/provider/credit")
async def read_own_credit(
    request: Request, response: Response, act: Self, tx: Transaction, wanted: Annotated[EntryFilter, Query()]
) -> CreditOut:
    """Return your credit and every change of it, newest first."""
    return await _ledger(tx, act.who, wanted, request, response)


@router.put("/provider/credit/{entry_id}/reply")
async def reply_to_credit_entry(entry_id: UUID, body: ReplyOrAppeal, act: Self, tx: Transaction) -> EntryOut:
    """Reply to a proposed deduction within its reply period. A person then decides."""
    return await actions.reply(act, tx, entry_id, body.text)


@router.put("/provider/credit/{entry_id}/appeal")
async def appeal_credit_entry(entry_id: UUID, body: ReplyOrAppeal, act: Self, tx: Transaction) -> EntryOut:
    """Appeal a deduction. A registrar decides."""
    return await actions.appeal(act, tx, entry_id, body.text)


@router.get("/credit/entries", dependencies=readers)
async def list_credit_entries(
    request: Request, response: Response, tx: Transaction, wanted: Annotated[EntriesWanted, Query()]
) -> Page[EntryOut]:
    """List entries of all providers or of one, newest first.

    Those with status `answered` or `appealed` await a decision.
    """
    return _page(await actions.list_entries(tx, wanted.provider_id, wanted), wanted, request, response)


@router.get("/providers/{provider_id}/credit", dependencies=readers)
async def read_credit(
    provider_id: UUID, request: Request, response: Response, tx: Transaction, wanted: Annotated[EntryFilter, Query()]
) -> CreditOut:
    """Return a provider's credit and every change of it, newest first, for reading out on the phone."""
    return await _ledger(tx, provider_id, wanted, request, response)


@router.put("/credit/entries/{entry_id}/reply")
@repeatable
async def reply_to_credit_entry_on_behalf(
    entry_id: UUID, body: ReplyOrAppeal, act: OnBehalf, tx: Transaction
) -> EntryOut:
    """Record a reply that the provider gives on the phone or on paper."""
    return await actions.reply(act, tx, entry_id, body.text)


@router.put("/credit/entries/{entry_id}/appeal")
@repeatable
async def appeal_credit_entry_on_behalf(
    entry_id: UUID, body: ReplyOrAppeal, act: OnBehalf, tx: Transaction
) -> EntryOut:
    """Record an appeal that the provider makes on the phone or on paper."""
    return await actions.appeal(act, tx, entry_id, body.text)


@router.put("/credit/entries/{entry_id}/decision")
async def decide_credit_entry(entry_id: UUID, body: Decision, act: Deciding, tx: Transaction) -> EntryOut:
    """Drop a proposed deduction, or apply it once its reply period has ended."""
    return await actions.decide(act, tx, entry_id, body)


@router.put("/credit/entries/{entry_id}/appeal-decision")
async def decide_credit_appeal(entry_id: UUID, body: AppealDecision, act: DecidingAppeals, tx: Transaction) -> EntryOut:
    """Grant an appeal and return the points, or refuse it and let the deduction stand."""
    return await actions.decide_appeal(act, tx, entry_id, body)


async def _ledger(tx: Tx, provider_id: UUID, wanted: EntryFilter, request: Request, response: Response) -> CreditOut:
    credit, standing = await actions.read_credit(tx, provider_id)
    entries = _page(await actions.list_entries(tx, provider_id, wanted), wanted, request, response)
    return CreditOut(items=entries.items, next=entries.next, credit=credit, standing=standing)


def _page(rows: list[EntryOut], wanted: EntryFilter, request: Request, response: Response) -> Page[EntryOut]:
    return page(rows, wanted, lambda entry: (entry.id,), lambda entry: entry, request, response)
