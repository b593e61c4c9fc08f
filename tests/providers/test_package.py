"""The kit stands alone: its wheel and the wheel's declared dependencies are enough, without the server's code."""

import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

KIT = Path(__file__).parents[2] / "providers"
LOOK = """
import importlib.util, pkgutil, sys
import hotline_provider, hotline_provider.cli
for module in pkgutil.iter_modules(hotline_provider.__path__):
    importlib.import_module(f"hotline_provider.{module.name}")
print(*{name.partition(".")[0] for name in sys.modules} & {"app", "sqlalchemy", "fastapi", "asyncpg", "uvicorn"})
"""


def needed(name: str, found: dict[str, Distribution]) -> dict[str, Distribution]:
    """Return the distribution and everything that it requires."""
    if name not in found:
        found[name] = distribution(name)
        for line in found[name].requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                needed(requirement.name, found)
    return found


def test_the_wheel_runs_with_nothing_but_what_it_declares(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=KIT, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    for one in needed("hotline-provider", {}).values():
        if one.name != "hotline-provider":
            for top in {path.parts[0] for path in one.files or () if path.parts[0] not in ("..", "__pycache__")}:
                if not (site / top).exists():
                    (site / top).symlink_to(Path(str(one.locate_file(top))))
    alone = [sys.executable, "-S", "-E", "-c", f"import sys; sys.path.insert(0, {str(site)!r})\n{LOOK}"]
    done = subprocess.run(alone, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
    assert (site / "hotline_provider" / "py.typed").exists()
