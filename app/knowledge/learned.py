"""The learned part of suggestions: the doubts, and for each lexeme the number of operators' choices per item.

A model is only valid for the training sentences that it was learned from. When they change, it counts as another
version.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from app.knowledge import callers, words
from app.knowledge.callers import Sentence
from app.knowledge.doubts import BIAS, Doubts, learn_doubts

VERSION = 1
FILE = words.DATA / "model.json"
"""The model that comes with the software."""

logger = logging.getLogger(__name__)


class ModelUnfit(Exception):
    """The content is not a model, or is one of another version."""


class Model(NamedTuple):
    """A learned model. `said`: for each lexeme, the number of choices per item, in addition to callers.tsv."""

    doubts: Doubts
    said: Mapping[str, Mapping[str, int]]


UNLEARNED = Model({BIAS: -2.0}, {})
"""Used if no model can be read: every caller is taken to want something that the hotline offers."""


def learn(choices: Iterable[Sentence] = ()) -> Model:
    """Learn a model from the training sentences and from these choices. Raises OSError, UnicodeDecodeError."""
    chosen = list(choices)
    told = [
        (one.words, one.item in callers.NOT_COVERED)
        for one in (*callers.sentences(), *chosen)
        if one.item != callers.UNANSWERED
    ]
    return Model(learn_doubts(told), callers.count(chosen))


def write(model: Model) -> bytes:
    """Return the model as JSON."""
    content = {"version": VERSION, "sentences": _fingerprint(), **model._asdict()}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def read(content: bytes) -> Model:
    """Return the model that `write` turned into JSON. Raises ModelUnfit, OSError."""
    try:
        kept: dict[str, Any] = json.loads(content)
        version, sentences = kept["version"], kept["sentences"]
        doubts = {str(piece): float(weight) for piece, weight in kept["doubts"].items()}
        said = {str(lexeme): {str(k): int(n) for k, n in by.items()} for lexeme, by in kept["said"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelUnfit(f"the model is damaged ({type(error).__name__})") from error
    if version != VERSION or sentences != _fingerprint():
        raise ModelUnfit("the model is of another version")
    return Model(doubts, said)


@cache
def shipped() -> Model:
    """Return the model that comes with the software, or UNLEARNED if it cannot be read."""
    try:
        return read(FILE.read_bytes())
    except (ModelUnfit, OSError) as error:
        logger.error("the model of what callers mean cannot be read, nothing is doubted: %s", error)
        return UNLEARNED


@cache
def _fingerprint() -> str:
    return hashlib.sha256((words.DATA / "callers.tsv").read_bytes()).hexdigest()


if __name__ == "__main__":  # run this after changing callers.tsv
    FILE.write_bytes(write(learn()))
