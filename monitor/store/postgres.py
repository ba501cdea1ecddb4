"""The store in a PostgreSQL database: connecting, migrating, transactions. DOOR of psycopg.

Everything stands in a schema of its own, `monitor`, whatever else the database has. A connection is one thread's, as
with SQLite; where it breaks (the server was restarted), what was under way fails and the next transaction has a
new one.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumper

from monitor.errors import AwayError, BusyError, CollisionError, DamagedError, FullError, StoreError, UnsureError
from monitor.store import pg_schema, schema
from monitor.store.dialect import translate
from monitor.store.keeping import SqlKeeping
from monitor.store.pg_rows import Flag, Integral, as_rows
from monitor.store.pg_search import PgFulltext, PgSearch
from monitor.store.pg_work import PgWork
from monitor.store.rows import Row, Sql, Value, speakable
from monitor.store.tables import SqlStore

log = logging.getLogger("monitor")

SCHEMA = "monitor"
# Numbers by which the locks of this program are known in its database ("MONI" and one more): migrations, the writer of
# articles, and the keeper (cluster).
MIGRATING, WRITING, KEEPING = (0x4D4F4E49 << 8 | number for number in (1, 2, 3))
# Seconds: to be answered at all, to wait for what another holds.
CONNECT_TIMEOUT, LOCK_TIMEOUT = 10, 30
_RELEASE, _FENCE = "RELEASE nested", "SELECT 1 FROM facts WHERE key = 'keeper' AND value = ?"
# Seconds between two looks whether what a reader does is to be ended.
_LOOK = 0.2

Stopped = Callable[[], bool]


def named(address: str) -> Path:
    """Return a database as messages name it, without secrets. Raises StoreError for what is no address."""
    try:
        said = conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        # What psycopg says of it may quote the password.
        raise StoreError("the address is none that PostgreSQL knows: postgresql://user@host/name") from None
    return Path(f"{said.get('dbname') or 'postgres'} on {str(said.get('host') or 'localhost').replace('/', '∕')}")


_CAUSES: tuple[tuple[tuple[type[psycopg.Error], ...], type[StoreError], str], ...] = (
    ((errors.LockNotAvailable,), BusyError, "another program is writing: try again"),
    ((errors.DeadlockDetected, errors.SerializationFailure), CollisionError, "a transaction met another: try again"),
    ((errors.DiskFull,), FullError, "the disk is full: make room, nothing that was committed is lost"),
    ((errors.DataCorrupted, errors.IndexCorrupted), DamagedError, "it is damaged: restore a backup"),
    ((errors.QueryCanceled,), StoreError, "a statement was ended"),
    (
        (errors.InvalidAuthorizationSpecification, errors.InvalidPassword, errors.InsufficientPrivilege),
        StoreError,
        "it refuses us",
    ),
    ((psycopg.OperationalError, psycopg.InterfaceError), BusyError, "it does not answer"),
)


# Class 08, no word of the server's at all, and the server ends, starts or has ended the session. Not of these: there
# are too many sessions, a database was dropped (57P04).
_AWAY = re.compile("08...|57P0[1235]|")


def failure(error: psycopg.Error, name: Path) -> StoreError:
    """Return the error of ours that says what psycopg meant."""
    said = " ".join(str(error).split())
    for kinds, ours, words in _CAUSES:
        if isinstance(error, kinds):
            away = ours is BusyError and _AWAY.fullmatch(error.sqlstate or "")
            return (AwayError if away else ours)(f"the database {name}: {words} ({said})")
    return StoreError(f"the database {name}: {said}")


def connect(address: str, *, readonly: bool = False, name: str = "monitor") -> psycopg.Connection[Any]:
    """Open a connection within our schema. `name`: as the server shows it.

    Raises StoreError, BusyError where nothing answers.
    """
    database = named(address)
    said = conninfo_to_dict(address)
    options = f"-c search_path={SCHEMA} -c timezone=UTC -c lock_timeout={LOCK_TIMEOUT}s"
    if readonly:
        # What is sought decides the plan: by one for all words, made after five questions, a search took 696 ms in
        # place of 2. To plan takes .1 ms.
        options += " -c default_transaction_read_only=on -c plan_cache_mode=force_custom_plan"
    try:
        connection = psycopg.connect(
            make_conninfo(
                address,
                options=f"{options} {said.get('options') or ''}".strip(),
                connect_timeout=said.get("connect_timeout") or CONNECT_TIMEOUT,
                application_name=said.get("application_name") or name,
            ),
            autocommit=True,
            cursor_factory=psycopg.RawCursor,
            row_factory=as_rows,
        )
    except psycopg.Error as error:
        raise failure(error, database) from error
    adapters = connection.adapters
    # A text is text and a number eight bytes, as the columns are: left to guess, the server refuses `? IS NULL`.
    adapters.register_dumper(str, StrDumper)
    adapters.register_dumper(int, Int8Dumper)
    adapters.register_loader("numeric", Integral)
    adapters.register_loader("bool", Flag)
    return connection


class PgSql(Sql):
    """One connection to PostgreSQL. `locking`: a transaction holds the one lock of who writes articles."""

    def __init__(self, address: str, *, readonly: bool = False, locking: bool = True, name: str = "monitor") -> None:
        super().__init__(named(address))
        self._name = name
        self.address, self._readonly, self._locking = address, readonly, locking
        self._ended = 0
        self.fence = ""
        """What the keeper of the database called itself; where another one does so now, nothing is written any more."""
        self.connection = connect(address, readonly=readonly, name=name)

    def each(self, sql: str, *values: Value) -> Iterator[Row]:
        """Yield rows."""
        yield from self.all(sql, *values)

    def begin(self) -> None:
        """Begin a transaction; where it is locking, in the turn of who writes."""
        self._renew()
        self.run("BEGIN")
        if self._locking:
            try:
                self._execute("SELECT pg_advisory_xact_lock(?)", (WRITING,))
                self._check_fence()
            except StoreError:
                with suppress(StoreError):
                    self.run("ROLLBACK")
                raise

    def _check_fence(self) -> None:
        if self.fence and not self._execute(_FENCE, (self.fence,))[0]:
            raise StoreError(f"another daemon keeps the database {self.path} now: this one writes no more")

    @contextmanager
    def by_index(self) -> Iterator[None]:
        """Have rows found by an index that tells which, not by a walk along the table or a key, while it is entered."""
        self.run("SET enable_seqscan = off; SET enable_indexscan = off")
        try:
            yield
        finally:
            # In a transaction that failed they are taken back with it.
            with suppress(StoreError):
                self.run("RESET enable_seqscan; RESET enable_indexscan")

    def fill(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
        """Insert rows by COPY, ten times as fast as one by one."""
        self._check_transaction()
        try:
            with self.connection.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        except psycopg.Error as error:
            raise failure(error, self.path) from error

    def look(self) -> None:
        """Begin to read as of one moment."""
        self.run("BEGIN ISOLATION LEVEL REPEATABLE READ")

    def damage(self, *, quick: bool = False) -> list[str]:  # noqa: ARG002 - the server keeps what it promises
        """Return nothing: references and indexes are the server's (pg_amcheck looks for what a disk has lost)."""
        return []

    def size(self) -> int:
        """Return how large the database is."""
        return self.number("SELECT pg_database_size(current_database())")

    def run(self, statement: str) -> None:
        """Execute what has no values and no rows."""
        if statement == _RELEASE:
            # With what comes next: they were half the round trips of a group beside its work.
            self._ended += 1
        else:
            self._send(statement)

    def _send(self, statement: str) -> None:
        ended, self._ended = self._ended, 0
        said = statement if statement in {"COMMIT", "ROLLBACK"} else "; ".join([_RELEASE] * ended + [statement])
        try:
            self.connection.execute(said, prepare=False)
        except psycopg.Error as error:
            ours = failure(error, self.path)
            if statement == "COMMIT" and isinstance(ours, AwayError):
                ours = UnsureError(f"{ours}; whether what was being committed is there, is not known")
            raise ours from error

    def in_transaction(self) -> bool:
        """Say whether there is a transaction to end."""
        return self.connection.info.transaction_status in {TransactionStatus.INTRANS, TransactionStatus.INERROR}

    def may_commit(self) -> bool:
        """Say whether no statement of it failed: COMMIT would undo it without a word."""
        return self.connection.info.transaction_status is TransactionStatus.INTRANS

    def close(self) -> None:
        """Close the connection; twice is once."""
        self.connection.close()

    def _renew(self) -> None:
        if self.connection.broken:
            self._ended = 0
            self.connection.close()
            self.connection = connect(self.address, readonly=self._readonly, name=self._name)
            log.info("the database %s answers again", self.path)

    def _execute(self, sql: str, values: tuple[Value, ...]) -> tuple[list[Row], int]:
        if self.connection.broken:
            self._renew()
        if self._ended:
            self._send("")
        statement = translate(sql)
        try:
            try:
                cursor = self.connection.execute(statement, tuple(map(_plain, values)))
            except (UnicodeEncodeError, psycopg.DataError) as error:
                if self.connection.info.transaction_status is TransactionStatus.INERROR:
                    raise
                # Half a surrogate pair and NUL, which have no place in its texts; nothing was sent yet.
                cleaned = tuple(map(speakable, values))
                if cleaned == values:
                    raise failure(psycopg.DataError(str(error)), self.path) from error
                cursor = self.connection.execute(statement, tuple(map(_plain, cleaned)))
            rows = cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise failure(error, self.path) from error
        return cast("list[Row]", rows), cursor.rowcount


