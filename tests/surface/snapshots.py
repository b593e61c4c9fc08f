"""The committed snapshots in docs/surface, and what they are made of.

`make surface` writes them anew. It refuses where the API's document would take something away from its users, unless
that is meant: `make surface ARGS=--narrower`.
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
from app.main import create_app
from app.settings import Settings
from hotline_provider.cli import app as provider
from tests.surface.narrowing import narrowings

FOLDER = Path(__file__).parents[2] / "docs" / "surface"
DOCUMENT, EXPORTS, COMMANDS = FOLDER / "openapi.json", FOLDER / "exports.txt", FOLDER / "commands.txt"


def document() -> dict[str, Any]:
    """The API's OpenAPI document as it is now, in order."""
    made = create_app(Settings(database_url="postgresql://nowhere/none")).openapi()
    return dict(json.loads(json.dumps(made, sort_keys=True)))


def exporting() -> Iterator[ModuleType]:
    """Every module of ours that says what it exports."""
    for package in (app, hotline_provider):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            origin = Path(str(found.module_finder.path), f"{found.name.rpartition('.')[2]}.py")  # type: ignore[union-attr]
            file = origin if origin.is_file() else origin.with_suffix("") / "__init__.py"
            if re.search(r"^__all__\b", file.read_text(encoding="utf-8"), re.MULTILINE):
                yield importlib.import_module(found.name)
    yield hotline_provider


def exports() -> str:
    """A line for each name."""
    return "".join(f"{module.__name__}: {name}\n" for module in exporting() for name in sorted(module.__all__))


def commands() -> str:
    """A line for each command, each argument and each option of both programs."""
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
    """Its type, the values or the range it takes, whether it must be given, and what holds where it is not."""
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
    yield "required" if parameter.required else f"else {parameter.default}"


def write(made: dict[str, Any]) -> None:
    """Write all three."""
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(made, sort_keys=True, indent=1, ensure_ascii=False)
    DOCUMENT.write_text(f"{text}\n", encoding="utf-8")
    EXPORTS.write_text(exports(), encoding="utf-8")
    COMMANDS.write_text(commands(), encoding="utf-8")


if __name__ == "__main__":
    now = document()
    taken = narrowings(json.loads(DOCUMENT.read_text(encoding="utf-8")), now) if DOCUMENT.is_file() else []
    if taken and "--narrower" not in sys.argv:
        sys.exit(
            "\n".join(["this takes away from those who use the API:", *taken, "if meant: make surface ARGS=--narrower"])
        )
    write(now)
