"""Who is there no more: what a process held that has ended without a word, a turn or a message, is others' at once.

A process that lives holds a lock of its session, by its own name (pg_lock.Presence). The server lets go of it when the
session ends: at once where the process was killed.
"""

from __future__ import annotations

PRESENT = 0x4D4F4E4A
"""The class of locks by which processes say that they live: "MONJ"."""
# Seconds after a restart of the server within which who lives may not be seen yet, and may be at work.
UNSEEN = 45.0
_HELD = """
SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = CAST(? AS oid)
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def present(owner: str) -> str:
    """Return a condition: that the process is there whose name a column holds. Its value: PRESENT."""
    return f"CAST(hashtext({owner}) & 4294967295 AS oid) IN ({_HELD})"


def absent(owner: str) -> str:
    """Return the opposite, where the server has run long enough to know. Its values are those of `known`."""
    return (
        f"({owner} <> '' AND extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()) >= ? "
        f"AND NOT {present(owner)})"
    )


def known() -> tuple[float, int]:
    """Return what `absent` takes."""
    return UNSEEN, PRESENT