def _plain(value: Value) -> Value:
    return int(value) if isinstance(value, bool) else value


class PgKeeping(SqlKeeping):
    """What SQLite must be helped with, PostgreSQL does by itself: autovacuum, and the index with its rows."""

    def free(self, pages: int) -> int:  # noqa: ARG002
        """Return none: the server gives back what it can."""
        return 0

    def indebted(self) -> bool:
        """Say no: what is taken out of the index is gone."""
        return False

    def merge(self, pages: int, *, begin: bool) -> bool:  # noqa: ARG002
        """Say that there is no more to do."""
        return False

    def grow(self) -> None:
        """Write a row and take it back: the server says whether its disk has room."""
        self._sql.write("INSERT INTO facts (key, value) VALUES ('grow', '')")
        self._sql.write("DELETE FROM facts WHERE key = 'grow'")

    def optimize(self) -> None:
        """Leave it to autovacuum."""


class PostgresStore(SqlStore):
    """The Store port over one connection. Use `open` or `open_readonly`."""

    fulltext_kind = PgFulltext
    search_kind = PgSearch
    keeping_kind = PgKeeping
    sql: PgSql

    def __init__(self, sql: PgSql, stopped: Stopped | None = None) -> None:
        super().__init__(sql, sql.path)
        self.work = PgWork(sql)
        self._ended = threading.Event()
        if stopped is not None:
            threading.Thread(target=self._watch, args=(stopped,), name="stopper", daemon=True).start()

    @classmethod
    def open(cls, address: str, *, locking: bool = True) -> PostgresStore:
        """Open for writing; tables are made, an older schema is brought up to date. `locking`: transactions are one at
        a time among all that are so, as SQLite's are.

        Raises DamagedError for a schema of a newer version, BusyError where nothing answers, StoreError.
        """
        store = cls(PgSql(address, locking=locking))
        try:
            store._prepare()
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def open_readonly(cls, address: str, stopped: Stopped | None = None) -> PostgresStore:
        """Open for reading. Raises StoreError where there are no tables: none are made. `stopped`: ends the statement
        under way, by StoreError, once it says so.
        """
        store = cls(PgSql(address, readonly=True), stopped)
        try:
            store.check()
        except BaseException:
            store.close()
            raise
        return store

    def check(self) -> None:
        """Raise StoreError for one that has no tables, or older ones."""
        applied = self.applied()
        if applied is None:
            raise StoreError(f"no tables in the database {self.path}: start `monitor run` first")
        if any(name not in applied for name, _ in schema.MIGRATIONS):
            raise StoreError(
                f"the database {self.path} is of an older version: start `monitor run` first, it brings it up to date"
            )

    def close(self) -> None:
        """Close the connection; twice is once."""
        self._ended.set()
        self.sql.close()

    def alone(self) -> AbstractContextManager[object]:
        """Return the keeper's lock."""
        from monitor.store.pg_lock import KeeperLock

        return KeeperLock(self.sql.address)

    def command(self, name: str) -> None:
        """Be the keeper: whoever was it before writes no more."""
        with self.transaction():
            self.work.say("keeper", name)
        self.sql.fence = name

    def purge(self) -> list[str]:
        """Overwrite what rows that are gone have left in the tables' files."""
        for table in "articles articles_fts bodies revisions hits links outbox corrections readings".split():
            self.sql.run(f"VACUUM (FULL) {table}")
        return []

    def _watch(self, stopped: Stopped) -> None:
        while not self._ended.wait(_LOOK):
            if stopped():
                with suppress(psycopg.Error):
                    self.sql.connection.cancel_safe(timeout=2.0)

    def _prepare(self) -> None:
        applied = self.applied()
        if applied is not None and all(name in applied for name, _ in schema.MIGRATIONS):
            return
        with self.transaction():
            self.sql.number("SELECT 1 FROM (SELECT pg_advisory_xact_lock(?)) locked", MIGRATING)
            # Another one may have been faster.
            applied = self.applied()
            if applied is None:
                self.sql.run(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
                self.sql.run("CREATE TABLE migrations (name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())")
            elif missing := [name for name, _ in schema.MIGRATIONS if name not in applied]:
                log.info("bringing the database %s up to date (%s)", self.path, ", ".join(missing))
            for name in pg_schema.bring_up(self.sql.run, applied):
                self.sql.write("INSERT INTO migrations (name) VALUES (?)", name)

    def applied(self) -> set[str] | None:
        """Return the steps that the database has seen; None for one without our tables. Raises DamagedError where it
        knows more than we.
        """
        if not self.sql.number(
            "SELECT count(*) FROM pg_tables WHERE schemaname = ? AND tablename = 'migrations'", SCHEMA
        ):
            return None
        applied = {row["name"] for row in self.sql.all("SELECT name FROM migrations")}
        return schema.known(applied, f"the database {self.path}", copying=self.copying)
