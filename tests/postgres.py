"""A PostgreSQL server of the tests' own: made in a temporary folder from the binaries on the machine, ended with them.

`server()` yields it; `Server.database()` makes an empty database and returns its address. Where there are no binaries,
or the extra `cluster` is not installed, `missing()` says so and the tests that need one are skipped.
"""

from __future__ import annotations

import atexit
import importlib.util
import itertools
import os
import shutil
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

import pytest

# Debian keeps them off the PATH.
_DEBIAN = Path("/usr/lib/postgresql")
_NAMES = itertools.count(1)
_SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "max_wal_size": "256MB",
}
# What a test throws away need not survive the machine; a killed server keeps what the system's cache has.
_FAST = {"fsync": "off", "full_page_writes": "off"}


@cache
def binaries() -> Path | None:
    """Return the folder of initdb and pg_ctl: on the PATH, or Debian's newest."""
    found = shutil.which("initdb")
    if found and shutil.which("pg_ctl"):
        return Path(found).resolve().parent
    folders = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    return folders[-1].parent if folders else None


def missing() -> str:
    """Return what is not here, "" where all is."""
    if binaries() is None:
        return "there is no PostgreSQL: `apt-get install postgresql`"
    if importlib.util.find_spec("psycopg") is None:
        return "the extra is not installed: `pip install '.[cluster]'`"
    return ""


def _user() -> dict[str, int]:
    """PostgreSQL refuses root; then it runs as nobody."""
    return {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}


class Server:
    """One server, which listens on a socket in its folder. `durable`: commits are written through to the disk."""

    def __init__(self, *, durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._data = self.folder / "data"
        if account := _user():
            os.chown(self.folder, account["user"], account["group"])
        self._run("initdb", "-D", self._data, "-U", "monitor", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
        lines = _SETTINGS | ({} if durable else _FAST) | {"unix_socket_directories": f"'{self.folder}'"}
        text = "".join(f"{name} = {value}\n" for name, value in lines.items())
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(text)
        self.start()
        atexit.register(self.remove)

    def _run(self, program: str, *words: object) -> None:
        folder = binaries()
        assert folder is not None
        subprocess.run(
            [folder / program, *map(str, words)], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            cwd=self.folder, **_user(),
        )  # fmt: skip

    def start(self) -> None:
        """Start, and wait until it answers."""
        # Its output goes to a file: a pipe would be held open by the server.
        self._run("pg_ctl", "-D", self._data, "-w", "-s", "-l", self.folder / "log", "start")

    def stop(self, how: str = "fast") -> None:
        """Stop as pg_ctl does: smart, fast or immediate (as a crash)."""
        self._run("pg_ctl", "-D", self._data, "-w", "-s", "-m", how, "stop")

    def restart(self, how: str = "immediate", away: float = 0.0) -> None:
        """Stop, stay away so many seconds, start."""
        self.stop(how)
        time.sleep(away)
        self.start()

    def address(self, name: str = "postgres") -> str:
        """Return the address of a database."""
        return f"postgresql://monitor@/{name}?host={self.folder}"

    def database(self, template: str = "template1") -> str:
        """Make a database; return its address."""
        import psycopg

        name = f"test_{os.getpid()}_{next(_NAMES)}"
        with psycopg.connect(self.address(), autocommit=True) as connection:
            # FILE_COPY is 4 times as fast as the default where no write is synced.
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.address(name)

    def remove(self) -> None:
        """Stop it and take its folder away; twice is once."""
        atexit.unregister(self.remove)
        if self.folder.exists():
            if (self._data / "postmaster.pid").exists():
                self.stop("immediate")
            shutil.rmtree(self.folder)


@cache
def server() -> Server:
    """Return this process's server, started at the first call."""
    return Server()


@cache
def _made() -> str:
    """Make a database with our tables once, as a template: 20 ms a copy in place of 280."""
    from monitor.store.postgres import PostgresStore

    running = server()
    address = running.database()
    PostgresStore.open(address).close()
    return address.partition("@/")[2].partition("?")[0]


def fresh() -> str:
    """Return the address of a database with our tables and nothing in them; skip the test where there is no server."""
    if why := missing():
        pytest.skip(why)
    return server().database(_made())


def empty() -> str:
    """Return the address of an empty database; skip the test where there is no server."""
    if why := missing():
        pytest.skip(why)
    return server().database()
