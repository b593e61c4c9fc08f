"""What suggesting has learned, as it is kept: the doubts, and in how many of operators' choices each lexeme was.

A model belongs to the sentences that it was learned with: with others it is of another version.
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
    """What was read is no model, or one of another version."""


class Model(NamedTuple):
    """`said`: of each lexeme, in how many choices for which item it was, beside the sentences of callers.tsv."""

    doubts: Doubts
    said: Mapping[str, Mapping[str, int]]


UNLEARNED = Model({BIAS: -2.0}, {})
"""Where no model can be read: callers are taken to want something that the hotline does."""


def learn(choices: Iterable[Sentence] = ()) -> Model:
    """The model of the callers' sentences and of these, each with its item. Raises OSError, UnicodeDecodeError."""
    chosen = list(choices)
    told = [
        (one.words, one.item in callers.NOT_COVERED)
        for one in (*callers.sentences(), *chosen)
        if one.item != callers.UNANSWERED
    ]
    return Model(learn_doubts(told), callers.count(chosen))


def write(model: Model) -> bytes:
    """The model as JSON."""
    content = {"version": VERSION, "sentences": _fingerprint(), **model._asdict()}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def read(content: bytes) -> Model:
    """The model. Raises ModelUnfit, OSError."""
    try:
        kept: dict[str, Any] = json.loads(content)
        version, sentences = kept["version"], kept["sentences"]
        doubts = {str(piece): float(weight) for piece, weight in kept["doubts"].items()}
        said = {str(lexeme): {str(k): int(n) for k, n in by.items()} for lexeme, by in kept["said"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelUnfit(f"it is damaged ({type(error).__name__})") from error
    if version != VERSION or sentences != _fingerprint():
        raise ModelUnfit("it is of another version")
    return Model(doubts, said)


@cache
def shipped() -> Model:
    """The model that comes with the software; without one that can be read, UNLEARNED."""
    try:
        return read(FILE.read_bytes())
    except (ModelUnfit, OSError) as error:
        logger.error("the model of what callers mean cannot be read, nothing is doubted: %s", error)
        return UNLEARNED


@cache
def _fingerprint() -> str:
    return hashlib.sha256((words.DATA / "callers.tsv").read_bytes()).hexdigest()


if __name__ == "__main__":  # after callers.tsv was changed
    FILE.write_bytes(write(learn()))
