"""What the data of an event must be by its declaration, and whether an event complies."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.events.kinds import Datum, EventKind

CODE = re.compile(r"[A-Za-z0-9_.:/-]{1,60}")


def is_datum(value: Any, datum: Datum) -> bool:
    """Return whether the value is of the declared type."""
    match datum:
        case Datum.WHOLE:
            return isinstance(value, int) and not isinstance(value, bool)
        case Datum.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case Datum.FLAG:
            return isinstance(value, bool)
        case Datum.CODES:
            return isinstance(value, list) and all(is_datum(each, Datum.CODE) for each in value)
    if not isinstance(value, str):
        return False
    match datum:
        case Datum.CODE:
            return CODE.fullmatch(value) is not None
        case Datum.TEXT:
            return True
    reads: dict[Datum, Callable[[str], Any]] = {
        Datum.KEY: UUID,
        Datum.DAY: date.fromisoformat,
        Datum.MOMENT: datetime.fromisoformat,
    }
    try:
        read = reads[datum](value)
    except ValueError:
        return False
    return datum is not Datum.MOMENT or read.tzinfo is not None


def faults(kind: str, data: Mapping[str, Any]) -> Iterator[str]:
    """Return where an event's data differs from what its kind declares."""
    carries = EventKind(kind).carries
    names = {name.rstrip("?"): datum for name, datum in carries.items()}
    for name in data.keys() - names.keys():
        yield f"{kind} declares no {name}"
    for name, datum in names.items():
        if data.get(name) is None:
            if f"{name}?" not in carries:
                yield f"{kind} lacks its {name}"
        elif not is_datum(data[name], datum):
            yield f"{kind}: {name} is no {datum}: {data[name]!r}"


SAMPLES: dict[Datum, Any] = {
    Datum.KEY: str(UUID(int=1)),
    Datum.CODE: "other",
    Datum.CODES: [],
    Datum.WHOLE: 0,
    Datum.NUMBER: 1,
    Datum.FLAG: False,
    Datum.MOMENT: "2026-11-24T02:00:00+00:00",
    Datum.DAY: "2026-11-24",
    Datum.TEXT: "家里没人",
}


def filled(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data, with a value for every field that an event of this kind must carry."""
    carries = EventKind(kind).carries
    return {name: SAMPLES[datum] for name, datum in carries.items() if not name.endswith("?")} | dict(data)
