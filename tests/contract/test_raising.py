"""Reading a function's errors from its source."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.auth.access import Authenticator
from app.catalog.snapshot import Snapshot
from app.contract.raising import Raising
from app.jobs.errors import JobOver, OfferExpired, OfferWithdrawn, ProviderFull
from app.kit import errors
from app.kit.errors import DatabaseBusy, DatabaseReadOnly, DatabaseUnavailable, HotlineError

Some = Callable[..., Any]


def plain() -> None:
    raise OfferExpired(expired_at="now")


def by_module() -> None:
    raise errors.NotFound(what="offer", key="1")


def one_of_two(over: bool) -> None:
    raise JobOver(state="completed") if over else ProviderFull(open_jobs=1, capacity=1)


def catches() -> None:
    try:
        one_of_two(over=True)
        plain()
    except (JobOver, OfferExpired):
        return


def suppresses() -> None:
    with contextlib.suppress(JobOver):
        one_of_two(over=True)


def raises_again() -> None:
    try:
        plain()
    except OfferExpired:
        raise


def raises_what_it_kept() -> None:
    refusal: OfferExpired | None = None
    try:
        plain()
    except OfferExpired as error:
        refusal = error
    if refusal:
        raise refusal


def catches_the_parent() -> None:
    try:
        raise DatabaseReadOnly
    except DatabaseUnavailable:
        raise DatabaseBusy from None


def asks_what_it_is(error: Exception) -> bool:
    return isinstance(error, OfferWithdrawn)


def passes_it_on() -> None:
    apply(plain)


def apply(function: Some) -> None:
    function()


def by_annotation(catalog: Snapshot) -> None:
    catalog.item("PE02")


@asynccontextmanager
async def opened() -> AsyncIterator[Authenticator]:
    plain()
    yield Authenticator.__new__(Authenticator)


async def what_is_entered() -> None:
    async with opened() as authenticator:
        await authenticator.principal("token")


def calls_itself(times: int) -> None:
    if times:
        calls_itself(times - 1)
    plain()


@pytest.fixture(autouse=True)
def functions_here_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.contract.raising.OURS", {"app", "tests"})


@pytest.mark.parametrize(
    ("function", "raised"),
    [
        (plain, {OfferExpired}),
        (by_module, {errors.NotFound}),
        (one_of_two, {JobOver, ProviderFull}),
        (catches, {ProviderFull}),
        (suppresses, {ProviderFull}),
        (raises_again, {OfferExpired}),
        (raises_what_it_kept, {OfferExpired}),
        (catches_the_parent, {DatabaseBusy}),
        (asks_what_it_is, set()),
        (passes_it_on, {OfferExpired}),
        (calls_itself, {OfferExpired}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_function_raises_its_own_errors_and_those_of_what_it_calls(
    function: Some, raised: set[type[HotlineError]]
) -> None:
    assert Raising([function]).errors([function]) == raised


def test_a_method_is_found_by_annotation_or_by_what_is_entered() -> None:
    raised = Raising([by_annotation, what_is_entered])
    assert {one.code() for one in raised.errors([by_annotation])} == {"unknown_item"}
    assert {"offer_expired", "not_signed_in"} <= {one.code() for one in raised.errors([what_is_entered])}
