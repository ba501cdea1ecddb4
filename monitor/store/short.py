"""One short change of a database that the daemon writes too: it learns of it at its next tick."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.store.sqlite import SqliteStore


@contextmanager
def writing(path: Path) -> Iterator[SqliteStore]:
    """Open a database for it. Raises StoreError."""
    # An older database is brought up to date by the daemon alone, and none is made here.
    SqliteStore.open_readonly(path).close()
    store = SqliteStore.open(path)
    try:
        yield store
    finally:
        store.close()
