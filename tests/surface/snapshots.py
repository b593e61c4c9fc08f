"""The committed snapshots in docs/surface, and what they are made from.

`make surface` rewrites them. It refuses if the API's document takes something away from its users, unless that is
intended: `make surface ARGS=--narrower`.
"""

import importlib
import json
import pkgutil
import re
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import ModuleType, NoneType
from typing import Any, get_args

import typer

import app
import hotline_provider
from app.cli import app as hotline
from app.events.facts import FACTS
from app.events.kinds import EventKind
from app.main import create_app
from app.privacy.schedule import as_table
from app.settings import Settings
from hotline_provider.cli import app as provider
from tests.surface import words
from tests.surface.narrowing import narrowings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "surface"
DOCUMENT, EXPORTS, COMMANDS = FOLDER / "openapi.json", FOLDER / "exports.txt", FOLDER / "commands.txt"
EVENTS = FOLDER.parent / "events.md"
PERSONAL_DATA = FOLDER.parent / "personal-data.md"


def document() -> dict[str, Any]:
    """Return the API's OpenAPI document as it is now, sorted."""
    made = create_app(Settings(database_url="postgresql://nowhere/none")).openapi()
    return dict(json.loads(json.dumps(made, sort_keys=True)))


def exporting() -> Iterator[ModuleType]:
    """Return every module of ours that declares what it exports."""
    for package in (app, hotline_provider):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            origin = Path(str(found.module_finder.path), f"{found.name.rpartition('.')[2]}.py")  # type: ignore[union-attr]
            file = origin if origin.is_file() else origin.with_suffix("") / "__init__.py"
            if re.search(r"^__all__\b", file.read_text(encoding="utf-8"), re.MULTILINE):
                yield importlib.import_module(found.name)
    yield hotline_provider


def exports() -> str:
    """Return one line per exported name."""
    return "".join(f"{module.__name__}: {name}\n" for module in exporting() for name in sorted(module.__all__))


def events() -> str:
    """Return docs/events.md: every kind of event."""
    subjects: dict[str, list[EventKind]] = {}
    for kind in EventKind:
        subjects.setdefault(kind.partition(".")[0], []).append(kind)
    parts = [_EVENTS_HEAD.format(facts=", ".join(f"`{name}`" for name in FACTS))]
    for subject, kinds in subjects.items():
        parts.append(f"\n## {subject}\n\n| kind | what happened | `data` |\n|---|---|---|\n")
        parts += [f"| {kind} | {kind.sentence} | {_carried(kind)} |\n" for kind in kinds]
    return "".join(parts)


def _carried(kind: EventKind) -> str:
    return ", ".join(f"`{name}` {datum}" for name, datum in kind.carries.items())


_EVENTS_HEAD = """# Events

What can have happened, by whom it is about. The log (`events`) keeps each with its moment, who did it, and in `data`
what was true then ([0017](decisions/0017-event-log.md)); figures, webhooks and timelines read it by kind. An endpoint
may ask for some of them only (`types`). What the audit log notes is no event. Written by `make surface` from
`app/events/kinds.py`; the moves that leave them are in [states.md](states.md).

Beside its `data` an event about a request carries, in columns of its own that are sent to nobody, what the request was
then: {facts}. By these, and by provider and actor, figures count ([0022](decisions/0022-figures.md)).

In `data` a name with a question mark may be missing or null. Sums are in fen, spans in seconds, as their names say;
`happened_at` is when it happened, where that was before it was written down; `after_seconds` is since receipt.
"""


def personal_data() -> str:
    """Return docs/personal-data.md with the present schedule between its marks."""
    before, rest = PERSONAL_DATA.read_text(encoding="utf-8").split("<!-- schedule -->\n")
    return f"{before}<!-- schedule -->\n\n{as_table()}\n<!-- end -->" + rest.split("<!-- end -->")[1]


def commands() -> str:
    """Return one line per command, argument and option of both programs."""
    groups = {"hotline": hotline, "hotline-provider": provider}
    return "".join(
        f"{line}\n" for name, group in groups.items() for line in _command(name, typer.main.get_command(group))
    )


def _command(name: str, command: Any) -> Iterator[str]:
    yield name
    for parameter in command.params:
        yield f"{name} {' '.join(parameter.opts + parameter.secondary_opts)}: {'; '.join(_about(parameter))}"
    for child, below in sorted(getattr(command, "commands", {}).items()):
        yield from _command(f"{name} {child}", below)


def _about(parameter: Any) -> Iterator[str]:
    """Return its type, the accepted values or range, whether it is required, and its default."""
    annotation = parameter.type_descriptor.annotation
    kind = next((part for part in get_args(annotation) if part is not NoneType), annotation)
    if isinstance(kind, type) and issubclass(kind, Enum):
        yield ", ".join(str(member.value) for member in kind)
    else:
        yield getattr(kind, "__name__", str(kind))
    if parameter.min is not None or parameter.max is not None:
        yield f"from {parameter.min} to {parameter.max}"
    if parameter.multiple or parameter.nargs == -1:
        yield "repeated"
    default = parameter.default
    yield "required" if parameter.required else f"else {_relative(default) if isinstance(default, Path) else default}"


def _relative(path: Path) -> Path:
    """Return the path so that it is the same on every machine."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def write(made: dict[str, Any]) -> None:
    """Write all snapshots."""
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(made, sort_keys=True, indent=1, ensure_ascii=False)
    DOCUMENT.write_text(f"{text}\n", encoding="utf-8")
    EXPORTS.write_text(exports(), encoding="utf-8")
    COMMANDS.write_text(commands(), encoding="utf-8")
    EVENTS.write_text(events(), encoding="utf-8")
    PERSONAL_DATA.write_text(personal_data(), encoding="utf-8")
    words.write()


if __name__ == "__main__":
    now = document()
    taken = narrowings(json.loads(DOCUMENT.read_text(encoding="utf-8")), now) if DOCUMENT.is_file() else []
    if taken and "--narrower" not in sys.argv:
        sys.exit(
            "\n".join(["this takes away from those who use the API:", *taken, "if meant: make surface ARGS=--narrower"])
        )
    write(now)
