"""An empty database that is thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.store.sqlite import SqliteStore


@contextmanager
def scratch() -> Iterator[SqliteStore]:
    """Make one in a folder of its own; both are gone in the end."""
    with tempfile.TemporaryDirectory(prefix="monitor-") as folder:
        store = SqliteStore.open(Path(folder) / "scratch.db")
        try:
            yield store
        finally:
            store.close()
