"""Routes for notices: a provider reads its own; an operator reads them out to providers without software."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.auth.access import Router, Transaction, acting
from app.auth.models import PROVIDER_ROLES, Role
from app.events.act import Act
from app.kit.idempotency import repeatable
from app.kit.pages import Page, Paging, page
from app.registry import notice_queries, notices
from app.registry.edit import audit_provider
from app.registry.models import ProviderNotice
from app.registry.routes import ByPhone
from app.registry.schemas import NoticeOut, ProviderToPhone

router = Router(tags=["registry"])
Caller = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR, Role.REGISTRAR))]
AnyProvider = Annotated[Act, Depends(acting(*PROVIDER_ROLES))]


def _notice_key(notice: ProviderNotice) -> tuple[str]:
    return (str(notice.id),)


@router.get("/provider/notices")
async def list_own_notices(
    request: Request, response: Response, act: AnyProvider, tx: Transaction, asked: Annotated[Paging, Query()]
) -> Page[NoticeOut]:
    """List the notices the centre has sent the provider, newest first, in both languages."""
    after = asked.after(UUID)
    rows = await notice_queries.list_notices(tx, act.who, after[0] if after else None, asked.limit + 1)
    return page(rows, asked, _notice_key, notices.show, request, response)


@router.put("/provider/notices/{notice_id}/reading")
async def read_own_notice(notice_id: UUID, act: AnyProvider, tx: Transaction) -> NoticeOut:
    """Mark a notice as read. The first reading counts."""
    return await notices.mark_read(tx, act.who, notice_id, act.now)


@router.get("/providers/{provider_id}/notices")
async def list_notices(
    provider_id: UUID,
    request: Request,
    response: Response,
    act: Caller,
    tx: Transaction,
    asked: Annotated[Paging, Query()],
) -> Page[NoticeOut]:
    """List the notices sent to the provider, newest first, to read out to a provider without software."""
    after = asked.after(UUID)
    rows = await notice_queries.list_notices(tx, provider_id, after[0] if after else None, asked.limit + 1)
    return page(rows, asked, _notice_key, notices.show, request, response)


@router.put("/providers/{provider_id}/notices/{notice_id}/reading")
@repeatable
async def read_out_notice(provider_id: UUID, notice_id: UUID, act: ByPhone, tx: Transaction) -> NoticeOut:
    """Mark a notice as read out to the provider by phone. The first reading counts."""
    await audit_provider(act, tx, provider_id, "provider.notice_read_out", notice=notice_id)
    return await notices.mark_read(tx, provider_id, notice_id, act.now)


@router.get("/notices/to-phone")
async def list_notices_to_phone(act: Caller, tx: Transaction) -> list[ProviderToPhone]:
    """List providers reached by phone that have unread notices, the oldest notice first. The list is empty at night."""
    return await notices.list_providers_to_phone(act, tx)


@router.post(
    "/notices/to-phone/next",
    responses={204: {"description": "No notice is waiting, or it is night."}},
)
async def take_notice_to_phone(act: Caller, tx: Transaction, response: Response) -> ProviderToPhone | None:
    """Claim the next provider to phone. Nobody else gets it for three minutes.

    Mark each notice as read when it is read out.
    """
    provider = await notices.take_provider_to_phone(act, tx)
    if provider is None:
        response.status_code = 204
    return provider
