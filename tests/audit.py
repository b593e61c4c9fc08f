"""`make audit`: ask the registries of Python's and npm's packages for known vulnerabilities of what is pinned.

It fails if there is one, and also if a package could not be asked about: pip-audit calls that a success. A mirror may
answer and know of no vulnerability at all, so an old package that is known to have some is asked about as well.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from console.build import find_npm

ROOT = Path(__file__).parents[1]
LOCKS = (ROOT / "console", ROOT / "tests" / "surface" / "lint")
OLD_PYTHON = ("jinja2", "2.4.1")
OLD_NPM = ("lodash", "4.17.4")
"""Packages with vulnerabilities that have been published for years."""

Report = dict[str, Any]


def python_faults(report: Report, of_old: Report) -> Iterator[str]:
    """Yield what is wrong according to pip-audit's report of our packages and of the old one."""
    packages = report.get("dependencies", [])
    if not packages or not any(package.get("vulns") for package in of_old.get("dependencies", [])):
        yield f"nothing could be audited: PyPI reports no vulnerability even of {'=='.join(OLD_PYTHON)}"
    for package in packages:
        if "skip_reason" in package:
            yield f"{package['name']} could not be audited: {package['skip_reason']}"
        for found in package.get("vulns", []):
            fixed = ", ".join(found["fix_versions"]) or "no version"
            yield f"{package['name']} {package['version']}: {found['id']}, fixed in {fixed}"


def npm_faults(report: Report, of_old: Report) -> Iterator[str]:
    """Yield what is wrong according to npm's report of one lock file and of the old package."""
    if not report.get("metadata", {}).get("dependencies", {}).get("total") or not of_old.get("vulnerabilities"):
        yield f"nothing could be audited: npm reports no vulnerability even of {'@'.join(OLD_NPM)}"
    for name, found in report.get("vulnerabilities", {}).items():
        yield f"{name} {found['range']}: {found['severity']}"


def _audit_python(requirements: Path) -> Report:
    command = ["--format=json", "--progress-spinner=off", "--no-deps", "--disable-pip", f"--requirement={requirements}"]
    return _run([sys.executable, "-m", "pip_audit", *command])


def _audit_npm(folder: Path) -> Report:
    command, environment = find_npm()
    return _run([*command, "audit", "--json", "--package-lock-only"], cwd=folder, env=environment)


def _run(command: list[str], **options: Any) -> Report:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    try:
        report: Report = json.loads(done.stdout)
    except ValueError:
        report = {}
    if done.returncode != 0 and not report.keys() & {"dependencies", "vulnerabilities"}:
        sys.stderr.write(f"{report.get('message', done.stderr)}\n")
    return report


def main() -> int:
    """Audit everything and print what is wrong. Return the exit code."""
    with TemporaryDirectory() as place:
        old = Path(place)
        name, version = OLD_NPM
        (old / "requirements.txt").write_text("==".join(OLD_PYTHON), encoding="utf-8")
        root = {"name": "old", "version": "1.0.0", "dependencies": {name: version}}
        packages = {"": root, f"node_modules/{name}": {"version": version}}
        lock = {"name": "old", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": packages}
        (old / "package.json").write_text(json.dumps(root), encoding="utf-8")
        (old / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
        python = _audit_python(ROOT / "requirements.lock")
        faults = [*python_faults(python, _audit_python(old / "requirements.txt"))]
        of_old = _audit_npm(old)
        for folder in LOCKS:
            faults += [f"{folder.relative_to(ROOT)}: {fault}" for fault in npm_faults(_audit_npm(folder), of_old)]
    told = (
        "\n".join(faults) or f"No known vulnerabilities in {len(python['dependencies'])} packages of Python and npm's."
    )
    sys.stdout.write(f"{told}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
