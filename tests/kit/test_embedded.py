"""The embedded PostgreSQL: real processes, real kills."""

import asyncio
import contextlib
import fcntl
import os
import select
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.kit import embedded

ROOT = Path(__file__).parents[2]

# Joins, then answers each line of SQL with one value. After a broken connection it retries whenever the server's files
# change: postmaster.pid is written when the server is ready.
USER = """
import asyncio, ctypes, os, select, signal, sys, time
from pathlib import Path
import asyncpg
from app.kit import embedded

MODIFY, MOVED_TO, CREATE, DELETE = 0x2, 0x80, 0x100, 0x200

async def ask(server, sql, changes):
    deadline = time.monotonic() + 60
    while True:
        try:
            connection = await asyncpg.connect(
                host=str(server.socket_dir), port=5432, user="hotline", database="hotline"
            )
            try:
                return await connection.fetchval(sql)
            finally:
                connection.terminate()
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError):
            if not select.select([changes], [], [], max(0, deadline - time.monotonic()))[0]:
                raise
            os.read(changes, 65536)

with embedded.join(Path(sys.argv[1])) as server:
    child = os.fork() if "fork" in sys.argv else None
    if child == 0:
        signal.pause()
    libc = ctypes.CDLL(None)
    changes = libc.inotify_init1(os.O_CLOEXEC)
    folder = os.fsencode(Path(sys.argv[1]) / "cluster")
    assert libc.inotify_add_watch(changes, folder, MODIFY | MOVED_TO | CREATE | DELETE) >= 0
    print("joined", flush=True)
    for line in sys.stdin:
        print(asyncio.run(ask(server, line, changes)), flush=True)
    if child:
        os.kill(child, signal.SIGKILL)
"""

# Real ids, not namespaces: nobody, who keeps root's reach since Python itself may lie in root's home; and
# root without the capability that mapping root into a user namespace takes.
ORDINARY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
ORDINARY += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
ROOT_WITHOUT_NAMESPACES = ["setpriv", "--bounding-set=-setfcap"]


