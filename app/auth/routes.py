"""Routes to sign in, sign out and read the current session, and the audit log for admins."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.auth import actions, queries
from app.auth.access import Principal, Router, Transaction, allow, public, token_of
from app.auth.actions import SignInOrigin
from app.auth.cookies import DEVICE_COOKIE, give_device, give_session, refuse_other_sites, take_session
from app.auth.models import AuditEntry, Role
from app.auth.schemas import (
    AuditFilter,
    AuditOut,
    BrowserSession,
    ProviderSignIn,
    SessionOut,
    SignIn,
    Whoami,
)
from app.events.act import act_of
from app.kit.limiting import address_of
from app.kit.pages import Page, page
from app.kit.web import Now, context_of

router = Router(tags=["sign-in"])
Admin = Annotated[Principal, Depends(allow(Role.ADMIN))]
Anybody = Annotated[Principal, Depends(allow(*Role, even_if_due=True))]


async def _seen(request: Request) -> SignInOrigin:
    return SignInOrigin(address_of(request), request.cookies.get(DEVICE_COOKIE))


From = Annotated[SignInOrigin, Depends(_seen)]


@router.post("/sessions", status_code=201, dependencies=[Depends(public)])
async def sign_in(body: SignIn, request: Request, origin: From) -> SessionOut:
    """Sign in as a member of staff and get a bearer token."""
    context = context_of(request)
    return (await actions.sign_in(act_of(context), context, body, origin)).session


@router.post("/sessions/browser", status_code=201, dependencies=[Depends(public), Depends(refuse_other_sites)])
async def sign_in_browser(body: SignIn, request: Request, response: Response, origin: From) -> BrowserSession:
    """Sign in as a member of staff from the console. The session is a cookie that no script can read."""
    context = context_of(request)
    act = act_of(context)
    session, device = await actions.sign_in(act, context, body, origin)
    give_session(request, response, session.token, session.expires_at, act.now)
    give_device(request, response, device)
    return BrowserSession(expires_at=session.expires_at)


@router.post("/sessions/browser/provider", status_code=201, dependencies=[Depends(public), Depends(refuse_other_sites)])
async def sign_in_provider(body: ProviderSignIn, request: Request, response: Response) -> BrowserSession:
    """Sign in as a provider from the console, with its key. The session ends at the latest when the key does."""
    context = context_of(request)
    act = act_of(context)
    token, expires_at = await actions.sign_in_provider(act, context, body.key, address_of(request))
    give_session(request, response, token, expires_at, act.now)
    return BrowserSession(expires_at=expires_at)


@router.delete("/sessions/current", status_code=204)
async def sign_out(request: Request, response: Response, tx: Transaction, now: Now, principal: Anybody) -> None:
    """Sign out. Every process refuses the token from now on."""
    await actions.sign_out(tx, token_of(request), now)
    take_session(response)


@router.get("/sessions/current")
async def read_session(request: Request, tx: Transaction, principal: Anybody) -> Whoami:
    """Return who holds this token, with which roles, and the centre's current time."""
    return await actions.whoami(tx, principal, context_of(request))


@router.get("/audit")
async def list_audit_entries(
    request: Request,
    response: Response,
    tx: Transaction,
    principal: Admin,
    wanted: Annotated[AuditFilter, Query()],
) -> Page[AuditOut]:
    """List the audit log, newest first, for one subject or all: sign-ins, reveals of personal data, and edits."""
    after = wanted.after(int)
    rows = await queries.list_audit(tx, wanted.subject, after[0] if after else None, wanted.limit + 1)
    return page(rows, wanted, _key, AuditOut.model_validate, request, response)


def _key(entry: AuditEntry) -> tuple[int]:
    return (entry.id,)
