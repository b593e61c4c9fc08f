"""Routes of the knowledge base, for staff."""

import asyncio
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Any, cast
from uuid import UUID

import orjson
from fastapi import Depends, Query, Request, Response

from app.auth.access import Router, Transaction, acting, allow
from app.auth.models import Role
from app.catalog.current import CurrentCatalog
from app.catalog.models import Item
from app.catalog.schemas import ItemOut
from app.danger.actions import show_recognised
from app.danger.current import CurrentDangers
from app.events.act import Act
from app.kit.etags import IfMatch, set_etag
from app.kit.fields import RowNumber
from app.kit.idempotency import SentKey, once
from app.kit.pages import Page, page
from app.kit.web import Now, Today, context_of
from app.knowledge import actions, files, importing, queries
from app.knowledge.current import CurrentModel
from app.knowledge.models import ArticleStatus
from app.knowledge.schemas import (
    ArticleIn,
    ArticleLine,
    ArticleOut,
    ArticlesAsked,
    Draft,
    ImportOut,
    Noted,
    PresentAsked,
    ReviewIn,
    ReviewsAsked,
    SearchIn,
    SearchOut,
    SentSlug,
    SuggestionsIn,
    SuggestionsOut,
    TextIn,
    TextName,
    TextOut,
    VersionOut,
    VersionStanding,
)
from app.knowledge.searching import search
from app.knowledge.suggesting import Suggester, beside_dangers, suggest_throughout

IMPORT_PATH = "/api/v1/knowledge/import"
IMPORT_LIMIT = 64 * 1024 * 1024

router = Router(prefix="/knowledge", tags=["knowledge"])
suggestions = Router(tags=["catalogue"])
readers = [Depends(allow(Role.OPERATOR, Role.SUPERVISOR, Role.REGISTRAR, Role.MANAGER))]
editors = [Depends(allow(Role.SUPERVISOR, Role.REGISTRAR, Role.MANAGER))]


Writing = Annotated[Act, Depends(acting(Role.REGISTRAR))]
Approving = Annotated[Act, Depends(acting(Role.SUPERVISOR))]
Either = Annotated[Act, Depends(acting(Role.REGISTRAR, Role.SUPERVISOR))]


@suggestions.post("/catalog/suggestions", dependencies=readers, response_model=SuggestionsOut)
async def suggest_items(
    request: Request, body: SuggestionsIn, catalog: CurrentCatalog, model: CurrentModel, dangers: CurrentDangers
) -> Response:
    """Suggest what a caller means: dangers first, then catalogue items, most likely first.

    The item of a clear danger comes before the others. If nothing fits, no item is marked `sure`. This is a POST so
    that the caller's words stay out of URLs.
    """
    index = await cast(Suggester, request.app.state.suggester).index(catalog, model)

    def suggest() -> bytes:
        told = dangers.recognise(body.words)
        heard = [one.model_dump(mode="json") for one in show_recognised(body.words, told, dangers)]
        meant = suggest_throughout(body.words, index, catalog, body.limit)
        items = [
            {**_show_item(one.item), "confidence": one.confidence, "sure": one.sure}
            for one in beside_dangers(meant, told, dangers, catalog)[: body.limit]
        ]
        return orjson.dumps({"dangers": heard, "items": items})

    # all in one thread: a long text takes a while, and each change of threads costs as much as a short text
    return Response(await asyncio.to_thread(suggest), media_type="application/json")


@lru_cache(maxsize=1_000)
def _show_item(item: Item) -> dict[str, Any]:
    """Return the item as the API shows it.

    Cached, because it is shown on every keystroke; a changed item is a new row.
    """
    return ItemOut.model_validate(item).model_dump(mode="json")


@router.post("/searches", dependencies=readers)
async def search_knowledge(
    body: SearchIn, tx: Transaction, catalog: CurrentCatalog, now: Now, today: Today
) -> SearchOut:
    """Search approved articles by the caller's words, the item or both, best first.

    The list is empty if no article fits.
    """
    return await search(tx, body, catalog, today, now)


@router.get("/articles", dependencies=readers)
async def list_articles(
    request: Request, response: Response, tx: Transaction, asked: Annotated[ArticlesAsked, Query()]
) -> Page[ArticleLine]:
    """List articles by name, each with its newest draft or approved version.

    With `status`, it is the newest version of that status: `status=draft` lists what awaits approval.
    """
    after = asked.after(str)
    rows = await queries.list_articles(tx, asked.status, asked.item, asked.sample, after and after[0], asked.limit + 1)
    return page(rows, asked, lambda row: (row[0].slug,), actions.show_line, request, response)


@router.get("/reviews", dependencies=editors)
async def list_article_reviews(
    request: Request, response: Response, tx: Transaction, today: Today, asked: Annotated[ReviewsAsked, Query()]
) -> Page[ArticleLine]:
    """List approved articles due for review within this many days, the longest overdue first.

    The list is ordered by review date, which can change while you page: an article reviewed meanwhile may be missed or
    listed twice.
    """
    until = today + timedelta(days=asked.within_days)
    rows = await queries.list_reviews(tx, until, asked.after(date, UUID), asked.limit + 1)
    return page(rows, asked, lambda row: (row[0].review_on, row[0].id), actions.show_line, request, response)


