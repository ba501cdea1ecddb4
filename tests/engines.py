"""Which database the tests of the whole line work on: `pytest --engine postgres` has them all on PostgreSQL.

A store is named by the path of its file; in PostgreSQL it is a database of its own, whose address stands in a file
beside that path, where processes that are started find it too.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from monitor.place import Place
from monitor.store import opening
from monitor.store.tables import SqlStore
from tests import postgres

VARIABLE = "MONITOR_TEST_ENGINE"


def engine() -> str:
    """Return sqlite or postgres."""
    return os.environ.get(VARIABLE, "sqlite")


def note(path: Path) -> Path:
    """Return the file that holds the address of a database."""
    return path.with_name(f"{path.name}.address")


def place(path: Path) -> Place:
    """Return where the database is that is named so; in PostgreSQL it is made, without tables, at the first call."""
    if engine() == "sqlite":
        return Place(path)
    address = note(path)
    if not address.exists():
        address.parent.mkdir(parents=True, exist_ok=True)
        address.write_text(postgres.empty())
    return Place(path, address.read_text())


def opened(path: Path) -> SqlStore:
    """Open it for writing."""
    return opening.open_store(place(path))


def readonly(path: Path) -> SqlStore:
    """Open it for reading."""
    return opening.open_readonly(place(path))


def storage(path: Path) -> str:
    """Return what `storage:` in monitor.yaml says of it."""
    said = place(path)
    return f"{{path: {path}, url_file: {note(path)}}}" if said.address else f"{{path: {path}}}"


def there(path: Path) -> bool:
    """Say whether anything has been opened there yet."""
    if engine() == "sqlite":
        return path.exists()
    return note(path).exists() and bool(ask(path, "SELECT 1 FROM pg_tables WHERE tablename = 'sources'"))


def ask(path: Path, sql: str, *values: object) -> list[tuple]:
    """Run a statement beside whoever is at work, as a stranger to the store; return its rows."""
    if engine() == "sqlite":
        with closing(sqlite3.connect(path, timeout=10)) as raw, raw:
            return raw.execute(sql, values).fetchall()
    from monitor.store.postgres import PgSql

    with closing(PgSql(place(path).address, locking=False)) as server:
        return server.all(sql, *values)  # type: ignore[arg-type,return-value]


def still(path: Path) -> None:
    """Wait until what the server does for a process that was killed has ended too."""
    if engine() == "sqlite":
        return
    from monitor.store.postgres import PgSql

    with closing(PgSql(place(path).address)) as server:
        others = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ends = time.monotonic() + 30.0
        while server.all(others + " AND backend_type = 'client backend'"):
            assert time.monotonic() < ends
            time.sleep(0.005)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Write for as long as the block runs, as a program beside the daemon may: nobody else can."""
    if engine() == "sqlite":
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    from monitor.store.postgres import PgSql

    with closing(PgSql(place(path).address)) as server:
        server.begin()
        yield
        server.run("ROLLBACK")


def refuse(path: Path, table: str) -> None:
    """Let nothing be written to a table, as where the disk is full."""
    if engine() == "sqlite":
        ask(path, f"CREATE TRIGGER no_room BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'full'); END")
        return
    ask(path, "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'full'; END $$")
    ask(path, f"CREATE TRIGGER no_room BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION no_room()")


def allow(path: Path, table: str) -> None:
    """Undo `refuse`."""
    if engine() == "sqlite":
        ask(path, "DROP TRIGGER no_room")
        return
    ask(path, f"DROP TRIGGER no_room ON {table}")
    ask(path, "DROP FUNCTION no_room")


own = pytest.mark.skipif("config.getoption('--engine') != 'sqlite'", reason="it looks into SQLite itself")
"""For a test of what one engine alone has."""
