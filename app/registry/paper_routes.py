"""Routes for licences that expire soon or have expired."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.auth.access import Router, Transaction, allow
from app.auth.models import Role
from app.catalog.current import CurrentCatalog
from app.kit.pages import Page, page
from app.kit.web import Today
from app.registry import paper_queries
from app.registry.models import Provider, ProviderPaper
from app.registry.schemas import ExpiringAsked, ExpiringPaper

router = Router(tags=["registry"])


@router.get("/papers/expiring", dependencies=[Depends(allow(Role.REGISTRAR))])
async def list_expiring_papers(
    request: Request,
    response: Response,
    tx: Transaction,
    catalog: CurrentCatalog,
    today: Today,
    asked: Annotated[ExpiringAsked, Query()],
) -> Page[ExpiringPaper]:
    """List licences of admitted providers that expire soon or have expired, earliest first.

    Ordered by expiry, which changes while you page: a licence corrected meanwhile may be missed or appear twice.
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
    rows = await paper_queries.list_expiring(tx, until, asked.after(date, UUID, str), asked.limit + 1)
    return page(rows, asked, _expiring_key, show_paper, request, response)


_SHOWN = ("number", "name", "standing", "reached_by", "contact_name", "phone")


def _expiring_key(row: tuple[ProviderPaper, Provider]) -> tuple[str, str, str]:
    return str(row[0].expires_on), str(row[0].provider_id), row[0].paper_code
