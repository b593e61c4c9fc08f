"""Each event carries what its kind declares. conftest checks the events that other tests leave."""

from typing import Any

import pytest

from app.events.facts import FACTS
from app.events.kinds import Datum, EventKind
from app.events.models import Event
from app.intake.models import Request
from tests.events.carried import SAMPLES, faults, filled, is_datum

KEY = SAMPLES[Datum.KEY]


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ({}, "offer.made lacks its offer_id"),
        ({"offer_id": None}, "offer.made lacks its offer_id"),
        ({"offer_id": "12"}, "offer.made: offer_id is no key: '12'"),
        ({"rank": "1"}, "offer.made: rank is no whole number: '1'"),
        ({"rank": True}, "offer.made: rank is no whole number: True"),
        ({"by": "the ranking"}, "offer.made: by is no code: 'the ranking'"),
        ({"phone": "13957412345"}, "offer.made declares no phone"),
    ],
)
def test_an_event_that_differs_from_its_declaration_is_found(data: dict[str, Any], wrong: str) -> None:
    told = {"offer_id": KEY, "rank": 1, "by": "ranking"}
    assert list(faults("offer.made", told)) == []
    assert list(faults("offer.made", told | data if data else {"rank": 1, "by": "ranking"})) == [wrong]


def test_what_may_be_missing_may_be_null() -> None:
    told = filled("job.completed", {})
    assert list(faults("job.completed", told | {"payout_fen": None})) == []
    assert list(faults("job.completed", told | {"payout_fen": 1, "happened_at": "2026-11-24T02:00:00+00:00"})) == []
    assert list(faults("job.completed", told | {"happened_at": "2026-11-24T02:00:00"})) != [], "in no zone"


def test_there_is_a_sample_of_every_datum_and_sums_and_spans_are_whole_numbers() -> None:
    assert all(is_datum(SAMPLES[datum], datum) for datum in Datum)
    for kind in EventKind:
        for name, datum in kind.carries.items():
            assert name.rstrip("?").endswith(("_fen", "_seconds", "_number")) <= (datum in (Datum.WHOLE, Datum.TEXT))


def test_the_facts_are_columns_of_events_and_of_requests() -> None:
    assert set(FACTS) <= set(Event.__table__.c.keys())
    assert set(FACTS.values()) <= set(Request.__table__.c.keys())
