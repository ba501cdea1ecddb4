"""SQL in, rows out: the one place where sqlite3's errors become ours.

Statements are written in SQLite's words; a second engine translates them (dialect.py).
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path

from monitor.errors import BusyError, DamagedError, FullError, StoreError
from monitor.store.codec import micros, stamp
from monitor.views import Filter

Row = sqlite3.Row
Value = str | int | float | bytes | None
INDEX = "articles_fts"
"""The full-text index, as statements name it."""
NUMBERS = "IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
NAMES = "IN (SELECT value FROM json_each(?))"
"""A column is one of a JSON list's: of numbers, of texts. SQLite needs no telling apart; a second engine does."""
# Some two megabytes of text.
_DEFERRED = 256

_CAUSES = {
    sqlite3.SQLITE_IOERR: "the disk could not be read or written",
    sqlite3.SQLITE_READONLY: "it may only be read",
    sqlite3.SQLITE_PERM: "access is not permitted",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: look at the folder and its permissions",
    sqlite3.SQLITE_NOMEM: "there is no memory left",
}


def translate(error: sqlite3.Error, path: Path) -> StoreError:
    """Return the error of ours that says what sqlite3 meant."""
    # The low byte is the cause, the rest its variant.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return BusyError(f"another program is writing to {path}: try again")
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return DamagedError(f"{path} is damaged or no database ({error}): restore a copy, it is left as it is")
    if code == sqlite3.SQLITE_FULL:
        return FullError(
            f"the database {path}: the disk is full: make room, nothing that was committed is lost ({error})"
        )
    cause = _CAUSES.get(code)
    return StoreError(f"the database {path}: {cause} ({error})" if cause else f"the database {path}: {error}")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise StoreError where sqlite3 raises its own."""
    try:
        yield
    except sqlite3.Error as error:
        raise translate(error, path) from error


class Sql(ABC):
    """One connection as the tables see it. Parameters are bound; a lone surrogate becomes U+FFFD."""

    def __init__(self, path: Path) -> None:
        """`path`: the database as messages name it."""
        self.path = path

    def all(self, sql: str, *values: Value) -> list[Row]:
        """Return every row."""
        return self._execute(sql, values)[0]

    @abstractmethod
    def each(self, sql: str, *values: Value) -> Iterator[Row]:
        """Yield rows as they are found, for statements that may have more than anybody asks for. What is read stays
        that of one moment until it ends or is let go.
        """

    def one(self, sql: str, *values: Value) -> Row | None:
        """Return the first row, None where there is none."""
        rows = self._execute(sql, values)[0]
        return rows[0] if rows else None

    def number(self, sql: str, *values: Value) -> int:
        """Return the first column of the first row; 0 where it is NULL or missing."""
        row = self.one(sql, *values)
        return int(row[0] or 0) if row is not None else 0

    def write(self, sql: str, *values: Value) -> int:
        """Change rows; return how many."""
        self._check_transaction()
        return self._execute(sql, values)[1]

    def insert(self, sql: str, *values: Value) -> int | None:
        """Insert one row by a statement that ends in RETURNING id; None where a conflict left it out."""
        row = self.insert_row(sql, *values)
        return int(row[0]) if row is not None else None

    def insert_row(self, sql: str, *values: Value) -> Row | None:
        """Insert one row and return what RETURNING names; None where a conflict left it out."""
        self._check_transaction()
        rows = self._execute(sql, values)[0]
        return rows[0] if rows else None

    def write_many(self, sql: str, rows: Iterable[tuple[Value, ...]]) -> None:
        """Run one statement for each tuple."""
        for values in rows:
            self.write(sql, *values)

    def fill(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
        """Insert many rows, whose values are as the columns have them."""
        places = ", ".join("?" * len(columns))
        self.write_many(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})",  # noqa: S608 - names of ours
            map(tuple, rows),
        )

    def defer(self, sql: str, *values: Value) -> None:
        """Change the full-text index, at the end of the transaction at the latest."""
        self.write(sql, *values)

    def carry_out(self) -> None:  # noqa: B027 - an engine may have nothing to defer
        """Make the changes that were deferred."""

    def deferred(self) -> tuple[int, int]:
        """Return how many changes were deferred in this transaction, and how many of them are made."""
        return 0, 0

    def undo(self, deferred: tuple[int, int] = (0, 0)) -> None:  # noqa: B027
        """Know no more of changes than when `deferred` was returned: what came since was undone, or has ended."""

    @abstractmethod
    def begin(self) -> None:
        """Begin a transaction that may write."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection; twice is once."""

    @abstractmethod
    def look(self) -> None:
        """Begin to read as of one moment, whatever is written meanwhile; for the rest of the connection."""

    def by_index(self) -> AbstractContextManager[None]:
        """Return what, while entered, has rows found by an index that tells which, where an engine may rather walk."""
        return nullcontext()

    @abstractmethod
    def damage(self, *, quick: bool = False) -> list[str]:
        """Return what the engine itself finds wrong, in its words; `quick`: at a glance."""

    @abstractmethod
    def size(self) -> int:
        """Return how large the database is, in bytes."""

    @abstractmethod
    def run(self, statement: str) -> None:
        """Execute what has no values and no rows."""

    @abstractmethod
    def in_transaction(self) -> bool:
        """Say whether there is a transaction to end."""

    @abstractmethod
    def may_commit(self) -> bool:
        """Say whether the transaction holds all that was done in it: an error may have undone it."""

    def _check_transaction(self) -> None:
        if not self.in_transaction():
            raise StoreError("a write outside a transaction: use `with store.transaction()`")

    @abstractmethod
    def _execute(self, sql: str, values: tuple[Value, ...]) -> tuple[list[Row], int]: ...


