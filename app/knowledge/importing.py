"""Imports articles from a file as drafts. A single error rejects the whole file."""

import asyncio
import re
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from app.auth.queries import add_audit
from app.catalog.errors import UnknownArea
from app.catalog.snapshot import Snapshot
from app.events.act import Act
from app.kit.db import Tx
from app.kit.languages import Language
from app.knowledge import actions, queries
from app.knowledge.actions import facts_of
from app.knowledge.errors import ArticlesInvalid
from app.knowledge.faults import Fault, Faulty, fault_of
from app.knowledge.files import MOST_ARTICLES, Cells, Format, Written, article_of, cells_of, misfits, read
from app.knowledge.models import Article, ArticleStatus, ArticleVersion
from app.knowledge.schemas import ArticleIn, FileFault, ImportOut

MOST_FAULTS = 500
MOST_SLUGS = 200
_NUMBER_FORM = re.compile(r"\d(?:\.\d+)?E\+\d+", re.IGNORECASE)


async def read_cells(tx: Tx, status: ArticleStatus) -> Iterator[Cells]:
    """Return the cells of all articles with a version of this status."""
    rows = await queries.list_for_export(tx, status)
    return (cells_of(_body(article, version)) for article, version in rows)


def _body(article: Article, version: ArticleVersion) -> ArticleIn:
    facts = {name: getattr(version, name) for name in ("items", "areas", "valid_from", "valid_to")}
    return ArticleIn.model_validate(version.content | facts | {"slug": article.slug})


async def import_articles(
    act: Act, tx: Tx, content: bytes, form: Format | None, catalog: Snapshot, *, dry_run: bool
) -> ImportOut:
    """Write a draft for each article of the file that is new or equals neither its draft nor its approved version.

    1. Read and check the whole file; stop if it has any fault.
    2. Compare each article with its newest and its approved version.
    3. Add a draft for each new or changed article, unless `dry_run`.

    A row that is unchanged since its export leaves a waiting draft alone, and articles that the file leaves out stay as
    they are. Raises ArticlesInvalid with every fault.
    """
    bodies = await asyncio.to_thread(check, content, form, catalog)  # takes seconds for 20,000 articles
    known = await queries.list_newest(tx)
    in_force = {one.slug: version for one, version in await queries.list_for_export(tx, ArticleStatus.APPROVED)}
    added, changed = await asyncio.to_thread(_tell_apart, bodies, known, in_force)
    if not dry_run:
        for body in added:
            await actions.add_article(act, tx, body)
        for body in changed:
            article, versions = await actions.get_article(tx, body.slug, lock=True)
            await actions.put_draft(act, tx, article, versions, body)
        await add_audit(act, tx, "articles.imported", "articles", added=len(added), changed=len(changed))
    return ImportOut(
        dry_run=dry_run,
        read=len(bodies),
        added=len(added),
        changed=len(changed),
        unchanged=len(bodies) - len(added) - len(changed),
        slugs=[body.slug for body in (*added, *changed)][:MOST_SLUGS],
    )


def _tell_apart(
    bodies: list[ArticleIn], known: Mapping[str, tuple[Article, ArticleVersion]], in_force: Mapping[str, ArticleVersion]
) -> tuple[list[ArticleIn], list[ArticleIn]]:
    """Return the articles that are new, and those that differ from their versions."""
    added: list[ArticleIn] = []
    changed: list[ArticleIn] = []
    for body in bodies:
        if body.slug not in known:
            added.append(body)
        elif not any(_says(one, body) for one in (known[body.slug][1], in_force.get(body.slug)) if one):
            changed.append(body)
    return added, changed


def _says(version: ArticleVersion, body: ArticleIn) -> bool:
    """Return whether the version has the file's content and is neither discarded nor withdrawn."""
    if version.status not in (ArticleStatus.DRAFT, ArticleStatus.APPROVED):
        return False
    facts = facts_of(body)
    del facts["change"]
    return all(getattr(version, name) == value for name, value in facts.items())


def check(content: bytes, form: Format | None, catalog: Snapshot) -> list[ArticleIn]:
    """Return the articles of the file. Raises ArticlesInvalid with every fault."""
    bodies: list[ArticleIn] = []
    faults: list[FileFault] = []
    places: dict[str, int] = {}
    row, slug = 0, ""
    try:
        for written in read(content, form):
            row, slug = written.place, written.cells.get("slug", "")
            if len(places) >= MOST_ARTICLES:
                raise Faulty("", "", "too_many", most=MOST_ARTICLES)
            body, found = _check(written, catalog)
            if slug in places:
                found.append(Fault("slug", slug, "twice", other=places[slug]))
            places.setdefault(slug, row)
            faults += [_shown(fault, row, slug) for fault in found]
            if body:
                bodies.append(body)
        if not places:
            raise Faulty("", "", "file_empty")
    except Faulty as faulty:
        faults.append(_shown(faulty.fault, faulty.row or row, slug if faulty.row == 0 else ""))
    if faults:
        shown = [fault.model_dump() for fault in faults[:MOST_FAULTS]]
        raise ArticlesInvalid(total=len(faults), errors=shown)
    return bodies


def _check(written: Written, catalog: Snapshot) -> tuple[ArticleIn | None, list[Fault]]:
    said = article_of(written.cells)
    faults = list(misfits(written.cells))
    faults += [Fault("items", item, "item_unknown") for item in said["items"] if item not in catalog.items]
    faults += [fault for area in said["areas"] if (fault := _fault_of_area(area, catalog))]
    try:
        return ArticleIn.model_validate(said), faults
    except ValidationError as error:
        return None, [*faults, *(fault_of(detail) for detail in error.errors(include_url=False))]


def _fault_of_area(code: str, catalog: Snapshot) -> Fault | None:
    try:
        catalog.spot(code)
    except UnknownArea:
        return Fault("areas", code, "number_form" if _NUMBER_FORM.fullmatch(code) else "area_unknown")
    return None


def _shown(fault: Fault, row: int, slug: str) -> FileFault:
    return FileFault(
        row=row,
        slug=slug[:80],
        field=fault.field,
        value=fault.value,
        code=fault.code,
        zh=fault.sentence(Language.ZH),
        en=fault.sentence(Language.EN),
    )
