"""SQL for the guides."""

from collections.abc import Sequence

from sqlalchemy import select, text

from app.danger.kinds import DangerKind
from app.danger.models import GuideStatus, GuideVersion
from app.kit.db import Tx


async def list_present(tx: Tx) -> Sequence[GuideVersion]:
    """Return the versions in force and the drafts awaiting a decision."""
    query = select(GuideVersion).where(GuideVersion.status.in_([GuideStatus.APPROVED, GuideStatus.DRAFT]))
    return (await tx.session.execute(query.order_by(GuideVersion.number))).scalars().all()


async def list_own_kinds(tx: Tx) -> Sequence[str]:
    """Return the kinds whose guide in force was written at the centre."""
    query = select(GuideVersion.kind).where(GuideVersion.status == GuideStatus.APPROVED)
    return (await tx.session.scalars(query.where(GuideVersion.written_by.is_not(None)))).all()


async def list_versions(tx: Tx, kind: DangerKind) -> Sequence[GuideVersion]:
    """Return every version for the kind, newest first."""
    query = select(GuideVersion).where(GuideVersion.kind == kind).order_by(GuideVersion.number.desc())
    return (await tx.session.execute(query.execution_options(populate_existing=True))).scalars().all()


async def lock_kind(tx: Tx, kind: DangerKind) -> None:
    """Let one transaction at a time draft or decide a version for the kind; others wait until it ends."""
    await tx.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtext('danger_guides'), hashtext(:kind))"), {"kind": kind}
    )