class SqliteSql(Sql):
    """One connection to SQLite."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        super().__init__(path)
        self.connection = connection
        self._deferred: list[tuple[str, tuple[Value, ...]]] = []
        self._made = 0

    def each(self, sql: str, *values: Value) -> Iterator[Row]:
        """Yield rows as they are found."""
        with translated(self.path):
            yield from self._begin(sql, values)

    def defer(self, sql: str, *values: Value) -> None:
        """Change the full-text index at the end of the transaction, or before the next statement that names it.

        FTS5 (3.40) writes out what it holds at every savepoint: of a group of 16 articles that takes twice the time.
        """
        self._check_transaction()
        self._deferred.append((sql, values))
        if len(self._deferred) - self._made >= _DEFERRED:
            self.carry_out()

    def carry_out(self) -> None:
        """Make the changes that were deferred."""
        with translated(self.path):
            while self._made < len(self._deferred):
                self._bound(*self._deferred[self._made])
                self._made += 1

    def deferred(self) -> tuple[int, int]:
        """Return how many changes were deferred in this transaction, and how many of them are made."""
        return len(self._deferred), self._made

    def undo(self, deferred: tuple[int, int] = (0, 0)) -> None:
        """Know no more of changes than when `deferred` was returned."""
        del self._deferred[deferred[0] :]
        self._made = deferred[1]

    def begin(self) -> None:
        """Take the write lock at once: a transaction begun by reading fails without waiting as soon as it writes beside
        another writer.
        """
        self.run("BEGIN IMMEDIATE")

    def close(self) -> None:
        """Close the connection; twice is once."""
        self.connection.close()

    def look(self) -> None:
        """Begin to read as of one moment."""
        self.run("BEGIN")

    def damage(self, *, quick: bool = False) -> list[str]:
        """Return what SQLite finds: quickly without holding tables and indexes against one another."""
        if quick:
            return [row[0] for row in self.all("PRAGMA quick_check(5)") if row[0] != "ok"]
        found = [row[0] for row in self.all("PRAGMA integrity_check(20)") if row[0] != "ok"]
        lost = self.all("PRAGMA foreign_key_check")
        return found + [f"row {row[1]} of {row[0]} refers to nothing in {row[2]}" for row in lost]

    def size(self) -> int:
        """Return how large the file is."""
        return self.path.stat().st_size

    def run(self, statement: str) -> None:
        """Execute what has no values and no rows."""
        with translated(self.path):
            self.connection.execute(statement)

    def in_transaction(self) -> bool:
        """Say whether there is a transaction to end."""
        return self.connection.in_transaction

    def may_commit(self) -> bool:
        """Say whether it is there still: a full disk ends the whole of it."""
        return self.connection.in_transaction

    def _check_transaction(self) -> None:
        # As above, without a call: an article has twenty statements.
        if not self.connection.in_transaction:
            raise StoreError("a write outside a transaction: use `with store.transaction()`")

    def _execute(self, sql: str, values: tuple[Value, ...]) -> tuple[list[Row], int]:
        # Not `translated`: a context takes as long as half the statements, and an article has twenty.
        try:
            cursor = self._begin(sql, values)
            return cursor.fetchall(), cursor.rowcount
        except sqlite3.Error as error:
            raise translate(error, self.path) from error

    def _begin(self, sql: str, values: tuple[Value, ...]) -> sqlite3.Cursor:
        if self._made < len(self._deferred) and INDEX in sql:
            self.carry_out()
        return self._bound(sql, values)

    def _bound(self, sql: str, values: tuple[Value, ...]) -> sqlite3.Cursor:
        try:
            return self.connection.execute(sql, values)
        except UnicodeEncodeError:
            # Pages and JSON feeds may hold half a surrogate pair, which has no UTF-8 form.
            return self.connection.execute(sql, tuple(map(clean, values)))


def clean(value: Value) -> Value:
    """Replace lone surrogates one for one, so that spans into the text stay right."""
    if not isinstance(value, str):
        return value
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in value)


def speakable(value: Value) -> Value:
    """Replace what PostgreSQL's texts have no place for, one for one: half a surrogate pair, and NUL."""
    value = clean(value)
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


Ids = Callable[[datetime | None, datetime | None], tuple[int, int]]


def narrow(wanted: Filter, clauses: Mapping[str, str], ids: Ids | None = None) -> tuple[str, list[Value]]:
    """Return a condition and its values: of the clauses (field of Filter → SQL with one ?) those asked for.

    `ids`: makes a time window a range of ids; times are then compared as microseconds.
    """
    parts: list[str] = []
    values: list[Value] = []
    for name, clause in clauses.items():
        value = getattr(wanted, name)
        if value is not None:
            parts.append(clause)
            if isinstance(value, datetime):
                value = micros(value) if ids else stamp(value)
            values.append(value)
    if ids and (wanted.since or wanted.until):
        parts.append("id BETWEEN ? AND ?")
        values += ids(wanted.since, wanted.until)
    return " AND ".join(parts) or "1 = 1", values
