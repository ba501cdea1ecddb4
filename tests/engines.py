"""Which database the tests of the whole line work on: `pytest --engine postgres` has them all on PostgreSQL.

A store is named by the path of its file; in PostgreSQL it is a database of its own, whose address stands in a file
beside that path, where processes that are started find it too.
"""

from __future__ import annotations

import os
from pathlib import Path

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
