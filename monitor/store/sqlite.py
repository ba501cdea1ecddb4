"""The store in one SQLite file: opening, migrating, transactions. The door of sqlite_utils."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import DamagedError, StoreError
from monitor.parse import digest
from monitor.parse.index import searchable
from monitor.store import codec, schema
from monitor.store.bodies import SqlBodies
from monitor.store.fulltext import own_text
from monitor.store.lock import DatabaseLock
from monitor.store.rows import SqliteSql, clean, translated
from monitor.store.tables import SqlStore

log = logging.getLogger("monitor")
if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

BUSY_TIMEOUT = 5.0
# Of the index so many are written anew in one transaction.
_PAGES = 64
# FULL: what was told to a receiver, or taken off a list, is on the disk; in groups it costs nothing. Deleted text is
# overwritten: Debian's SQLite does so anyway.
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "journal_size_limit = 67108864", "secure_delete = ON")
# Steps of SQLite's machine, some milliseconds, after which an update asks whether it is to go on.
_STEPS = 50_000
# 16 MB of pages; the others are in the system's cache of files. With 64 MB, into an archive of 300,000 articles, an
# article costs 2 % less CPU. Who only reads has 4: the page has two such connections, and three while a query is tried.
_CACHED, _CACHED_TO_READ = "cache_size = -16000", "cache_size = -4000"
_EVERYWHERE = ("temp_store = MEMORY", "foreign_keys = ON")

Stopped = Callable[[], bool]


class SqliteStore(SqlStore):
    """The Store port over one connection. Use `open` or `open_readonly`."""

    sql: SqliteSql

    def __init__(
        self, connection: sqlite3.Connection, path: Path, *, readonly: bool = False, stopped: Stopped | None = None
    ) -> None:
        super().__init__(SqliteSql(connection, path), path)
        self._connection = connection
        with translated(path):
            self._check() if readonly else self._prepare(stopped)
            for pragma in (_CACHED_TO_READ if readonly else _CACHED, *_EVERYWHERE):
                connection.execute(f"PRAGMA {pragma}")

    @classmethod
    def open(cls, path: Path, stopped: Stopped | None = None) -> SqliteStore:
        """Open for writing; a new file is made, an older schema brought up to date. `stopped`: asked meanwhile, in this
        thread; once it says so the update is undone, which raises StoreError.

        Raises DamagedError for a file that is corrupt, not ours or of a newer version, BusyError, StoreError.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the folder of the database {path} cannot be made: {error}") from error
        return cls._open(path, str(path), readonly=False, stopped=stopped)

    @classmethod
    def open_readonly(cls, path: Path, stopped: Stopped | None = None) -> SqliteStore:
        """Open for reading beside a writer. Raises StoreError where there is no database: none is made. `stopped`: ends
        the statement under way, by StoreError, once it says so.
        """
        if not path.exists():
            raise _missing(path)
        store = cls._open(path, f"{path.resolve().as_uri()}?mode=ro", readonly=True)
        store._connection.set_progress_handler(stopped, _STEPS)
        return store

    @classmethod
    def _open(cls, path: Path, address: str, *, readonly: bool, stopped: Stopped | None = None) -> SqliteStore:
        with translated(path):
            # isolation_level None: sqlite3 begins nothing by itself, `transaction` does.
            connection = sqlite3.connect(address, timeout=BUSY_TIMEOUT, isolation_level=None, uri=readonly)
        try:
            connection.row_factory = sqlite3.Row
            return cls(connection, path, readonly=readonly, stopped=stopped)
        except BaseException:
            connection.close()
            raise

    def alone(self) -> AbstractContextManager[object]:
        """Return the daemon's lock."""
        return DatabaseLock(self.path)

    def purge(self) -> list[str]:
        """Write all segments of the index anew that there are now."""
        old, more, steps = self._segments(), True, 0
        # Twice the pages there are: of what the daemon writes meanwhile some is merged too.
        most = 2 * self.sql.number("SELECT count(*) FROM articles_fts_idx") // _PAGES + 100
        while more and old and steps < most:
            with self.transaction():
                more = self.keeping.merge(_PAGES, begin=steps == 0)
            steps += 1
            if steps % 50 == 0:
                # Numbers of segments are used again: one that is here may be new, and is left to the end of the loop.
                old &= self._segments()
        if not more or not old & self._segments():
            return []
        return ["segments of the index hold words still, as others were written meanwhile: run it again"]

    def _segments(self) -> set[int]:
        return {row[0] for row in self.sql.all("SELECT DISTINCT segid FROM articles_fts_idx")}

    def settle(self) -> list[str]:
        """Empty the log."""
        if not self.sql.all("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]:
            return []
        return [f"{self.path}-wal holds words still, as others read it: it is emptied when they have ended"]

    def _prepare(self, stopped: Stopped | None) -> None:
        if new := self._is_empty():
            # Without effect once there is a table, and once WAL has written the first page.
            self._connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database, migrations = self._migrations()
        for pragma in _PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")
        for name, function in _functions(self.bodies).items():
            self._connection.create_function(name, -1, function)
        # A table that others refer to is rebuilt by dropping it, which would be refused; within a transaction the
        # pragma has no effect.
        self._connection.execute("PRAGMA foreign_keys = OFF")
        with self.transaction():
            if pending := migrations.pending(database):
                if not new:
                    names = ", ".join(one.name for one in pending)
                    log.info("bringing %s up to date (%s): a million articles take some ten minutes", self.path, names)
                with self._stoppable(stopped):
                    migrations.apply(database)
                    self._check_references()

    @contextmanager
    def _stoppable(self, stopped: Stopped | None) -> Iterator[None]:
        """End the statement under way, or the next, once `stopped` says so; `Connection.interrupt` ends no next."""
        self._connection.set_progress_handler(stopped, _STEPS)
        try:
            yield
        finally:
            # What undoes it is not to be ended.
            self._connection.set_progress_handler(None, 0)

    def _check_references(self) -> None:
        """Undo a migration that left rows which refer to nothing. Raises DamagedError."""
        broken = self._connection.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            tables = ", ".join(sorted({f"{row['table']} to {row['parent']}" for row in broken}))
            raise DamagedError(
                f"{self.path} cannot be brought up to date: {len(broken)} rows refer to what is not there ({tables}); "
                "it is left as it is: restore a backup"
            )

    def _check(self) -> None:
        if self._is_empty():
            # Its writer has just made the file.
            raise _missing(self.path)
        applied = self._applied()
        if any(name not in applied for name, _ in schema.MIGRATIONS):
            raise StoreError(f"{self.path} is of an older version: start `monitor run` first, it brings it up to date")

    def _is_empty(self) -> bool:
        return not self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]

    def _migrations(self) -> tuple[Database, Migrations]:
        """Return the schema's migrations. Raises DamagedError as `_applied` does."""
        # It loads numpy where that is installed, 150 ms that who only reads need not wait.
        from sqlite_utils import Database, Migrations

        self._applied()
        database = Database(self._connection, execute_plugins=False, recursive_triggers=False)
        known = Migrations("monitor")
        for name, function in schema.MIGRATIONS:
            known(name=name)(lambda db, function=function: function(db.execute))
        return database, known

    def _applied(self) -> set[str]:
        """Return the migrations that a file has seen, as sqlite-utils notes them. Raises DamagedError for a file that
        is not ours or knows more than we.
        """
        found = self._connection.execute("PRAGMA application_id").fetchone()[0]
        if found != schema.APPLICATION_ID and not self._is_empty():
            raise DamagedError(f"{self.path} is a database of another program; it is left as it is")
        noted = "SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'"
        if self._connection.execute(noted).fetchone() is None:
            return set()
        names = "SELECT name FROM _sqlite_migrations WHERE migration_set = 'monitor'"
        applied = {row[0] for row in self._connection.execute(names)}
        return schema.known(applied, str(self.path), copying=self.copying)


def _functions(bodies: SqlBodies) -> dict[str, Callable[..., str | int | bytes | None]]:
    """Return what the migrations call."""
    return {
        "monitor_title_key": digest.title_key,
        "monitor_key": digest.key,
        "monitor_exact": digest.exact,
        "monitor_mark": digest.mark,
        "monitor_micros": lambda text: None if text is None else codec.micros(codec.moment(text)),
        "monitor_pack": lambda standfirst, blocks: bodies.pack(codec.pack_body(standfirst, blocks), None)[1],
        "monitor_pack_text": lambda text: bodies.pack(text, None)[1],
        "monitor_searchable": searchable,
        "monitor_own": lambda blocks: str(clean(own_text(codec.unpack_blocks(blocks)))),
    }


def _missing(path: Path) -> StoreError:
    return StoreError(f"no database at {path}: start `monitor run` first")
