"""No change to the public surface goes unnoticed: docs/surface records it, and `make surface` rewrites it."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from app.kit.terms import Term
from app.metrics.schemas import Figure, Rates
from tests.surface import snapshots, words
from tests.surface.narrowing import narrowings


def test_the_api_matches_its_snapshot() -> None:
    written, now = json.loads(snapshots.DOCUMENT.read_text(encoding="utf-8")), snapshots.document()
    taken = narrowings(written, now)
    assert not taken, "\n".join(["if meant: make surface ARGS=--narrower", *taken])
    assert written == now, "the API has grown: make surface"


def test_the_commands_match_their_snapshot() -> None:
    assert snapshots.commands().splitlines() == snapshots.COMMANDS.read_text(encoding="utf-8").splitlines()


def test_the_events_match_their_snapshot() -> None:
    assert snapshots.events().splitlines() == snapshots.EVENTS.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("made", "file"),
    [(words.glossary, words.GLOSSARY), (words.console, words.CONSOLE), (words.kit, words.KIT)],
    ids=["glossary", "console", "kit"],
)
def test_the_words_match_their_snapshot(made: Callable[[], str], file: Path) -> None:
    assert made().splitlines() == file.read_text(encoding="utf-8").splitlines()


def test_every_enum_of_terms_has_a_name_of_its_own() -> None:
    names = [one.__name__ for one in words.terms()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("left_out", ["zh", "en", "meaning"])
def test_a_term_without_a_word_or_a_meaning_is_none(left_out: str) -> None:
    given = {"zh": "无偿", "en": "free", "meaning": "Nobody pays."} | {left_out: ""}
    with pytest.raises(TypeError, match="Tariff free needs"):
        Term("Tariff", {"FREE": ("free", *given.values())})  # type: ignore[arg-type]


def test_the_exports_match_their_snapshot() -> None:
    assert snapshots.exports().splitlines() == snapshots.EXPORTS.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("module", list(snapshots.exporting()), ids=lambda module: module.__name__)
def test_every_exported_name_is_there(module: ModuleType) -> None:
    names: dict[str, object] = {}
    exec(f"from {module.__name__} import *", names)
    assert set(module.__all__) <= names.keys()


def test_every_rate_is_a_figure_with_words() -> None:
    assert list(Rates.model_fields) == list(Figure)