@router.post("/articles", status_code=201, response_model=ArticleOut)
async def write_article(
    body: ArticleIn, act: Writing, tx: Transaction, catalog: CurrentCatalog, idempotency_key: SentKey = None
) -> Response:
    """Write a new article. It is a draft until a supervisor approves it."""
    key = once(act.who, idempotency_key, "POST /knowledge/articles", body)
    content = await key.replay(tx, act.now)
    if content is None:
        content = (await actions.write_article(act, tx, body, catalog)).model_dump_json(by_alias=True).encode()
        await key.keep(tx, content)
    return Response(content, status_code=201, media_type="application/json", headers={"ETag": '"1"'})


@router.get("/articles/{slug}", dependencies=readers)
async def read_article(slug: SentSlug, response: Response, tx: Transaction) -> ArticleOut:
    """Read an article: the version in force, the waiting draft, and the next review date."""
    article, versions = await actions.get_article(tx, slug)
    set_etag(response, versions[0].number)
    return await actions.show(tx, article)


@router.get("/articles/{slug}/versions", dependencies=readers)
async def list_article_versions(slug: SentSlug, tx: Transaction) -> list[VersionOut]:
    """List all versions of the article, newest first. Versions are never edited."""
    _, versions = await actions.get_article(tx, slug)
    return [actions.show_version(version) for version in versions]


@router.put("/articles/{slug}/draft")
async def write_article_draft(
    slug: SentSlug,
    body: Draft,
    response: Response,
    act: Writing,
    tx: Transaction,
    catalog: CurrentCatalog,
    if_match: IfMatch = None,
) -> ArticleOut:
    """Write the next version as a draft. The approved version stays in force until a supervisor approves the draft."""
    article = await actions.write_version(act, tx, slug, body, if_match, catalog)
    set_etag(response, article.newest)
    return article


@router.put("/articles/{slug}/versions/{number}/approval")
async def approve_article(
    slug: SentSlug, number: RowNumber, act: Approving, tx: Transaction, catalog: CurrentCatalog
) -> ArticleOut:
    """Approve the draft. Desks find it at once, and the previous version is superseded."""
    return await actions.approve(act, tx, slug, number, catalog)


@router.put("/articles/{slug}/versions/{number}/refusal")
async def refuse_article(slug: SentSlug, number: RowNumber, body: Noted, act: Either, tx: Transaction) -> ArticleOut:
    """Discard the draft, with a reason."""
    return await actions.discard(act, tx, slug, number, body.note)


@router.put("/articles/{slug}/withdrawal")
async def withdraw_article(slug: SentSlug, body: Noted, act: Either, tx: Transaction) -> ArticleOut:
    """Withdraw the article at once, with a reason. A new version can be written and approved later."""
    return await actions.withdraw(act, tx, slug, body.note)


@router.put("/articles/{slug}/review")
async def review_article(slug: SentSlug, body: ReviewIn, act: Either, tx: Transaction) -> ArticleOut:
    """Record that the article was reviewed and is correct, and set its next review and its owner.

    The article is then no longer a sample.
    """
    return await actions.review(act, tx, slug, body)


@router.get("/standings", dependencies=readers)
async def list_version_standings(
    asked: Annotated[PresentAsked, Query()], tx: Transaction, today: Today
) -> list[VersionStanding]:
    """Show whether versions used in an answer are still in force, and which versions are in force now."""
    return await actions.list_standings(tx, asked.version, today)


@router.get(
    "/export",
    dependencies=editors,
    response_model=bytes,
    response_class=Response,
    responses={200: {"content": {media: {} for media in files.TYPES.values()}}},
)
async def export_articles(
    tx: Transaction,
    format: Annotated[files.Format, Query()] = files.Format.CSV,
    status: Annotated[ArticleStatus, Query()] = ArticleStatus.APPROVED,
) -> Response:
    """Export all articles with this status as one file that the import accepts."""
    content = await asyncio.to_thread(files.write, format, await importing.read_cells(tx, status))
    headers = {"Content-Disposition": f'attachment; filename="articles.{files.ENDINGS[format]}"'}
    return Response(content, media_type=files.TYPES[format], headers=headers)


@router.post("/import", openapi_extra=files.BODY)
async def import_articles(
    request: Request,
    catalog: CurrentCatalog,
    act: Writing,
    format: Annotated[files.Format | None, Query(description="detected from the content if left out")] = None,
    dry_run: Annotated[bool, Query(description="only show what would change")] = False,
) -> ImportOut:
    """Import articles from a CSV or Markdown file as drafts. A single error rejects the whole file."""
    content = await request.body()
    async with context_of(request).db.begin() as tx:
        return await importing.import_articles(act, tx, content, format, catalog, dry_run=dry_run)


@router.get("/texts", dependencies=readers)
async def list_texts(tx: Transaction) -> list[TextOut]:
    """List the canned texts, by name."""
    return [TextOut.model_validate(text) for text in await queries.list_texts(tx)]


@router.put("/texts/{name}")
async def put_text(name: TextName, body: TextIn, act: Either, tx: Transaction) -> TextOut:
    """Set the text that `/name` inserts into an answer."""
    return await actions.put_text(act, tx, name, body)


@router.delete("/texts/{name}", status_code=204)
async def delete_text(name: TextName, act: Either, tx: Transaction) -> None:
    """Delete a canned text."""
    await actions.delete_text(act, tx, name)
