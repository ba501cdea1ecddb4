"""Version 11: what several machines hand to each other. Where one process does all of it these tables stay empty."""

from __future__ import annotations

from collections.abc import Callable

_CLUSTER = (
    # What a worker read of a link, until the keeper has made it an article. `version`: of the configuration it was
    # matched by. `data`: monitor/handover.py. Times are in microseconds.
    """CREATE TABLE readings (
        link_id INTEGER PRIMARY KEY, outlet_id TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
        version TEXT NOT NULL, data BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX readings_at ON readings (at, link_id)",
    # What else workers did, for the keeper to judge outlets by and to count.
    "CREATE TABLE reports (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, data BLOB NOT NULL) STRICT",
    # Whose turn it is to ask a host, until when at most, and from when on the next may ask, by the database's clock.
    """CREATE TABLE turns (
        host TEXT PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL, free_at INTEGER NOT NULL
    ) STRICT""",
    # Who is at work: JSON, and when it said so.
    "CREATE TABLE workers (id TEXT PRIMARY KEY, at INTEGER NOT NULL, data TEXT NOT NULL) STRICT",
)


def cluster(execute: Callable[[str], object]) -> None:
    """Make them."""
    for statement in _CLUSTER:
        execute(statement)
