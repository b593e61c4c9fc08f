"""Routes that import and export the registry as a file, and give a template."""

from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request, Response

from app.auth.access import Router, acting, allow
from app.auth.models import Role
from app.catalog.current import CurrentCatalog
from app.events.act import Act
from app.exchange import actions, exporting
from app.exchange.process import run_files
from app.exchange.schemas import FileAsked, Format, ImportOut
from app.kit.languages import Language, preferred_language
from app.kit.web import context_of
from app.registry.routes import ByRegistrar

IMPORT_PATH = "/api/v1/registry/import"
BODY_LIMIT = 20 * 1024 * 1024

TYPES = {
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "application/zip",
}
NAMES = {Format.XLSX: "registry.xlsx", Format.CSV: "registry-csv.zip"}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {"schema": {"type": "string", "format": "binary"}} for media in TYPES.values()}}
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            media: {"schema": {"type": "string", "format": "binary"}}
            for media in (*TYPES.values(), "text/csv", "application/octet-stream")
        },
    }
}

router = Router(prefix="/registry", tags=["registry"])


def _file(content: bytes, asked: FileAsked) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{NAMES[asked.format]}"'}
    return Response(content, media_type=TYPES[asked.format], headers=headers)


@router.post("/import", openapi_extra=BODY)
async def import_registry(
    request: Request,
    act: ByRegistrar,
    catalog: CurrentCatalog,
    dry_run: Annotated[bool, Query(description="only report what would change")] = False,
    accept_language: Annotated[str, Header()] = "",
) -> ImportOut:
    """Import the registry from an XLSX, a CSV or a ZIP of CSVs. If any cell is faulty, the whole file is refused."""
    language = preferred_language(accept_language, otherwise=Language.ZH)
    lines = await run_files("read", await request.body())
    async with context_of(request).files.begin() as tx:
        return await actions.import_registry(act, tx, lines, catalog, dry_run=dry_run, language=language)


@router.get("/export", response_model=bytes, response_class=Response, responses=FILE)
async def export_registry(
    request: Request,
    asked: Annotated[FileAsked, Query()],
    act: Annotated[Act, Depends(acting(Role.REGISTRAR, Role.MANAGER))],
    catalog: CurrentCatalog,
) -> Response:
    """Export the whole registry as a file. Managers get the contacts masked. Each export is recorded in the audit
    log."""
    async with context_of(request).files.begin() as tx:
        lines = await exporting.export_registry(act, tx, asked, catalog)
    return _file(await run_files(asked.format, lines), asked)


@router.get(
    "/template",
    response_model=bytes,
    response_class=Response,
    responses=FILE,
    dependencies=[Depends(allow(Role.REGISTRAR))],
)
async def read_template(asked: Annotated[FileAsked, Query()], catalog: CurrentCatalog) -> Response:
    """Return an empty file with every sheet and its headings."""
    return _file(await run_files(asked.format, exporting.template(asked, catalog)), asked)
