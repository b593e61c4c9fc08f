"""docs/ranking.md agrees with the code: its numbers, reasons and formulas."""

import re
from pathlib import Path
from typing import Any

import pytest

from app.intake.models import UnmatchedReason
from app.matching.candidates import MORE, SHORTLIST
from app.matching.policy import MIN_TIMEOUT, MOST_AT_ONCE
from app.matching.ranking import CRITERIA
from app.matching.reasons import PassedOver
from app.registry.models import WINDOW_DAYS, Rung
from tests.matching.test_ranking import WEIGHTS, candidate
from tests.world import World, ok

TEXT = (Path(__file__).parents[2] / "docs" / "ranking.md").read_text(encoding="utf-8")
WORDS = " ".join(TEXT.split())
FILTERS: dict[UnmatchedReason, dict[str, Any]] = {
    UnmatchedReason.TOO_FAR: {"too_far": True},
    UnmatchedReason.NOT_ON_LADDER: {"off_ladder": True},
    UnmatchedReason.PAPERS: {"has_papers": False},
    UnmatchedReason.CLOSED_THEN: {"is_open": False},
    UnmatchedReason.FULL: {"load": 5},
    UnmatchedReason.UNREACHABLE: {"reachable": False},
    UnmatchedReason.BARRED: {"barred": True},
    UnmatchedReason.TRIED_BEFORE: {"tried": True},
}
"""What each filter stops, in the order of the filters."""


@pytest.mark.parametrize(
    "said",
    [
        f"The first {SHORTLIST} are examined, and {['none', 'one', 'two', 'three', 'four'][MORE]} times as many",
        f"fewer than {MOST_AT_ONCE} of them can come and answer now: {MOST_AT_ONCE} are the most",
        f"At most {SHORTLIST} are ranked or explained",
        f"Counts are those of the last {WINDOW_DAYS} days",
        f"less than a {'minute' if MIN_TIMEOUT.total_seconds() == 60 else '?'} is left",
    ],
)
def test_the_documents_numbers_match_the_code(said: str) -> None:
    assert said in WORDS


def test_the_documents_reasons_match_the_filters_in_order() -> None:
    named = [code for row in re.findall(r"^\| (`[a-z_`, ]+`) \|", TEXT, re.MULTILINE) for code in row.split("`")[1::2]]
    one_by_one = [code for code in named if code in {*FILTERS}]
    assert one_by_one == [*FILTERS]
    codes = {*named} - {*CRITERIA}
    assert codes == {*UnmatchedReason, *PassedOver} - {UnmatchedReason.RETURNED, UnmatchedReason.FAILED}


def test_each_filter_rejects_as_documented_and_the_first_is_named() -> None:
    assert candidate().rejection() is None
    stopped: dict[str, Any] = {}
    for reason, facts in reversed(FILTERS.items()):
        assert candidate(**facts).rejection() is reason
        stopped |= facts
        assert candidate(**stopped).rejection() is reason


@pytest.mark.parametrize(
    ("criterion", "facts", "score"),
    [
        ("distance", {"distance_km": 15}, 5 / 20),
        ("fairness", {"capacity": 6, "counted": 2}, 6 / 8),
        ("credit", {"credit": 80}, 0.8),
        ("credit", {"credit": 120}, 1),
        ("record", {"accepted": 3, "declined": 1, "expired": 2, "completed": 2, "returned": 1}, 4 / 7 * 3 / 4),
        ("load", {"capacity": 4, "open_jobs": 1}, 0.75),
        ("price", {"price_fen": 30_000}, 100 / 400),
    ],
)
def test_the_documents_formulas_match_the_code(criterion: str, facts: dict[str, Any], score: float) -> None:
    assert CRITERIA[criterion](candidate(**facts)) == pytest.approx(score)
    assert f"| `{criterion}` |" in TEXT


async def test_the_documents_weights_and_ladder_match_the_first_policy(world: World) -> None:
    [first] = [policy for policy in (await ok(world.supervisor.get("/policies")))["items"] if policy["version"] == 1]
    named = re.findall(r"^\| `([a-z]+)` \| [^|]+ \| (\d+) \|", TEXT, re.MULTILINE)
    assert {name: int(weight) for name, weight in named} == first["weights"] == WEIGHTS
    assert [step["rung"] for step in first["ladder"]] == [*Rung]
    places = [WORDS.index(rung.replace("_", " ").rstrip("s")) for rung in (*Rung,)[:4]]
    assert places == sorted(places)
