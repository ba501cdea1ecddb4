"""A side of a copy that is in PostgreSQL."""

from __future__ import annotations

from monitor.errors import BusyError, DamagedError, StoreError
from monitor.place import Place
from monitor.store import pg_schema
from monitor.store.image import Table
from monitor.store.postgres import SCHEMA, PgSql, PostgresStore
from monitor.store.side import MAKE_NOTES, NOTES, Side

_KEYS = """
SELECT c.conrelid::regclass AS owner, c.conname AS name FROM pg_constraint c
JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname = ? AND c.contype = 'f' ORDER BY 1, 2
"""
_SEQUENCE = "pg_get_serial_sequence(?, ?)::regclass"


class _Filled(PostgresStore):
    copying = True


class PgSide(Side):
    """A server's database."""

    store: PostgresStore

    def __init__(self, store: PostgresStore) -> None:
        self.store = store

    @classmethod
    def source(cls, place: Place) -> PgSide:
        """Open to be read. Raises StoreError."""
        return cls(PostgresStore.open_readonly(place.address))

    @classmethod
    def target(cls, place: Place) -> PgSide:
        """Open to be filled; where there are no tables they are made. Raises StoreError."""
        look = _Filled(PgSql(place.address, readonly=True))
        try:
            # An older one is not brought up to date to be refused then.
            if look.applied() is not None:
                look.check()
        finally:
            look.close()
        return cls(_Filled.open(place.address, locking=False))

    def begun(self) -> bool:
        """Say whether its notes are there."""
        asked = "SELECT count(*) FROM pg_tables WHERE schemaname = ? AND tablename = ?"
        return bool(self.store.sql.number(asked, SCHEMA, NOTES))

    def mark(self) -> None:
        """Note it as a step that nobody knows. Drop the references, as a story may refer to a later one, and the index
        of words.
        """
        sql = self.store.sql
        sql.write(MAKE_NOTES)
        sql.write("INSERT INTO migrations (name) VALUES (?)", NOTES)
        for row in sql.all(_KEYS, SCHEMA):
            sql.run(f"ALTER TABLE {row['owner']} DROP CONSTRAINT {row['name']}")
        sql.run(f"DROP INDEX {pg_schema.WORDS}")

    def unmark(self) -> None:
        """Take that back."""
        self.store.sql.write("DELETE FROM migrations WHERE name = ?", NOTES)
        self.store.sql.run(f"DROP TABLE {NOTES}")

    def tighten(self) -> None:
        """Make the index and the references again: the server looks at every row."""
        sql = self.store.sql
        # Made of all rows at once: row by row it took six times as long as all else, with 100,000 articles 140 s.
        sql.run("SET LOCAL maintenance_work_mem = '256MB'")
        sql.run(pg_schema.MAKE_WORDS)
        try:
            for statement in pg_schema.references():
                sql.run(statement)
        except BusyError:
            raise
        except StoreError as error:
            raise DamagedError(str(error)) from error

    def last(self, table: Table) -> int:
        """Return what its sequence gave last, or its highest number."""
        sql = self.store.sql
        highest = sql.number(f"SELECT max({table.number}) FROM {table.name}")  # noqa: S608 - names of ours
        return max(highest, sql.number(f"SELECT pg_sequence_last_value({_SEQUENCE})", table.name, table.number))

    def go_on(self, table: Table, last: int) -> None:
        """Set its sequence."""
        self.store.sql.all(
            f"SELECT setval({_SEQUENCE}, greatest(?, 1), ? > 0)",
            table.name, table.number, last, last,
        )  # fmt: skip

    def plan(self) -> None:
        """Count, and sort what is new in the index."""
        for (name,) in self.store.sql.all("SELECT tablename FROM pg_tables WHERE schemaname = ?", SCHEMA):
            self.store.sql.run(f"VACUUM (ANALYZE) {name}")
