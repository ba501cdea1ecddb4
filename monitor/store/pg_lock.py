"""The lock of the keeper: what one process alone holds of a server's database."""

from __future__ import annotations

import os
import socket
from contextlib import closing

from monitor.errors import ReplacedError
from monitor.store.opening import Lock
from monitor.store.pg_absence import PRESENT
from monitor.store.postgres import KEEPING, PgSql, named

_HOLDER = """
SELECT l.pid, a.application_name FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = ? AND l.objid = ?
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

_LOCK = (KEEPING >> 32, KEEPING & 0xFFFFFFFF)


def me() -> str:
    """Return this process as others are told of it: host and id."""
    return f"{socket.gethostname()}:{os.getpid()}"


def keeper(address: str) -> int:
    """Return the server's process of the session that holds the keeper's lock; 0: none does. Raises StoreError."""
    with closing(PgSql(address, readonly=True)) as sql:
        row = sql.one(_HOLDER, *_LOCK)
    return int(row["pid"]) if row else 0


class KeeperLock(Lock):
    """A lock of a session, which ends with it: the death of the process releases it, and so does a server that is
    restarted. Enter and leave; `keep` now and then.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._sql: PgSql | None = None

    def __enter__(self) -> KeeperLock:
        self._sql = PgSql(self._address, locking=False, name=f"monitor keeper {me()}")
        try:
            self._take(self._sql)
        except BaseException:
            self._sql.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._sql is not None:
            self._sql.close()

    def keep(self) -> None:
        """See that it is held; take it again where the server was restarted. Raises BusyError where nothing answers,
        ReplacedError where another has it by now.
        """
        if self._sql is not None and not self._sql.all(f"{_HOLDER} AND l.pid = pg_backend_pid()", *_LOCK):
            self._take(self._sql)

    def _take(self, sql: PgSql) -> None:
        if not sql.all("SELECT 1 WHERE pg_try_advisory_lock(?)", KEEPING):
            row = sql.one(_HOLDER, *_LOCK)
            who = f" ({row['application_name']})" if row else ""
            raise ReplacedError(f"another daemon{who} keeps the database {named(self._address)}: stop it first")


class Presence:
    """That a process lives, as the database sees it: a lock of a session, of the process's own name. Turns and messages
    of one that is not present are others' at once (pg_absence.py). Enter and leave; `keep` each second or so.
    """

    def __init__(self, address: str, owner: str) -> None:
        self._address, self._owner = address, owner
        self._sql: PgSql | None = None

    def __enter__(self) -> Presence:
        self._sql = PgSql(self._address, locking=False, name=f"monitor {self._owner} (present)")
        self.keep()
        return self

    def __exit__(self, *_: object) -> None:
        if self._sql is not None:
            self._sql.close()

    def keep(self) -> None:
        """See that it is noticed, also where the server was restarted. Raises BusyError where nothing answers."""
        assert self._sql is not None
        held = "SELECT 1 FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'"
        if not self._sql.all(held):
            self._sql.all("SELECT pg_try_advisory_lock_shared(CAST(? AS integer), hashtext(?))", PRESENT, self._owner)
