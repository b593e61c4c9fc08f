"""docs/states.md shows exactly the moves that exist."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.admission.states import APPLICATION_MOVES
from app.aftercare.states import CALLBACK_MOVES
from app.calls.states import CALL_MOVES
from app.complaints.states import COMPLAINT_MOVES
from app.credit.states import CREDIT_MOVES
from app.danger.states import GUIDE_MOVES
from app.events.transition import Move
from app.intake.states import REQUEST_MOVES
from app.jobs.states import EXTENSION_MOVES, JOB_MOVES, OFFER_MOVES
from app.knowledge.states import ARTICLE_MOVES
from app.registry.states import MONTH_MOVES, PROVIDER_MOVES
from app.webhooks.states import DELIVERY_MOVES, WEBHOOK_MOVES

STATES = Path(__file__).parent.parent / "docs" / "states.md"
ALL = {
    "application": APPLICATION_MOVES,
    "article": ARTICLE_MOVES,
    "call": CALL_MOVES,
    "guide": GUIDE_MOVES,
    "request": REQUEST_MOVES,
    "offer": OFFER_MOVES,
    "job": JOB_MOVES,
    "extension": EXTENSION_MOVES,
    "callback": CALLBACK_MOVES,
    "complaint": COMPLAINT_MOVES,
    "credit": CREDIT_MOVES,
    "provider": PROVIDER_MOVES,
    "month": MONTH_MOVES,
    "webhook": WEBHOOK_MOVES,
}


def rows() -> set[tuple[str, frozenset[str], str, str]]:
    """Return step, source, target and event of each row of the tables."""
    found = set()
    for line in STATES.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 4 and "." in cells[3]:
            found.add((cells[0], frozenset(cells[1].split(", ")), cells[2], cells[3]))
    return found


def test_the_silent_moves_of_a_delivery_are_shown() -> None:
    text = STATES.read_text(encoding="utf-8")
    for step, move in DELIVERY_MOVES.items():
        assert f"\n| {step} | {', '.join(sorted(move.sources))} | {move.target} |\n" in text


@pytest.mark.parametrize("subject", ALL)
def test_the_documented_moves_match_the_code(subject: str) -> None:
    moves: Mapping[str, Move] = ALL[subject]
    shown = {row for row in rows() if row[3].startswith(f"{subject}.")}
    assert shown == {
        (step, frozenset(map(str, move.sources)), str(move.target or "(former)"), move.event)
        for step, move in moves.items()
    }
