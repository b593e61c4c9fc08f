"""Finds the steps that the caller may take now with a request, its offers and its jobs.

The state machines say in which states a step is possible, and the checks of its action say what else it needs. This
module only consults them.
"""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple
from uuid import UUID

from app.auth.models import Role
from app.catalog.models import Tier
from app.catalog.snapshot import Snapshot
from app.desk.schemas import PossibleStep, Step, Subject
from app.dispatch.actions import check_reopenable
from app.events.act import Act
from app.intake.actions import get_request
from app.intake.danger import check_may_go_out, check_relayed, get_danger, has_unrelayed_danger
from app.intake.entitlement import dearer
from app.intake.models import RequestStatus
from app.intake.people import check_callable
from app.intake.states import CLOSED_BY_HAND, REQUESTS, UNASSIGNED
from app.intake.taking import check_dispatchable
from app.intake.views import show
from app.jobs.extension import check_in_time
from app.jobs.models import LIVE, JobStatus, OfferStatus
from app.jobs.queries import find_extension_of, list_request_jobs, list_request_offers
from app.jobs.states import JOBS, OFFERS
from app.kit.db import Tx
from app.kit.errors import HotlineError

AT_THE_DESK = frozenset({Role.OPERATOR, Role.SUPERVISOR})
IN_CHARGE = frozenset({Role.SUPERVISOR})


class Case(NamedTuple):
    """A request, or one of its offers or jobs, as the rules check it."""

    facts: Mapping[str, Any]
    request: Mapping[str, Any]
    catalog: Snapshot
    act: Act

    @property
    def held(self) -> bool:
        """Whether the request is on hold."""
        return bool(self.request["status"] == RequestStatus.ON_HOLD)


class Rule(NamedTuple):
    """A step, possible in these states for holders of one of these roles, unless `may` raises or returns False."""

    step: Step
    states: Container[str]
    may: Callable[[Case], object] = lambda _: True
    roles: Set[Role] = AT_THE_DESK


def _goes_out(case: Case) -> None:
    check_may_go_out(case.facts)
    relayed = case.facts["relay_to"] is not None
    check_dispatchable(case.catalog.item(case.facts["item_code"]), relayed=relayed)


def _goes_to_the_picked(case: Case) -> None:
    _goes_out(case)
    check_callable(case.facts["contact_phone"], unannounced=case.facts["unannounced"])


def _comes_back(case: Case) -> None:
    check_reopenable(case.act, case.facts)


def _has_dearer_tier(case: Case) -> bool:
    agreed = case.facts["tier_fallback"] or case.facts["tier"]
    return any(dearer(tier, agreed) for tier in case.catalog.item(case.facts["item_code"]).tiers)


def _is_relayed(case: Case) -> None:
    check_relayed(case.facts)


def _lives(case: Case) -> bool:
    return bool(case.act.now < case.facts["expires_at"])


def _goes_on(case: Case) -> bool:
    return not case.held


def _costs(case: Case) -> bool:
    return case.facts["tier"] != Tier.FREE and not case.facts["redo"]


def _may_be_extended(case: Case) -> bool:
    check_in_time(case.facts, case.act.now)
    return not case.facts["extended"]


_ANY = frozenset(RequestStatus)
_MOVES, _OFFER_MOVES, _JOB_MOVES = REQUESTS.moves, OFFERS.moves, JOBS.moves
_PENDING = frozenset({OfferStatus.PENDING})

OF_REQUEST = (
    Rule(Step.RESUME, _MOVES["resume"].sources),
    Rule(Step.ANSWER, _MOVES["answer"].sources, _is_relayed),
    Rule(Step.DISPATCH, _MOVES["dispatch"].sources, _goes_out),
    Rule(Step.CONTACT, _ANY),
    Rule(Step.CONSENT_TO_TIER, UNASSIGNED, _has_dearer_tier),
    Rule(Step.RELAY, _MOVES["relay"].sources),
    Rule(Step.CLOSE, CLOSED_BY_HAND, _is_relayed),
    Rule(
        Step.REOPEN,
        _MOVES["reopen"].sources,
        lambda case: check_reopenable(case.act, case.facts),
    ),
    Rule(Step.OFFER, _MOVES["dispatch"].sources | {RequestStatus.DISPATCHING}, _goes_to_the_picked),
    Rule(Step.CORRECT, _ANY, lambda case: case.facts["assigned_at"] is None),
    Rule(Step.CORRECT, _ANY, lambda case: case.facts["assigned_at"] is not None, IN_CHARGE),
    Rule(Step.HOLD, _MOVES["hold"].sources),
    Rule(Step.MERGE, _MOVES["merge"].sources),
    Rule(Step.SEPARATE, _MOVES["separate"].sources, roles=IN_CHARGE),
    Rule(Step.CANCEL, _MOVES["cancel"].sources, _is_relayed),
    Rule(Step.RAISE_DANGER, _MOVES["cancel"].sources),
    Rule(Step.RELAY_DANGER, _ANY, lambda case: get_danger(case.facts)),
    Rule(Step.WITHDRAW_DANGER, _ANY, lambda case: get_danger(case.facts)),
)
"""The steps of a request, the most usual first."""