class User:
    """A process that uses the server."""

    def __init__(self, data_dir: Path, become: Sequence[str] = (), arguments: Sequence[str] = ()) -> None:
        self.process = subprocess.Popen(
            [*become, sys.executable, "-c", USER, data_dir, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )

    def joined(self) -> bool:
        assert self.process.stdout
        return self.process.stdout.readline() == "joined\n"

    def ask(self, sql: str) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{sql}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@contextlib.contextmanager
def users(
    data_dir: Path, count: int = 1, become: Sequence[str] = (), arguments: Sequence[str] = ()
) -> Iterator[list[User]]:
    """Start this many processes at the same moment, and let them leave at the end."""
    everyone = [User(data_dir, become, arguments) for _ in range(count)]
    try:
        assert all(user.joined() for user in everyone)
        yield everyone
    finally:
        for user in everyone:
            with user.process:
                pass


@contextlib.contextmanager
def at_most_a_minute() -> Iterator[None]:
    """Fail if what is waited for takes longer, which is no measure of speed."""

    def give_up(signum: int, frame: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def wait_until_free(lock_file: Path) -> None:
    """Wait until no process holds the lock."""
    with lock_file.open() as lock, at_most_a_minute():
        fcntl.flock(lock, fcntl.LOCK_EX)


def wait_until_stopped(data_dir: Path) -> None:
    """Wait until no keeper and no server process is left. The server must have shut down cleanly."""
    wait_until_free(data_dir / "server.lock")
    assert not (data_dir / "cluster" / "postmaster.pid").exists()


def is_free(lock_file: Path) -> bool:
    with lock_file.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def keeper_pid(data_dir: Path) -> int:
    return int((data_dir / "server.lock").read_text())


def server_pid(data_dir: Path) -> int | None:
    try:
        return int((data_dir / "cluster" / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, IndexError):
        return None


def kill_and_see_it_back(data_dir: Path, victim: int | None, user: User) -> None:
    before = server_pid(data_dir)
    assert before
    assert victim
    server = os.pidfd_open(before)
    os.kill(victim, signal.SIGKILL)
    assert select.select([server], [], [], 60)[0], "the server outlived its keeper"
    os.close(server)
    assert user.ask("SELECT 1") == "1"
    assert server_pid(data_dir) not in (None, before)


@pytest.fixture(scope="module")
def created(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Have three processes create the server at the same moment."""
    folder = tmp_path_factory.mktemp("embedded") / "data"
    with users(folder, 3) as everyone:
        assert len({user.ask("SELECT pg_postmaster_start_time()") for user in everyone}) == 1
        everyone[0].ask("CREATE TABLE note AS SELECT '海曙区' AS township")
    wait_until_stopped(folder)
    return folder


@pytest.fixture
def data_dir(created: Path) -> Iterator[Path]:
    """Yield a data folder with a little data. No server runs there before or after the test."""
    yield created
    wait_until_stopped(created)


@pytest.mark.parametrize("become", [[], ORDINARY, ROOT_WITHOUT_NAMESPACES] if os.geteuid() == 0 else [[]], ids=" ".join)
def test_the_server_starts_and_restarts_under_any_account(tmp_path: Path, become: list[str]) -> None:
    if become == ORDINARY:
        os.chown(tmp_path, 65534, 65534)
    folder = tmp_path / "data"
    with users(folder, become=become) as [user]:
        user.ask("CREATE EXTENSION pg_trgm")
        settings = "fsync", "synchronous_commit", "listen_addresses", "server_encoding", "TimeZone"
        shown = " || ' ' || ".join(f"current_setting('{name}')" for name in settings)
        assert user.ask(f"SELECT {shown}") == "on on  UTF8 UTC"
        assert user.ask("SELECT similarity('海曙区', '海曙区月湖街道') > 0.3") == "True"
        assert stat.S_IMODE((folder / "socket").stat().st_mode) == 0o700
        kill_and_see_it_back(folder, keeper_pid(folder), user)


def test_a_killed_user_does_not_disturb_the_others(data_dir: Path) -> None:
    with users(data_dir) as [first], users(data_dir) as [second]:
        started = second.ask("SELECT pg_postmaster_start_time()")
        first.process.kill()
        first.process.wait()
        assert second.ask("SELECT pg_postmaster_start_time()") == started


@pytest.mark.parametrize("find_victim", [keeper_pid, server_pid])
def test_a_killed_server_or_keeper_comes_back_with_its_data(
    data_dir: Path, find_victim: Callable[[Path], int | None]
) -> None:
    with users(data_dir, 3) as everyone:
        everyone[0].ask(f"CREATE TABLE kept_{find_victim.__name__} AS SELECT 81890 AS number")
        kill_and_see_it_back(data_dir, find_victim(data_dir), everyone[0])
        assert {user.ask(f"SELECT number FROM kept_{find_victim.__name__}") for user in everyone} == {"81890"}


def test_the_server_stops_when_its_last_user_is_killed(data_dir: Path) -> None:
    with users(data_dir) as [user]:
        user.process.kill()
        wait_until_stopped(data_dir)


def test_no_second_server_starts_while_a_process_of_the_first_lives(data_dir: Path) -> None:
    with users(data_dir) as [user]:
        keeper, server = keeper_pid(data_dir), server_pid(data_dir)
        assert server
        os.kill(server, signal.SIGSTOP)
        try:
            user.process.kill()
            os.kill(keeper, signal.SIGKILL)
            wait_until_free(data_dir / "users.lock")  # both are gone
            assert not is_free(data_dir / "server.lock")
        finally:
            os.kill(server, signal.SIGCONT)


def test_a_forked_child_does_not_pass_for_a_server(data_dir: Path) -> None:
    """A child inherits its parent's open files, which must not include the server lock."""
    with users(data_dir) as [first], users(data_dir, arguments=["fork"]) as [second]:
        first.process.kill()
        first.process.wait()
        for _ in range(2):  # the second keeper is the first one that the forking process starts
            kill_and_see_it_back(data_dir, keeper_pid(data_dir), second)


def test_stale_pid_files_do_not_prevent_a_start(data_dir: Path) -> None:
    with users(data_dir):
        pid_file = data_dir / "cluster" / "postmaster.pid"
        left_behind = pid_file.read_text().splitlines()
    wait_until_stopped(data_dir)
    pid_file.write_text("\n".join([str(os.getpid()), *left_behind[1:]]))
    (data_dir / "socket" / ".s.PGSQL.5432.lock").write_text(pid_file.read_text())
    with users(data_dir) as [user]:
        assert user.ask("SELECT township FROM note") == "海曙区"


def test_a_half_made_cluster_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    user = User(folder)
    with user.process:
        with at_most_a_minute():
            while not (folder / "cluster.new" / "PG_VERSION").exists():
                os.sched_yield()
        os.killpg(keeper_pid(folder), signal.SIGKILL)
        assert user.joined()
        assert user.ask("SELECT 1") == "1"
    wait_until_stopped(folder)


def test_url_works_with_a_long_path_and_a_server_of_the_users_own(
    tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "热线 & 数据 100%" / ("数" * 40)
    shutil.copytree(data_dir / "cluster", folder / "cluster")
    for name, value in {"PGHOST": "127.0.0.1", "PGPORT": "none", "PGUSER": "x", "PGDATA": "/nowhere"}.items():
        monkeypatch.setenv(name, value)
    with embedded.join(folder) as server:
        assert asyncio.run(fetch_township(server.url)) == "海曙区"
    wait_until_stopped(folder)
    server.socket_dir.rmdir()  # outside tmp_path


async def fetch_township(url: str) -> str:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        township = await connection.scalar(text("SELECT township FROM note"))
    await engine.dispose()
    return str(township)


def test_missing_programs_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_PG_BIN", str(tmp_path))
    with pytest.raises(embedded.EmbeddedPostgresError) as raised:
        join_and_leave(tmp_path / "data")
    assert f"{tmp_path}/postgres is missing" in str(raised.value)
    assert "HOTLINE_PG_BIN" in str(raised.value)
    assert "DATABASE_URL" in str(raised.value)


def test_a_failed_start_names_the_reason(tmp_path: Path, data_dir: Path) -> None:
    shutil.copytree(data_dir / "cluster", tmp_path / "cluster")
    (tmp_path / "cluster" / "global" / "pg_control").unlink()
    with pytest.raises(embedded.EmbeddedPostgresError, match="could not find the database system"):
        join_and_leave(tmp_path)


def test_data_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "PG_VERSION").write_text("15\n")
    with pytest.raises(embedded.EmbeddedPostgresError, match="was made by PostgreSQL 15"):
        join_and_leave(tmp_path)


def join_and_leave(data_dir: Path) -> None:
    with embedded.join(data_dir):
        pass
