"""The route for what the knowledge base lacks, for its editors and for managers."""

from typing import Annotated

from fastapi import Depends, Query, Request

from app.auth.access import Router, Transaction, allow
from app.auth.models import Role
from app.catalog.current import CurrentCatalog
from app.kit.web import Today, context_of
from app.metrics.gap_schemas import Gaps
from app.metrics.gaps import read_gaps
from app.metrics.schemas import Selection

router = Router(tags=["knowledge"])


@router.get("/knowledge/gaps", dependencies=[Depends(allow(Role.REGISTRAR, Role.SUPERVISOR, Role.MANAGER))])
async def list_knowledge_gaps(
    asked: Annotated[Selection, Query()], request: Request, tx: Transaction, catalog: CurrentCatalog, today: Today
) -> Gaps:
    """List what the knowledge base lacks.

    These are searches that found nothing, items answered without an article, and articles that were not used or were
    followed by another call.
    """
    return await read_gaps(tx, asked, catalog, context_of(request).settings.zone, today)
