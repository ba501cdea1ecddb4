"""The two sides of a copy: what SQLite does in its own way while it is read or filled; PostgreSQL's is pg_side.py."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from monitor.errors import DamagedError
from monitor.place import Place
from monitor.store.image import Table
from monitor.store.sqlite import SqliteStore
from monitor.store.tables import SqlStore

NOTES = "copying"
"""The table in which a copy keeps how far it is."""
MAKE_NOTES = "CREATE TABLE copying (name TEXT PRIMARY KEY, value TEXT NOT NULL)"


class Side(ABC):
    """One database of a copy. `store`: of the target, one that is opened to be filled."""

    store: SqlStore

    @abstractmethod
    def begun(self) -> bool:
        """Say whether a copy into it was begun, and has not ended."""

    @abstractmethod
    def mark(self) -> None:
        """Within a transaction: have it taken for a copy that has not ended, and loosen what rows refer to."""

    @abstractmethod
    def unmark(self) -> None:
        """Within a transaction: it is a copy that has ended."""

    @abstractmethod
    def tighten(self) -> None:
        """Within a transaction: hold rows to what they refer to again. Raises DamagedError where that is not there."""

    @abstractmethod
    def last(self, table: Table) -> int:
        """Return the last number that a table's rows were given."""

    @abstractmethod
    def go_on(self, table: Table, last: int) -> None:
        """Within a transaction: number a table's next rows above that."""

    @abstractmethod
    def plan(self) -> None:
        """Look at the tables anew, so that queries are planned by what is in them."""


class _Filled(SqliteStore):
    copying = True


class SqliteSide(Side):
    """A file."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store

    @classmethod
    def source(cls, place: Place) -> SqliteSide:
        """Open to be read. Raises StoreError."""
        return cls(SqliteStore.open_readonly(place.path))

    @classmethod
    def target(cls, place: Place) -> SqliteSide:
        """Open to be filled; where there is no file one is made. Raises StoreError."""
        path: Path = place.path
        if path.exists() and path.stat().st_size:
            # An older one is not brought up to date to be refused then.
            _Filled.open_readonly(path).close()
        store = _Filled.open(path)
        # Rows come before what they refer to; `tighten` looks at all of them.
        store.sql.run("PRAGMA foreign_keys = OFF")
        return cls(store)

    def begun(self) -> bool:
        """Say whether its notes are there."""
        return bool(self.store.sql.number("SELECT count(*) FROM sqlite_master WHERE name = ?", NOTES))

    def mark(self) -> None:
        """Note it as a step that nobody knows."""
        self.store.sql.write(f"{MAKE_NOTES} STRICT")
        noted = "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('monitor', ?, '')"
        self.store.sql.write(noted, NOTES)

    def unmark(self) -> None:
        """Take that back."""
        self.store.sql.write("DELETE FROM _sqlite_migrations WHERE migration_set = 'monitor' AND name = ?", NOTES)
        self.store.sql.write(f"DROP TABLE {NOTES}")

    def tighten(self) -> None:
        """Look for rows that refer to nothing."""
        if lost := self.store.sql.all("PRAGMA foreign_key_check"):
            raise DamagedError(f"row {lost[0][1]} of {lost[0][0]} refers to nothing in {lost[0][2]}")

    def last(self, table: Table) -> int:
        """Return what SQLite remembers of a table, or its highest number."""
        sql = self.store.sql
        highest = sql.number(f"SELECT max({table.number}) FROM {table.name}")  # noqa: S608 - names of ours
        if not table.lasting:
            return highest
        return max(highest, sql.number("SELECT seq FROM sqlite_sequence WHERE name = ?", table.name))

    def go_on(self, table: Table, last: int) -> None:
        """Have SQLite remember it; where it remembers none, the next row's is one above the highest."""
        if table.lasting:
            self.store.sql.write("DELETE FROM sqlite_sequence WHERE name = ?", table.name)
            self.store.sql.write("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", table.name, last)

    def plan(self) -> None:
        """Take a sample of each index, and empty the log."""
        self.store.sql.run("PRAGMA analysis_limit = 400")
        self.store.sql.run("ANALYZE")
        self.store.settle()
