"""A private PostgreSQL for tests: a cluster of its own, gone afterwards.

Uses the server programs of the machine (Debian: the package `postgresql`).
The server refuses to run as root, so root starts it as the user `postgres`.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.support.ports import free_port

_START_SECONDS = 30.0
# Nothing here outlives the tests, so nothing needs to reach the disk.
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def server_program(name: str) -> Path | None:
    """Return a server program such as `initdb`, the newest installed one."""
    on_path = shutil.which(name)
    installed = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = sorted(installed, key=lambda p: float(p.parts[4]), reverse=True)
    return Path(on_path) if on_path else next(iter(newest), None)


@contextmanager
def postgres_cluster(*, durable: bool = False) -> Iterator[str]:
    """Run a cluster; yields `postgresql+psycopg://postgres@127.0.0.1:PORT/postgres`.

    With `durable` a commit reaches the disk, as it does in a hospital.
    """
    initdb, postgres = server_program("initdb"), server_program("postgres")
    if initdb is None or postgres is None:
        raise RuntimeError("PostgreSQL's server programs are not installed")
    home = Path(tempfile.mkdtemp(prefix="hmc-postgres-"))
    try:
        yield from _run(initdb, postgres, home, () if durable else _FAST)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run(
    initdb: Path, postgres: Path, home: Path, more: tuple[str, ...]
) -> Iterator[str]:
    who = _unprivileged(home)
    data = home / "data"
    make: list[str | Path] = [
        initdb,
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "--no-sync",
    ]
    make += ["-E", "UTF8", "--locale=C"]
    subprocess.run(make, check=True, cwd=home, capture_output=True, **who)
    port = free_port()
    start: list[str | Path] = [postgres, "-D", data, "-p", str(port), "-k", home]
    for setting in ("listen_addresses=127.0.0.1", "max_connections=200", *more):
        start += ["-c", setting]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(start, cwd=home, stdout=log, stderr=log, **who)
    try:
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        _wait(server, url, home / "log")
        yield url.replace("postgresql", "postgresql+psycopg", 1)
    finally:
        server.send_signal(signal.SIGQUIT)  # at once: the data goes anyway
        server.wait(timeout=20)


def _unprivileged(home: Path) -> dict[str, Any]:
    """Give the folder to a user the server runs as, where we are root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    os.chown(home, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                text = log.read_text(errors="replace")
                raise RuntimeError(f"PostgreSQL did not start: {text}") from None
            time.sleep(0.05)
