"""Statement links for providers without a key: random, stored as a hash, valid for some days, revocable."""

from datetime import timedelta
from uuid import UUID

from app.auth.queries import add_audit
from app.auth.tokens import token_hash
from app.catalog.snapshot import Snapshot
from app.events.act import Act, Actor, act_of
from app.events.models import ActorKind
from app.kit.context import Context
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.kit.idempotency import Once, new_seed, secret_from
from app.kit.ids import new_id
from app.registry.queries import find_provider
from app.statement import queries
from app.statement.actions import read_month
from app.statement.errors import LinkInvalid, LinkOpenedTooOften
from app.statement.models import StatementLink
from app.statement.schemas import LinkIn, MonthStatement, NewLink

MOST_VIEWS = 30
"""How often a link may be opened within an hour."""


async def make_link(act: Act, tx: Tx, provider_id: UUID, body: LinkIn, first: Once) -> NewLink:
    """Create a link to the provider's statement of a month. Only the hash of its token is stored.

    A repeated idempotency key returns the same link. Raises NotFound or KeyReused.
    """

    secret_key = act.settings.webhook_key.get_secret_value()

    async def make() -> NewLink:
        if await find_provider(tx, provider_id) is None:
            raise NotFound(what="provider", key=str(provider_id))
        seed = new_seed()
        link = StatementLink(
            id=new_id(act.now),
            token_hash=token_hash(secret_from(seed, secret_key)),
            provider_id=provider_id,
            month=body.month,
            made_at=act.now,
            made_by=act.who,
            expires_at=act.now + timedelta(days=body.days),
            views=0,
            views_in_hour=0,
        )
        tx.session.add(link)
        await _audit(act, tx, "statement.link_made", link, month=f"{body.month:%Y-%m}", days=body.days)
        return NewLink(path=seed, **{name: getattr(link, name) for name in NewLink.model_fields if name != "path"})

    made = await first.answer(tx, act.now, NewLink, make)
    return made.model_copy(update={"path": f"/api/v1/statements/{secret_from(made.path, secret_key)}"})


async def revoke_link(act: Act, tx: Tx, provider_id: UUID, link_id: UUID) -> None:
    """Revoke the link, which stops working at once. Raises NotFound."""
    link = await queries.find_link(tx, provider_id, link_id)
    if link is None:
        raise NotFound(what="link", key=str(link_id))
    if link.revoked_at is None:
        link.revoked_at = act.now
        await _audit(act, tx, "statement.link_revoked", link)


async def open_link(context: Context, token: str, catalog: Snapshot) -> MonthStatement:
    """Return the statement behind the link. Each opening is written to the audit log.

    Raises LinkInvalid or LinkOpenedTooOften.
    """
    act = act_of(context)
    async with context.db.begin() as tx:
        link = await queries.lock_link(tx, token_hash(token))
        if link is None or link.revoked_at is not None or act.now >= link.expires_at:
            raise LinkInvalid
        hour = act.now.replace(minute=0, second=0, microsecond=0)
        link.views_in_hour = link.views_in_hour + 1 if link.hour == hour else 1
        if link.views_in_hour > MOST_VIEWS:
            raise LinkOpenedTooOften(most=MOST_VIEWS)
        link.hour, link.views = hour, link.views + 1
        holder = act._replace(actor=Actor(ActorKind.PROVIDER, link.provider_id))
        await _audit(holder, tx, "statement.link_opened", link)
        return await read_month(holder, tx, link.provider_id, link.month, catalog)


async def _audit(act: Act, tx: Tx, action: str, link: StatementLink, **data: object) -> None:
    subject = f"provider:{link.provider_id}"
    await add_audit(act, tx, action, subject, link=link.id, **data)
