"""Sign in, sign out, who am I; staff accounts and the audit log for admins."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.auth import actions, queries
from app.auth.access import Principal, Transaction, allow, public
from app.auth.models import STAFF_ROLES, AuditEntry, Role
from app.auth.schemas import AuditFilter, AuditOut, SessionOut, SignIn, StaffIn, StaffOut, Whoami
from app.kit.pages import Page, page
from app.kit.web import Now, context_of

router = APIRouter(tags=["sign-in"])
Admin = Annotated[Principal, Depends(allow(Role.ADMIN))]


@router.post("/sessions", status_code=201, dependencies=[Depends(public)])
async def sign_in(body: SignIn, request: Request, now: Now) -> SessionOut:
    """Sign in as a member of staff."""
    return await actions.sign_in(context_of(request), body, now)


@router.delete("/sessions/current", status_code=204)
async def sign_out(
    request: Request, tx: Transaction, now: Now, principal: Annotated[Principal, Depends(allow(*STAFF_ROLES))]
) -> None:
    """Sign out: the token is refused from now on, by every process."""
    await actions.sign_out(tx, request.headers["authorization"].partition(" ")[2], now)


@router.get("/sessions/current")
async def whoami(principal: Annotated[Principal, Depends(allow(*Role))]) -> Whoami:
    """Who holds this token, and with which roles."""
    return Whoami(kind=principal.kind, id=principal.id, roles=sorted(principal.roles))


@router.get("/staff")
async def list_staff(tx: Transaction, principal: Admin) -> list[StaffOut]:
    """All staff accounts."""
    return [StaffOut.model_validate(staff) for staff in await queries.list_staff(tx)]


@router.post("/staff", status_code=201)
async def add_staff(body: StaffIn, tx: Transaction, now: Now, principal: Admin) -> StaffOut:
    """Open a staff account."""
    return StaffOut.model_validate(await actions.add_staff(tx, body, principal, now))


@router.get("/audit")
async def list_audit(
    request: Request,
    response: Response,
    tx: Transaction,
    principal: Admin,
    wanted: Annotated[AuditFilter, Query()],
) -> Page[AuditOut]:
    """Sign-ins, reveals of personal data and registry edits, newest first; of one subject or of all."""
    after = wanted.after(int)
    rows = await queries.list_audit(tx, wanted.subject, after[0] if after else None, wanted.limit + 1)
    return page(rows, wanted, _key, AuditOut.model_validate, request, response)


def _key(entry: AuditEntry) -> tuple[int]:
    return (entry.id,)
