"""File an application without an account, follow it, and decide it as a registrar."""

from datetime import date
from uuid import UUID

from app.admission import queries
from app.admission.errors import ApplicationUnknown, ProviderKnown, TooManyApplications
from app.admission.models import Application, ApplicationStatus
from app.admission.schemas import (
    ApplicationDetail,
    ApplicationFiled,
    ApplicationIn,
    ApplicationOut,
    ApplicationState,
    Similar,
)
from app.admission.states import APPLICATION_MOVES, APPLICATIONS
from app.auth.queries import add_audit
from app.auth.tokens import token_hash
from app.catalog.snapshot import Snapshot
from app.events.act import Act
from app.events.kinds import EventKind
from app.events.transition import record
from app.kit.codes import bare_code, new_code
from app.kit.db import Tx
from app.kit.errors import NotFound
from app.kit.idempotency import Once
from app.kit.ids import new_id
from app.registry.actions import check_code, enter_provider, is_same_fact, part_rows
from app.registry.models import Standing
from app.registry.queries import find_provider, find_same
from app.registry.schemas import ProviderIn

MOST_WAITING = 1_000
"""How many applications may wait at a time. Nobody can fill the queue with more nonsense than this."""
NOBODY = UUID(int=0)
"""Used as the id of an applicant, who has none at the centre yet."""

SAME_ZH = {"uscc": "统一社会信用代码", "name": "单位名称", "phone": "联系电话"}
SAME_EN = {"uscc": "credit code", "name": "name", "phone": "phone number"}


def code_hash(code: str) -> bytes:
    """Return the hash to store for a query code, however it was typed."""
    return token_hash(bare_code(code))


async def file_application(act: Act, tx: Tx, body: ApplicationIn, catalog: Snapshot, once: Once) -> ApplicationFiled:
    """Store the application for a registrar to decide. A retry with the same idempotency key returns the first answer.

    Stores nothing and raises UsccMissing, FormerCode, InvalidUscc, ProviderKnown, UnknownArea, TooManyApplications, or
    what `part_rows` raises.
    """
    if replay := await once.replay(tx, act.now):
        return ApplicationFiled.model_validate_json(replay)
    await _check_unknown(tx, body)
    check_code(body.kind, body.uscc)
    catalog.spot(body.area)
    part_rows(act, NOBODY, body.provider(distinct=False), catalog, approved=False)
    if await queries.count_waiting(tx) >= MOST_WAITING:
        raise TooManyApplications
    code = new_code()
    application = Application(
        id=new_id(act.now),
        code_hash=code_hash(code),
        status=ApplicationStatus.FILED,
        form=body.model_dump(mode="json"),
        filed_at=act.now,
        **body.model_dump(include={"name", "uscc", "phone"}),
    )
    tx.session.add(application)
    await tx.flush()
    await record(act.of_itself, tx, EventKind.APPLICATION_FILED, data={"number": application.number})
    filed = ApplicationFiled(number=application.number, query_code=code)
    await once.keep(tx, filed.model_dump_json().encode())
    return filed


async def _check_unknown(tx: Tx, body: ApplicationIn) -> None:
    """Raise ProviderKnown when the applicant is registered or has already applied.

    The problem names the matching detail, but not the provider or its status: the caller is a stranger.
    """
    identity = (body.uscc, body.name, body.phone)
    for other in (*await find_same(tx, *identity), *await queries.find_same(tx, *identity)):
        same = next(name for name in SAME_ZH if is_same_fact(name, getattr(body, name), getattr(other, name)))
        raise ProviderKnown(same=SAME_EN[same], same_zh=SAME_ZH[same])


async def follow_application(tx: Tx, number: int, code: str) -> ApplicationState:
    """Return the application's progress. Raises ApplicationUnknown."""
    application = await _by_code(tx, number, code)
    provider = await find_provider(tx, application.provider_id) if application.provider_id else None
    return ApplicationState(
        number=application.number,
        status=ApplicationStatus(application.status),
        filed_at=application.filed_at,
        decided_at=application.decided_at,
        reason=application.reason,
        provider_number=provider.number if provider else None,
        standing=Standing(provider.standing) if provider else None,
    )


async def withdraw_application(act: Act, tx: Tx, number: int, code: str) -> ApplicationState:
    """Withdraw the application; do nothing if it is already withdrawn.

    Raises ApplicationUnknown, or StatusConflict once it is decided.
    """
    application = await _by_code(tx, number, code)
    if application.status != ApplicationStatus.WITHDRAWN:
        await APPLICATIONS.transition(act.of_itself, tx, "withdraw", application.id, decided_at=act.now)
    return await follow_application(tx, number, code)


async def _by_code(tx: Tx, number: int, code: str) -> Application:
    application = await queries.find_by_code(tx, number, code_hash(code))
    if application is None:
        raise ApplicationUnknown
    return application


async def get_application(tx: Tx, application_id: UUID) -> Application:
    """Return the application, locked until the transaction ends. Raises NotFound."""
    application = await queries.find_application(tx, application_id)
    if application is None:
        raise NotFound(what="application", key=str(application_id))
    return application


async def show_application(tx: Tx, application_id: UUID) -> ApplicationDetail:
    """Return the application with the providers that it may duplicate. Raises NotFound."""
    application = await get_application(tx, application_id)
    same = await find_same(tx, application.uscc, application.name, application.phone)
    similar = [Similar.model_validate(provider) for provider in same if provider.id != application.provider_id]
    return ApplicationDetail(**ApplicationOut.model_validate(application).model_dump(), similar=similar)


async def enter_application(
    act: Act, tx: Tx, application_id: UUID, catalog: Snapshot, *, distinct: bool
) -> ApplicationDetail:
    """Enter the applicant into the registry, in the standing `applied`, with its prices as proposals.

    Does nothing if it is already entered. Raises NotFound, StatusConflict, or what `enter_provider` raises.
    """
    application = await get_application(tx, application_id)
    if application.status != ApplicationStatus.ENTERED:
        body = _today(ApplicationIn.model_validate(application.form).provider(distinct=distinct), act.today)
        provider = await enter_provider(act, tx, body, catalog, approved=False, application=application.number)
        await _decide(act, tx, application, "enter", provider_id=provider.id)
    return await show_application(tx, application_id)


def _today(body: ProviderIn, today: date) -> ProviderIn:
    """Set the first day of a price to today if it is missing, or passed while the application was waiting."""
    for line in body.items:
        line.valid_from = max(line.valid_from or today, today)
    return body


async def refuse_application(act: Act, tx: Tx, application_id: UUID, reason: str) -> ApplicationDetail:
    """Refuse the application with a reason that the applicant can read; do nothing if it is already refused.

    Raises NotFound or StatusConflict.
    """
    application = await get_application(tx, application_id)
    if application.status != ApplicationStatus.REFUSED:
        await _decide(act, tx, application, "refuse", reason=reason)
    return await show_application(tx, application_id)


async def _decide(act: Act, tx: Tx, application: Application, step: str, **values: str | UUID) -> None:
    await APPLICATIONS.transition(
        act,
        tx,
        step,
        application.id,
        data={"number": application.number},
        decided_at=act.now,
        decided_by=act.who,
        **values,
    )
    await add_audit(act, tx, APPLICATION_MOVES[step].event, f"application:{application.id}", **values)
