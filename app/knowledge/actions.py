"""Writing, approving, withdrawing and reviewing articles, and setting canned texts."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.auth.queries import add_audit
from app.catalog.snapshot import Snapshot
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.transition import record
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.kit.etags import check_version
from app.kit.ids import new_id
from app.knowledge import queries
from app.knowledge.entries import index
from app.knowledge.errors import ArticleExists, ArticleOver, NotNewest, ReviewInThePast, UnknownArticle, UnknownStaff
from app.knowledge.models import Article, ArticleStatus, ArticleVersion
from app.knowledge.schemas import (
    ArticleIn,
    ArticleLine,
    ArticleOut,
    Draft,
    ReviewIn,
    TextIn,
    TextOut,
    VersionOut,
    VersionStanding,
)
from app.knowledge.states import ARTICLES

REVIEW_AFTER = timedelta(days=180)
"""How long after approval an article is due for review, unless somebody sets another day."""


def check_codes(draft: Draft, catalog: Snapshot) -> None:
    """Raise UnknownItem or UnknownArea if the catalogue or the gazetteer lacks an item or area of the draft."""
    for item in draft.items:
        catalog.item(item)
    for area in draft.areas:
        catalog.spot(area)


async def write_article(act: Act, tx: Tx, body: ArticleIn, catalog: Snapshot) -> ArticleOut:
    """Create an article with its first draft and return it. Raises ArticleExists, UnknownItem, UnknownArea."""
    check_codes(body, catalog)
    article = await add_article(act, tx, body)
    return await show(tx, article)


async def add_article(act: Act, tx: Tx, body: ArticleIn) -> Article:
    """Add the article and its draft. Raises ArticleExists."""
    review_on = act.today + REVIEW_AFTER
    if not await queries.add_article(tx, new_id(act.now), body.slug, act.who, review_on, act.now):
        raise ArticleExists(slug=body.slug)
    article, _ = await get_article(tx, body.slug)
    await _add_draft(act, tx, article, body, 1)
    return article


async def write_version(
    act: Act, tx: Tx, slug: str, body: Draft, if_match: str | None, catalog: Snapshot
) -> ArticleOut:
    """Add a new draft to the article and return the article.

    The new draft replaces a waiting one; the approved version stays in force. Raises NotFound, VersionRequired,
    VersionStale, UnknownItem, UnknownArea.
    """
    check_codes(body, catalog)
    article, versions = await get_article(tx, slug, lock=True)
    check_version(if_match, versions[0].number)
    await put_draft(act, tx, article, versions, body)
    return await show(tx, article)


async def put_draft(act: Act, tx: Tx, article: Article, versions: Sequence[ArticleVersion], body: Draft) -> None:
    """Add a draft to a locked article, replacing a waiting one."""
    waiting = _of_status(versions, ArticleStatus.DRAFT)
    if waiting:
        await _discard(act, tx, article, waiting, "replaced")
    await _add_draft(act, tx, article, body, versions[0].number + 1)


async def _add_draft(act: Act, tx: Tx, article: Article, body: Draft, number: int) -> None:
    version = ArticleVersion(
        id=new_id(act.now),
        article_id=article.id,
        number=number,
        status=ArticleStatus.DRAFT,
        written_at=act.now,
        written_by=act.who,
        **facts_of(body),
    )
    tx.session.add(version)
    await tx.flush()
    facts = {"article_id": version.id, "slug": article.slug, "number": number}
    await record(act, tx, EventKind.ARTICLE_DRAFTED, data=facts)


def facts_of(body: Draft) -> dict[str, Any]:
    """Return the columns of a version's row for this draft."""
    return {
        "items": list(dict.fromkeys(body.items)),
        "areas": list(dict.fromkeys(body.areas)),
        "valid_from": body.valid_from,
        "valid_to": body.valid_to,
        "content": body.content.model_dump(mode="json", by_alias=True, exclude_none=True),
        "change": body.change,
    }


async def _discard(act: Act, tx: Tx, article: Article, version: ArticleVersion, note: str) -> None:
    await ARTICLES.transition(
        act,
        tx,
        "discard",
        version.id,
        data={"slug": article.slug, "number": version.number},
        decided_at=act.now,
        decided_by=act.who,
        note=note,
    )


async def approve(act: Act, tx: Tx, slug: str, number: int, catalog: Snapshot) -> ArticleOut:
    """Put the draft in force, superseding the approved version. A repeated call changes nothing.

    Raises NotFound, NotNewest, ArticleOver, StatusConflict, UnknownItem, UnknownArea.
    """
    article, version, versions = await _get_version(tx, slug, number)
    if version.status == ArticleStatus.APPROVED:
        return await show(tx, article)
    waiting = _of_status(versions, ArticleStatus.DRAFT)
    if waiting and waiting.number != number:
        raise NotNewest(number=number, newest=waiting.number)
    if version.valid_to and version.valid_to < act.today:
        raise ArticleOver(valid_to=str(version.valid_to))
    for item in version.items:
        catalog.item(item)
    facts = {"slug": slug, "number": number}
    former = _of_status(versions, ArticleStatus.APPROVED)
    if former:
        await queries.remove_entries(tx, [former.id])
        await ARTICLES.transition(act, tx, "supersede", former.id, data=facts, ended_at=act.now)
    await ARTICLES.transition(act, tx, "approve", version.id, data=facts, decided_at=act.now, decided_by=act.who)
    article.review_on = max(article.review_on, act.today + REVIEW_AFTER)
    article.sample = False
    await index(tx, [version], catalog)
    return await show(tx, article)


