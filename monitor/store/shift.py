"""Moving what is due when the wall clock was set: it stays as far away as it was.

What was meant by the wall clock stays where it is: alerts and messages held for quiet hours, digests, silences. So does
what only says when something was, but for a pending message's first try (it is given up a day after) and what a step
back would leave in a time to come: since when a rule is in force, when a robots.txt was read.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.errors import AlertReason
from monitor.store.codec import micros, stamp
from monitor.store.rows import Sql

# SQLite's own arithmetic, to the millisecond and in the one width of codec.stamp: 100,000 rows in .8 s of a core.
_LATER = "strftime('%Y-%m-%dT%H:%M:%f000+00:00', {0}, ?)"
_TEXT = (
    ("sources", "next_check_at", "active = 1"),
    ("hosts", "held_until", "true"),
    ("alerts", "due_at", f"state = 'open' AND hold <> '{AlertReason.HELD_QUIET.value}'"),
    ("outbox", "lease_until", "state = 'leased'"),
)
# One that was never tried and is due later waits for the end of quiet hours.
_PENDING = f"""
UPDATE outbox SET not_before = {_LATER.format("not_before")}, created_at = {_LATER.format("created_at")}
WHERE state IN ('pending', 'leased') AND (attempts > 0 OR not_before <= ?)
"""  # noqa: S608
_TO_COME = (("rules", "first_seen"), ("robots", "fetched_at"))
# In their order, behind which come those that are read in the new time.
_READINGS = "UPDATE readings SET at = at + ?"
_LINKS = "UPDATE links SET next_at = next_at + ? WHERE state IN ('new', 'partial', 'again') AND next_at IS NOT NULL"


def shift(sql: Sql, by: timedelta, now: datetime) -> int:
    """Move what is due `by`; return how many rows. `now`: before the clock was set."""
    later = f"{by.total_seconds():+.6f} seconds"
    moved = 0
    for table, column, condition in _TEXT:
        statement = f"UPDATE {table} SET {column} = {_LATER.format(column)} WHERE {condition}"  # noqa: S608
        moved += sql.write(statement, later)
    moved += sql.write(_PENDING, later, later, stamp(now))
    moved += sql.write(_LINKS, micros(now + by) - micros(now))
    sql.write(_READINGS, micros(now + by) - micros(now))
    for table, column in _TO_COME if by < timedelta(0) else ():
        statement = f"UPDATE {table} SET {column} = {_LATER.format(column)} WHERE {column} > ?"  # noqa: S608
        sql.write(statement, later, stamp(now + by))
    return moved