OF_OFFER = (
    Rule(
        Step.ACCEPT,
        _OFFER_MOVES["accept"].sources,
        lambda case: case.request["status"] in _MOVES["assign"].sources and _lives(case),
    ),
    Rule(Step.DECLINE, _OFFER_MOVES["decline"].sources, _lives),
    Rule(Step.NO_ANSWER, _PENDING, _lives),
    Rule(Step.WITHDRAW, _OFFER_MOVES["withdraw"].sources, _lives),
)

OF_JOB = (
    Rule(Step.START, _JOB_MOVES["start"].sources, _goes_on),
    Rule(Step.COMPLETE, _JOB_MOVES["complete"].sources, _goes_on),
    Rule(Step.APPOINTMENT, LIVE),
    Rule(Step.CONSENT, LIVE, _costs),
    Rule(Step.QUOTE, LIVE, _costs),
    Rule(Step.RETURN, _JOB_MOVES["return"].sources, _goes_on),
    Rule(Step.FAIL, _JOB_MOVES["fail"].sources, _goes_on),
    Rule(Step.EXTENSION, LIVE, _may_be_extended),
    Rule(Step.REASSIGN, _JOB_MOVES["start"].sources, _goes_on, IN_CHARGE),
    Rule(Step.AMOUNT, frozenset({JobStatus.COMPLETED}), roles=IN_CHARGE),
)


async def list_steps(act: Act, tx: Tx, request_id: UUID, catalog: Snapshot) -> list[PossibleStep]:
    """Return the steps that the caller may take: first those of jobs, then of offers, then of the request.

    Steps that should be taken before any other, such as relaying a danger or agreeing to a quoted sum, lead the list.
    Raises NotFound.
    """
    request = show(await get_request(tx, request_id)).model_dump()
    offers = {row.id: dict(row._mapping) for row in await list_request_offers(tx, request_id)}
    jobs = [
        dict(row._mapping)
        | {"redo": offers[row.offer_id]["redo"], "extended": await find_extension_of(tx, row.id) is not None}
        for row in await list_request_jobs(tx, request_id)
    ]
    subjects: list[tuple[Subject, Sequence[Rule], Mapping[str, Any]]] = [
        *((Subject.JOB, OF_JOB, job) for job in jobs),
        *((Subject.OFFER, OF_OFFER, offer) for offer in offers.values()),
        (Subject.REQUEST, OF_REQUEST, request),
    ]
    steps = [
        (step in _first(facts), PossibleStep(subject=subject, id=facts["id"], step=step))
        for subject, rules, facts in subjects
        for step in _possible(rules, Case(facts, request, catalog, act))
    ]
    return [step for first, step in steps if first] + [step for first, step in steps if not first]


def _possible(rules: Sequence[Rule], case: Case) -> Iterator[Step]:
    for rule in rules:
        if case.facts["status"] in rule.states and case.act.roles & rule.roles and _allows(rule, case):
            yield rule.step


def _allows(rule: Rule, case: Case) -> bool:
    try:
        return rule.may(case) is not False
    except HotlineError:
        return False


def _first(facts: Mapping[str, Any]) -> Set[Step]:
    """Return the steps that, in this state, should be taken before any other."""
    if "danger" in facts:
        if has_unrelayed_danger(facts):
            return {Step.RELAY_DANGER}
        return {Step.CLOSE} if facts["status"] == RequestStatus.RELAYED else set()
    if facts.get("quote_fen") is not None and facts["quote_fen"] != facts["agreed_fen"]:
        return {Step.CONSENT}
    return {Step.QUOTE} if facts["status"] == JobStatus.STARTED and facts["agreed_fen"] is None else set()
