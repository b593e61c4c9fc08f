"""Every operation has an example, and the real application accepts each.

`make examples` writes the examples that the chapters play into app/contract/examples.json.
"""

import json
import os
import re
from typing import Any

import pytest

from app.contract.document import EXAMPLES
from tests.contract.chapters import CHAPTERS, Chapter
from tests.contract.playing import Stage
from tests.test_routes import APP
from tests.world import World

WRITTEN = json.loads(EXAMPLES.read_text(encoding="utf-8")) if EXAMPLES.is_file() else {}
_ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

_NUMBER = re.compile(r"(?<!\d)1\d{3,5}(?!\d)")
"""A number assigned by the database."""
PATHS = APP.state.contract.document["paths"]
IDS = {operation["operationId"] for path in PATHS.values() for operation in path.values()}
WITHOUT = {"followLog": "a stream that does not end", "readMetrics": "text, and different at every call"}


def sent(example: dict[str, Any]) -> str:
    """Return what a caller sends, regardless of ids."""
    parameters = sorted(example.get("parameters", {}))
    text = json.dumps([parameters, example.get("body"), example["status"]], sort_keys=True, ensure_ascii=False)
    return _NUMBER.sub("number", _ID.sub("id", text))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__)
async def test_the_recorded_examples_are_current(world: World, chapter: Chapter) -> None:
    stage = Stage(world, world.application.state.contract)
    await chapter(stage)
    if os.environ.get("HOTLINE_WRITE_EXAMPLES"):
        WRITTEN.update(stage.played)
        for gone in WRITTEN.keys() - IDS:
            del WRITTEN[gone]
        text = json.dumps(WRITTEN, ensure_ascii=False, indent=1, sort_keys=True)
        EXAMPLES.write_text(f"{text}\n", encoding="utf-8")
    for operation_id, example in stage.played.items():
        assert operation_id in WRITTEN, "make examples"
        assert sent(WRITTEN[operation_id]) == sent(example), f"{operation_id}: make examples"


def test_every_operation_has_an_example() -> None:
    assert WRITTEN.keys() | WITHOUT.keys() == IDS