async def discard(act: Act, tx: Tx, slug: str, number: int, note: str) -> ArticleOut:
    """Discard a draft. A repeated call changes nothing. Raises NotFound, StatusConflict."""
    article, version, _ = await _get_version(tx, slug, number)
    if version.status != ArticleStatus.DISCARDED:
        await _discard(act, tx, article, version, note)
    return await show(tx, article)


async def withdraw(act: Act, tx: Tx, slug: str, note: str) -> ArticleOut:
    """Take the article out of searches. A repeated call changes nothing. Raises NotFound, StatusConflict."""
    article, versions = await get_article(tx, slug, lock=True)
    approved = _of_status(versions, ArticleStatus.APPROVED)
    subject = approved or next((one for one in versions if one.status == ArticleStatus.WITHDRAWN), versions[0])
    if subject.status != ArticleStatus.WITHDRAWN:
        await ARTICLES.transition(
            act, tx, "withdraw", subject.id, data={"slug": slug, "number": subject.number}, ended_at=act.now, note=note
        )
        await queries.remove_entries(tx, [subject.id])
    return await show(tx, article)


async def review(act: Act, tx: Tx, slug: str, body: ReviewIn) -> ArticleOut:
    """Record that somebody has read the article and found it correct. The article is then no longer a sample.

    Raises NotFound, ReviewInThePast, UnknownStaff.
    """
    if body.review_on <= act.today:
        raise ReviewInThePast
    if body.owner_id and not await queries.staff_exists(tx, body.owner_id):
        raise UnknownStaff(staff=str(body.owner_id))
    article, _ = await get_article(tx, slug, lock=True)
    article.review_on, article.reviewed_at, article.reviewed_by = body.review_on, act.now, act.who
    article.owner_id = body.owner_id or article.owner_id or act.who
    article.sample = False
    await add_audit(act, tx, "article.reviewed", f"article:{slug}", review_on=str(body.review_on))
    return await show(tx, article)


async def get_article(tx: Tx, slug: str, *, lock: bool = False) -> tuple[Article, Sequence[ArticleVersion]]:
    """Return the article, locked if `lock`, with all its versions, newest first. Raises NotFound."""
    article = await queries.find_article(tx, slug, lock=lock)
    if article is None:
        raise NotFound(what="article", key=slug)
    return article, await queries.list_versions(tx, article.id)


async def _get_version(tx: Tx, slug: str, number: int) -> tuple[Article, ArticleVersion, Sequence[ArticleVersion]]:
    article, versions = await get_article(tx, slug, lock=True)
    version = next((one for one in versions if one.number == number), None)
    if version is None:
        raise NotFound(what="article version", key=f"{slug} {number}")
    return article, version, versions


def _of_status(versions: Iterable[ArticleVersion], status: ArticleStatus) -> ArticleVersion | None:
    return next((version for version in versions if version.status == status), None)


async def show(tx: Tx, article: Article) -> ArticleOut:
    """Return the article as the API shows it."""
    await tx.flush()
    versions = await queries.list_versions(tx, article.id)
    approved, draft = (_of_status(versions, status) for status in (ArticleStatus.APPROVED, ArticleStatus.DRAFT))
    return ArticleOut(
        **{name: getattr(article, name) for name in _ARTICLE_FACTS},
        newest=versions[0].number,
        approved=approved and show_version(approved),
        draft=draft and show_version(draft),
    )


_ARTICLE_FACTS = ("slug", "sample", "owner_id", "review_on", "reviewed_at", "reviewed_by")


def show_version(version: ArticleVersion) -> VersionOut:
    """Return a version as the API shows it."""
    return VersionOut.model_validate({name: getattr(version, name) for name in VersionOut.model_fields})


def show_line(row: queries.Listed) -> ArticleLine:
    """Return an article as a list shows it."""
    article, version = row
    return ArticleLine(
        **{name: getattr(article, name) for name in ("slug", "sample", "owner_id", "review_on")},
        **{name: getattr(version, name) for name in ("number", "status", "items", "areas", "valid_from", "valid_to")},
        title=version.content["title"],
    )


async def list_standings(tx: Tx, version_ids: Sequence[UUID], today: date) -> list[VersionStanding]:
    """Return whether each of these versions is still in force, and which version of its article is in force today."""
    return [
        VersionStanding(version_id=key, slug=slug, status=ArticleStatus(status), in_force=present)
        for key, slug, status, present in await queries.list_standings(tx, version_ids, today)
    ]


async def check_articles(tx: Tx, version_ids: Sequence[UUID]) -> None:
    """Raise UnknownArticle unless each version is or was in force: operators cannot have read out any other."""
    if version_ids:
        known = await queries.find_offered(tx, version_ids)
        for version_id in version_ids:
            if version_id not in known:
                raise UnknownArticle(version=str(version_id))


async def put_text(act: Act, tx: Tx, name: str, body: TextIn) -> TextOut:
    """Set the canned text of this name, replacing an existing one."""
    facts = {"zh": body.zh, "en": body.en, "sample": False, "changed_at": act.now, "changed_by": act.who}
    kept = await queries.set_text(tx, name, facts)
    await add_audit(act, tx, "canned_text.set", f"canned_text:{name}", zh=body.zh, en=body.en)
    return TextOut.model_validate(kept)


async def delete_text(act: Act, tx: Tx, name: str) -> None:
    """Delete the canned text. If there is none, do nothing."""
    kept = await queries.find_text(tx, name)
    if kept:
        await tx.session.delete(kept)
        await add_audit(act, tx, "canned_text.deleted", f"canned_text:{name}")
