"""Write, approve and show the guides for dangers."""

from collections.abc import Iterable, Sequence

from app.catalog.snapshot import Snapshot
from app.danger import queries
from app.danger.errors import GuideNotNewest, OwnDraft
from app.danger.kinds import DangerKind
from app.danger.load import content_of, facts
from app.danger.models import GuideStatus, GuideVersion
from app.danger.people import in_danger
from app.danger.recognising import Recognised
from app.danger.schemas import DangerOut, EmergencyLine, Guide, GuideDraft, GuideVersionOut, HeardOut, Words
from app.danger.snapshot import DANGER_TOPIC, Dangers, read_guides, words_of
from app.danger.states import GUIDES
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.transition import record
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.kit.etags import check_version
from app.kit.ids import new_id


def show_recognised(text: str, heard: Sequence[Recognised], dangers: Dangers) -> list[HeardOut]:
    """Return the dangers that were heard in the text, each with its guide."""
    return [
        HeardOut(
            **dangers.guides[one.kind].model_dump(exclude={"words", "who"}),
            kind=one.kind,
            confidence=one.confidence,
            who=in_danger(text, one.kind) or dangers.guides[one.kind].who,
            sample=one.kind in dangers.samples,
        )
        for one in heard
    ]


async def list_dangers(tx: Tx) -> list[DangerOut]:
    """Return all kinds whose guides are loaded, most urgent first."""
    present = await queries.list_present(tx)
    by_kind = {kind: [version for version in present if version.kind == kind] for kind in DangerKind}
    return [_show(kind, versions) for kind, versions in by_kind.items() if versions]


async def list_open_lines(tx: Tx) -> list[tuple[DangerKind, Guide, EmergencyLine]]:
    """Return the lines of guides in force that are the centre's own and have no number yet."""
    guides = await read_guides(tx)
    return [(kind, guide, line) for kind, guide in guides.items() for line in guide.lines if line.number is None]


async def get_versions(tx: Tx, kind: DangerKind, *, lock: bool = False) -> Sequence[GuideVersion]:
    """Return every version for the kind, newest first. With `lock`, others who draft or decide it wait.

    Raises NotFound if the guides were never loaded.
    """
    if lock:
        await queries.lock_kind(tx, kind)
    versions = await queries.list_versions(tx, kind)
    if not versions:
        raise NotFound(what="danger", key=kind)
    return versions


async def write_draft(
    act: Act, tx: Tx, kind: DangerKind, body: GuideDraft, if_match: str | None, catalog: Snapshot
) -> DangerOut:
    """Write a new draft. It replaces a waiting draft; the approved version stays in force.

    Raises NotFound, VersionRequired, VersionStale or UnknownItem.
    """
    catalog.item(body.item)
    versions = await get_versions(tx, kind, lock=True)
    check_version(if_match, versions[0].number)
    number = versions[0].number + 1
    waiting = _of(versions, GuideStatus.DRAFT)
    if waiting:
        await _discard(act, tx, waiting, "replaced")
    tx.session.add(
        GuideVersion(
            id=new_id(act.now),
            kind=kind,
            number=number,
            status=GuideStatus.DRAFT,
            content=content_of(body),
            change=body.change,
            written_at=act.now,
            written_by=act.who,
        )
    )
    await tx.flush()
    await record(act, tx, EventKind.GUIDE_DRAFTED, data=facts(kind, number))
    return await show(tx, kind)


async def approve(act: Act, tx: Tx, kind: DangerKind, number: int, catalog: Snapshot) -> DangerOut:
    """Put the draft in force, in every process at once; do nothing if it is already in force.

    Raises NotFound, GuideNotNewest, OwnDraft, StatusConflict or UnknownItem.
    """
    version, versions = await _get_version(tx, kind, number)
    if version.status == GuideStatus.APPROVED:
        return await show(tx, kind)
    waiting = _of(versions, GuideStatus.DRAFT)
    if waiting and waiting.number != number:
        raise GuideNotNewest(number=number, newest=waiting.number)
    if version.written_by == act.who:
        raise OwnDraft
    catalog.item(Guide.model_validate(version.content).item)
    about = facts(kind, number)
    former = _of(versions, GuideStatus.APPROVED)
    if waiting and former:
        await GUIDES.transition(act, tx, "supersede", former.id, data=about, ended_at=act.now)
    await GUIDES.transition(act, tx, "approve", version.id, data=about, decided_at=act.now, decided_by=act.who)
    tx.publish(DANGER_TOPIC)
    return await show(tx, kind)


async def discard(act: Act, tx: Tx, kind: DangerKind, number: int, note: str) -> DangerOut:
    """Discard a draft, with the reason; do nothing if it is already discarded. Raises NotFound or StatusConflict."""
    version, _ = await _get_version(tx, kind, number)
    if version.status != GuideStatus.DISCARDED:
        await _discard(act, tx, version, note)
    return await show(tx, kind)


async def _discard(act: Act, tx: Tx, version: GuideVersion, note: str) -> None:
    await GUIDES.transition(
        act,
        tx,
        "discard",
        version.id,
        data=facts(DangerKind(version.kind), version.number),
        decided_at=act.now,
        decided_by=act.who,
        note=note,
    )


async def _get_version(tx: Tx, kind: DangerKind, number: int) -> tuple[GuideVersion, Sequence[GuideVersion]]:
    versions = await get_versions(tx, kind, lock=True)
    version = next((one for one in versions if one.number == number), None)
    if version is None:
        raise NotFound(what="version", key=f"{kind} {number}")
    return version, versions


def _of(versions: Iterable[GuideVersion], status: GuideStatus) -> GuideVersion | None:
    return next((version for version in versions if version.status == status), None)


async def show(tx: Tx, kind: DangerKind) -> DangerOut:
    """Return the danger as the API shows it."""
    await tx.flush()
    return _show(kind, await queries.list_versions(tx, kind))


def _show(kind: DangerKind, versions: Sequence[GuideVersion]) -> DangerOut:
    approved, draft = (_of(versions, status) for status in (GuideStatus.APPROVED, GuideStatus.DRAFT))
    assert approved is not None, "guides are in force once loaded, and only another version supersedes one"
    words = words_of(kind, Guide.model_validate(approved.content))
    return DangerOut(
        kind=kind,
        newest=max(version.number for version in versions),
        approved=GuideVersionOut.model_validate(approved),
        draft=draft and GuideVersionOut.model_validate(draft),
        words=Words(recognise=list(words.recognise), take_back=list(words.take_back)),
    )
