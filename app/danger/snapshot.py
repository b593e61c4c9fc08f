"""The guides in force that each process keeps in memory. They are read at first use, and again when one is approved."""

import asyncio
import logging
import re
from collections.abc import Mapping, Set
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

import yaml

from app.danger import queries
from app.danger.kinds import DangerKind
from app.danger.lexemes import DATA
from app.danger.models import GuideStatus
from app.danger.recognising import Recognised, recognise
from app.danger.schemas import EmergencyLine, Guide
from app.danger.words import Rules, Words, read_rules
from app.kit.cached import Cached
from app.kit.db import Database, Tx
from app.kit.names import same_form, tidy

DANGER_TOPIC = "dangers"
_NUMBER = re.compile(r"(?<![\d+-])\+?\d[\d-]*(?!\d)")
_AND = re.compile("[，,、；;/+和及]")

logger = logging.getLogger(__name__)


class Dangers(NamedTuple):
    """The guides in force, and the words that reveal each kind. The guides of `samples` came with the software."""

    guides: Mapping[DangerKind, Guide]
    rules: Rules
    samples: Set[DangerKind]

    def recognise(self, text: str) -> list[Recognised]:
        """Return the dangers recognised in the text, most likely first."""
        return recognise(text, self.rules)

    def takes(self, kind: DangerKind, line: str) -> bool:
        """Return whether the guide for this kind lists the line, which the operator gives by full number or name."""
        names = {same_form(part) for part in (line, *_AND.split(line))}
        numbers = set(_NUMBER.findall(tidy(line)))
        return any(each.number in numbers or _names(each) & names for each in self.guides[kind].lines)

    def of_item(self, item: str) -> list[DangerKind]:
        """Return the dangers whose requests get this item."""
        return [kind for kind in DangerKind if self.guides[kind].item == item]


def _names(line: EmergencyLine) -> set[str]:
    """Return the names of a line: its own, with and without the note on when to use it, and others."""
    own = [name for said in (line.zh, line.en) for name in (said, re.split("[:：]", said)[0])]
    also = [name for key in (line.number, own[1]) if key for name in _also().get(key, ())]
    return {same_form(name) for name in (*own, *also)}


@cache
def _also() -> Mapping[str, list[str]]:
    """Return other names of lines. Return none if the file is damaged: the guides' own numbers and names still work."""
    try:
        return cast(Mapping[str, list[str]], yaml.safe_load((DATA / "lines.yaml").read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError):
        logger.exception("cannot read other names of the emergency lines; only their own names are recognised")
        return {}


def read_scripts(file: Path = DATA / "scripts.yaml") -> dict[DangerKind, Guide]:
    """Return the guides that come with the software. Raises OSError, YAMLError or ValidationError."""
    rows: Mapping[str, Any] = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return {kind: Guide.model_validate(rows[kind]) for kind in DangerKind}


@cache
def _own_words() -> Mapping[DangerKind, Words]:
    """Return the words that come with the software.

    Return none if their file is damaged, because calls must be taken even then.
    """
    try:
        return read_rules().words
    except (OSError, ValueError, yaml.YAMLError):
        logger.exception("cannot read the words that reveal a danger; only the centre's own are used")
        return Rules({}).words


def words_of(kind: DangerKind, guide: Guide) -> Words:
    """Return the words that reveal the danger under this guide."""
    if guide.words is None:
        return _own_words()[kind]
    return Words(tuple(guide.words.recognise), tuple(guide.words.take_back))


async def read_guides(tx: Tx) -> dict[DangerKind, Guide]:
    """Return the guides in force. A kind that was never loaded has the software's own."""
    guides = await asyncio.to_thread(read_scripts)
    for version in await queries.list_present(tx):
        if version.status == GuideStatus.APPROVED:
            guides[DangerKind(version.kind)] = Guide.model_validate(version.content)
    return guides


def dangers_of(guides: Mapping[DangerKind, Guide], samples: Set[DangerKind] = frozenset(DangerKind)) -> Dangers:
    """Return these guides with the rules that recognise each danger by the guide's words."""
    return Dangers(guides, Rules({kind: words_of(kind, guide) for kind, guide in guides.items()}), samples)


async def read_dangers(db: Database) -> Dangers:
    """Read the guides in force."""
    async with db.begin() as tx:
        guides = await read_guides(tx)
        own = await queries.list_own_kinds(tx)
    return dangers_of(guides, set(DangerKind) - set(own))


class CachedDangers(Cached[Dangers]):
    """The guides of one process."""

    topic = DANGER_TOPIC
    read_anew = staticmethod(read_dangers)
