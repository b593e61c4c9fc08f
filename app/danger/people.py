"""Finds out whether callers are in danger themselves or report somebody else's. A script has lines for each case."""

import logging
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple, cast

import yaml

from app.danger.kinds import DangerKind, InDanger
from app.danger.lexemes import DATA, plain
from app.danger.words import bounded

logger = logging.getLogger(__name__)

READ = 1_000
"""How many characters of a text are read; callers say at once who it is."""

BY_PEOPLE = frozenset({DangerKind.VIOLENCE, DangerKind.CRIME})
"""Dangers in which somebody who is named may be the attacker."""


class _Names(NamedTuple):
    reporting: re.Pattern[str]
    others: re.Pattern[str]
    own: re.Pattern[str]
    """A word like 我 or my before somebody else: 我女儿 names the daughter, not the caller."""
    caller: re.Pattern[str]
    attackers: re.Pattern[str]


def in_danger(text: str, kind: DangerKind) -> InDanger | None:
    """Return who is in this danger according to the text, or None if it names nobody or both.

    Raises nothing, whatever the text.
    """
    names = _names()
    if names is None:
        return None
    said = names.reporting.sub("…", plain(text[:READ]))
    other = names.others.search(names.attackers.sub("…", said) if kind in BY_PEOPLE else said)
    caller = names.caller.search(names.own.sub("…", said))
    if bool(other) == bool(caller):
        return None
    return InDanger.OTHER if other else InDanger.CALLER


@cache
def _names() -> _Names | None:
    """Return the patterns, or None if their file is damaged: then the guides presume who is in danger."""
    try:
        read = cast(Mapping[str, list[str]], yaml.safe_load((DATA / "people.yaml").read_text(encoding="utf-8")))
        others = _any_of(read["others"])
        own = rf"我(?:{'|'.join(read['own'])}|)(?={others})|(?<![a-z])(?:my|our)(?= (?:[a-z]+ )?{others})"
        reporting, caller, attackers = (_any_of(read[name]) for name in ("reporting", "caller", "attackers"))
    except (OSError, LookupError, TypeError, ValueError, yaml.YAMLError):
        logger.exception("cannot read the names of people; the scripts presume who is in danger")
        return None
    return _Names(*map(re.compile, (reporting, others, own, caller, attackers)))


def _any_of(phrases: Iterable[str]) -> str:
    return f"(?:{'|'.join(bounded(phrase) for phrase in sorted(phrases, key=len, reverse=True))})"
