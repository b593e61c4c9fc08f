"""Creates the database cluster, completely or not at all, and starts its server."""

import os
import shutil
import subprocess
import sys
import time

from app.kit.embedded.folder import DataFolder, EmbeddedPostgresError
from app.kit.embedded.programs import Programs

# Modest for two cores and a few GB; fsync and synchronous_commit stay on, as they are by default.
_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "log",  # the server's own messages, not the faulty statements of clients
    "log_checkpoints": "off",
}


def create_cluster(programs: Programs, folder: DataFolder) -> None:
    """Create the cluster with the role and the database `hotline`. Its folder gets its name only once it is complete.

    Raises EmbeddedPostgresError with initdb's output if it fails.
    """
    unfinished = folder.root / "cluster.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    # Text sorts by code point. The C library's locale still matters: pg_trgm ignores Chinese under C.
    locale = ["--locale=C", f"--lc-ctype={'C.UTF-8' if sys.platform == 'linux' else 'en_US.UTF-8'}"]
    if programs.major >= 17:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    programs.run("initdb", "--pgdata", unfinished, "--username=hotline", "--auth=trust", "--encoding=UTF8", *locale)
    programs.run(
        "postgres", "--single", "-D", unfinished, "-c", "exit_on_error=on", "postgres",
        stdin="CREATE DATABASE hotline\n",
    )  # fmt: skip
    unfinished.rename(folder.cluster)
    root = os.open(folder.root, os.O_RDONLY)
    os.fsync(root)
    os.close(root)


def check_version(programs: Programs, folder: DataFolder) -> None:
    """Raise EmbeddedPostgresError if another major version of PostgreSQL made the cluster."""
    made_by = (folder.cluster / "PG_VERSION").read_text().strip()
    if made_by != str(programs.major):
        raise EmbeddedPostgresError(
            f"{folder.cluster} was made by PostgreSQL {made_by}, but these programs are version {programs.major};"
            f" set HOTLINE_PG_BIN to the bin folder of a PostgreSQL {made_by}, or move the data away"
        )


def start_server(programs: Programs, folder: DataFolder) -> subprocess.Popen[bytes]:
    """Start the server and wait until it accepts clients. Raises EmbeddedPostgresError if it ends instead.

    The caller holds the server lock, so no server runs here. Files that a killed server left are stale, even if another
    process has its id now. If a server was started by hand, PostgreSQL finds its shared memory and refuses to start.
    """
    (folder.cluster / "postmaster.pid").unlink(missing_ok=True)
    for stale in folder.socket_dir.glob(".s.PGSQL.*"):
        stale.unlink()
    if folder.log.exists():
        folder.log.rename(f"{folder.log}.1")
    quoted_socket_dir = str(folder.socket_dir).replace('"', '""')
    settings = _SETTINGS | {"unix_socket_directories": f'"{quoted_socket_dir}"'}
    arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with folder.log.open("wb") as log:
        server = programs.start("postgres", "-D", folder.cluster, *arguments, output=log)
    while not folder.server_answers():
        if server.poll() is not None:
            raise EmbeddedPostgresError(f"PostgreSQL ended while starting:\n{folder.log_tail()}")
        time.sleep(0.02)
    return server
