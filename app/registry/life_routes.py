"""Opening hours, papers that expire, and the notices about them."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import Field

from app.auth.access import Router, Transaction, acting, allow
from app.auth.models import PROVIDER_ROLES, Role
from app.catalog.current import CurrentCatalog
from app.events.act import Act
from app.kit.fields import Day
from app.kit.idempotency import repeatable
from app.kit.pages import Page, Paging, page
from app.kit.web import Today
from app.registry import hours, life_queries
from app.registry.edit import audit_provider
from app.registry.models import Provider, ProviderNotice, ProviderPaper
from app.registry.notices import mark_read, show
from app.registry.routes import ByFirm, ByPhone, answer_document
from app.registry.schemas import ExceptionIn, ExpiringAsked, ExpiringPaper, Hours, NoticeOut, ProviderOut

router = Router(tags=["registry"])
Caller = Annotated[Act, Depends(acting(Role.OPERATOR, Role.SUPERVISOR, Role.REGISTRAR))]
Firm = Annotated[Act, Depends(acting(*PROVIDER_ROLES))]
WeeklyHours = Annotated[list[Hours], Field(min_length=1, max_length=50)]


@router.put("/provider/hours")
async def set_own_hours(body: WeeklyHours, response: Response, act: ByFirm, tx: Transaction) -> ProviderOut:
    """Replace the weekly opening hours."""
    await hours.set_hours(act, tx, act.who, body)
    return await answer_document(tx, response, act.who, act.today)


@router.put("/provider/exceptions/{day}")
async def set_own_exception(
    day: Day, body: ExceptionIn, response: Response, act: ByFirm, tx: Transaction
) -> ProviderOut:
    """Close a day, or give it hours of its own."""
    await hours.set_exception(act, tx, act.who, day, body)
    return await answer_document(tx, response, act.who, act.today)


@router.delete("/provider/exceptions/{day}")
async def end_own_exception(day: Day, response: Response, act: ByFirm, tx: Transaction) -> ProviderOut:
    """Give the day its weekday's hours again."""
    await hours.end_exception(act, tx, act.who, day)
    return await answer_document(tx, response, act.who, act.today)


@router.put("/providers/{provider_id}/exceptions/{day}")
@repeatable
async def set_exception(
    provider_id: UUID, day: Day, body: ExceptionIn, response: Response, act: ByPhone, tx: Transaction
) -> ProviderOut:
    """The provider says on the phone that it is closed on a day, or keeps other hours."""
    await hours.set_exception(act, tx, provider_id, day, body)
    return await answer_document(tx, response, provider_id, act.today)


@router.delete("/providers/{provider_id}/exceptions/{day}")
@repeatable
async def end_exception(provider_id: UUID, day: Day, response: Response, act: ByPhone, tx: Transaction) -> ProviderOut:
    """The provider says on the phone that the day has its usual hours after all."""
    await hours.end_exception(act, tx, provider_id, day)
    return await answer_document(tx, response, provider_id, act.today)


@router.get("/papers/expiring", dependencies=[Depends(allow(Role.REGISTRAR))])
async def list_expiring_papers(
    request: Request,
    response: Response,
    tx: Transaction,
    catalog: CurrentCatalog,
    today: Today,
    asked: Annotated[ExpiringAsked, Query()],
) -> Page[ExpiringPaper]:
    """Papers of admitted providers that expire soon or have expired, the earliest first.

    Ordered by expiry, which changes while you page: a paper corrected meanwhile may be missed or come twice.
    """

    def show_paper(row: tuple[ProviderPaper, Provider]) -> ExpiringPaper:
        paper, provider = row
        assert paper.expires_on is not None
        kind = catalog.paper_kinds[paper.paper_code]
        return ExpiringPaper(
            provider_id=provider.id,
            paper_zh=kind.zh,
            paper_en=kind.en,
            paper_code=paper.paper_code,
            paper_number=paper.number,
            expires_on=paper.expires_on,
            days_left=(paper.expires_on - today).days,
            whole_firm=kind.whole_firm,
            **{name: getattr(provider, name) for name in _SHOWN},
        )

    until = today + timedelta(days=asked.within_days)
    rows = await life_queries.list_expiring(tx, until, asked.after(date, UUID, str), asked.limit + 1)
    return page(rows, asked, _expiring_key, show_paper, request, response)


_SHOWN = ("number", "name", "standing", "reached_by", "contact_name", "phone")


def _expiring_key(row: tuple[ProviderPaper, Provider]) -> tuple[str, str, str]:
    return str(row[0].expires_on), str(row[0].provider_id), row[0].paper_code


def _notice_key(notice: ProviderNotice) -> tuple[str]:
    return (str(notice.id),)


@router.get("/provider/notices")
async def list_own_notices(
    request: Request, response: Response, act: Firm, tx: Transaction, asked: Annotated[Paging, Query()]
) -> Page[NoticeOut]:
    """What the centre told the provider, newest first, in both languages."""
    after = asked.after(UUID)
    rows = await life_queries.list_notices(tx, act.who, after[0] if after else None, asked.limit + 1)
    return page(rows, asked, _notice_key, show, request, response)


@router.put("/provider/notices/{notice_id}/reading")
async def read_own_notice(notice_id: UUID, act: Firm, tx: Transaction) -> NoticeOut:
    """The provider has read the notice."""
    return await mark_read(tx, act.who, notice_id, act.now)


@router.get("/providers/{provider_id}/notices")
async def list_notices(
    provider_id: UUID,
    request: Request,
    response: Response,
    act: Caller,
    tx: Transaction,
    asked: Annotated[Paging, Query()],
) -> Page[NoticeOut]:
    """What the provider was told, newest first: to be read out to a firm without software."""
    after = asked.after(UUID)
    rows = await life_queries.list_notices(tx, provider_id, after[0] if after else None, asked.limit + 1)
    return page(rows, asked, _notice_key, show, request, response)


@router.put("/providers/{provider_id}/notices/{notice_id}/reading")
@repeatable
async def read_out_notice(provider_id: UUID, notice_id: UUID, act: ByPhone, tx: Transaction) -> NoticeOut:
    """The notice was read out to the provider on the phone."""
    await audit_provider(act, tx, provider_id, "provider.notice_read_out", notice=notice_id)
    return await mark_read(tx, provider_id, notice_id, act.now)
