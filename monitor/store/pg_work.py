"""What several machines share of the work, in PostgreSQL: which hosts and channels have some, and whose turn it is.

A job of the cluster is a host with all that is due of it, or a channel. Rows are taken with SKIP LOCKED: two workers
that ask at once never wait for each other, and never get the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from monitor.model import Link
from monitor.store.codec import ahead, micros, moment, stamp
from monitor.store.links import WHOLE, link_of
from monitor.store.outbox import doubtful, outbox_row
from monitor.store.outlets import DUE, due_source
from monitor.store.pg_absence import PRESENT, absent, known, present
from monitor.store.rows import Sql
from monitor.views import DueSource
from monitor.views_alerts import OutboxRow
from monitor.views_cluster import Granted

_HOSTS = """
SELECT host FROM sources WHERE active = 1 AND next_check_at <= ?
UNION SELECT host FROM links WHERE state IN ('new', 'partial', 'again') AND next_at <= ? LIMIT ?
"""
_SOURCES = f"""
{DUE} WHERE active = 1 AND host = ? AND (next_check_at <= ? OR leased = 1) ORDER BY next_check_at, id LIMIT ?
FOR UPDATE OF sources SKIP LOCKED
"""
# What was handed over is leased for a week.
_LINKS = (
    WHOLE + "WHERE l.state IN ('new', 'partial', 'again') AND l.host = ? "
    "AND (l.next_at <= ? OR (l.leased = 1 AND l.next_at < ?)) ORDER BY l.next_at, l.id LIMIT ? "
    "FOR UPDATE OF l SKIP LOCKED"
)
# A message whose sender has gone, or has had it for too long.
_GONE = f"(lease_until <= ? OR {absent('owner')})"
_CHANNELS = f"""
SELECT DISTINCT channel_id FROM outbox
WHERE (state = 'pending' AND not_before <= ?) OR (state = 'leased' AND {_GONE})
"""  # noqa: S608 - words of ours
_MESSAGES = f"""
SELECT * FROM outbox
WHERE channel_id = ? AND ((state = 'pending' AND not_before <= ?) OR (state = 'leased' AND {_GONE}))
ORDER BY not_before, created_at, id LIMIT ? FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - words of ours
_DOUBTFUL = doubtful(_GONE)
# By the database's clock, which is one for all machines. A turn that was given back or has run out is free once the
# host's gap is over. One that another is just taking or giving back is not waited for: all that its transaction and
# ours hold would wait too (with five workers on two cores, seconds each). ON CONFLICT DO UPDATE would lock every row
# that is asked for, free or not.
_TAKE = """
UPDATE turns SET owner = ?2, until = micros_now() + ?3, free_at = micros_now() + ?4 WHERE host = (
    SELECT host FROM turns WHERE host = ?1 AND (owner = ?2 OR (until <= micros_now() AND free_at <= micros_now()))
    FOR UPDATE SKIP LOCKED
) RETURNING host
"""
_FIRST = """
INSERT INTO turns (host, owner, until, free_at) VALUES (?1, ?2, micros_now() + ?3, micros_now() + ?4)
ON CONFLICT (host) DO NOTHING RETURNING host
"""
_LEFT = "SELECT max(until, free_at) - micros_now() FROM turns WHERE host = ?"
# A turn of one who is not there any more: as if it had been given back just now.
_RELEASE = f"""
UPDATE turns SET owner = '', until = 0, free_at = micros_now() + free_at - until
WHERE host = ? AND {absent("owner")}
"""  # noqa: S608 - words of ours
_WORKERS = f"SELECT id, data FROM workers WHERE at >= micros_now() - ? AND {present('id')} ORDER BY id"  # noqa: S608
_ENDED = "UPDATE turns SET owner = '', until = 0, free_at = micros_now() + free_at - until WHERE owner = ?"
_SECOND = 1_000_000
# Microseconds until one looks again at what is free and another's by now.
_SOON = 20_000
_LONG = 86_400 * _SECOND


class PgWork:
    """The Work port."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    # ---- what there is to do

    def due_hosts(self, now: datetime, *, limit: int) -> list[str]:
        """Return hosts of which a source or a link is due."""
        return [row[0] for row in self._sql.all(_HOSTS, stamp(now), micros(now), limit)]

    def lease_host(
        self, host: str, now: datetime, *, sources: int, links: int, lease: float
    ) -> tuple[list[DueSource], list[Link]]:
        """Take what is due of a host, the longest due first, and what is leased: who asks has the host's turn, so that
        whoever took it before is gone.
        """
        polls = self._sql.all(_SOURCES, host, stamp(now), sources)
        self._sql.write_many(
            "UPDATE sources SET next_check_at = ?, leased = 1 WHERE id = ?",
            [(ahead(now, lease), row["id"]) for row in polls],
        )
        reads = self._sql.all(_LINKS, host, micros(now), micros(now) + _LONG, links)
        until = micros(now) + round(lease * _SECOND)
        self._sql.write_many(
            "UPDATE links SET next_at = ?, leased = 1 WHERE id = ?", [(until, row["id"]) for row in reads]
        )
        return [due_source(row) for row in polls], [link_of(row) for row in reads]

    def due_channels(self, now: datetime) -> list[str]:
        """Return the channels that have messages which may be sent now, or whose sender has gone."""
        return [row[0] for row in self._sql.all(_CHANNELS, stamp(now), stamp(now), *known())]

    def lease_messages(
        self, channel: str, now: datetime, *, owner: str, lease: float, limit: int, once: bool
    ) -> list[OutboxRow]:
        """Take messages of a channel. `once`: of one that must get none twice, those are put aside that a process was
        sending when it ended.
        """
        if once:
            self._sql.write(_DOUBTFUL, channel, stamp(now), *known())
        rows = self._sql.all(_MESSAGES, channel, stamp(now), stamp(now), *known(), limit)
        self._sql.write_many(
            "UPDATE outbox SET state = 'leased', owner = ?, lease_until = ? WHERE id = ?",
            [(owner, ahead(now, lease), row["id"]) for row in rows],
        )
        return [outbox_row(row) for row in rows]

    # ---- turns

    def take_turn(self, host: str, owner: str, lease: float, gap: float) -> Granted:
        """Take a host's turn for so many seconds, or say how long to wait for it. `gap`: as for `renew_turns`."""
        values = (host, owner, round(lease * _SECOND), round((lease + gap) * _SECOND))
        taken = self._sql.all(_TAKE, *values)
        left = None if taken else self._sql.one(_LEFT, host)
        if not taken and left is None:
            taken = self._sql.all(_FIRST, *values)
        elif not taken and self._sql.write(_RELEASE, host, *known()):
            taken = self._sql.all(_TAKE, *values)
            left = self._sql.one(_LEFT, host)
        if taken:
            held = self._sql.one("SELECT held_until FROM hosts WHERE host = ?", host)
            return Granted(held_until=moment(held[0]) if held else None)
        return Granted(wait=max(left[0] + 1_000 if left else 0, _SOON) / _SECOND)

    def renew_turns(self, gaps: Mapping[str, float], owner: str, lease: float) -> set[str]:
        """Hold turns for so many seconds more; return those that are still the owner's. `gaps`: by host, the seconds
        that must lie between a visit and the next, should the owner end without a word.
        """
        kept: set[str] = set()
        for host, gap in sorted(gaps.items()):
            kept.update(
                row[0]
                for row in self._sql.all(
                    "UPDATE turns SET until = micros_now() + ?, free_at = micros_now() + ? "
                    "WHERE host = ? AND owner = ? RETURNING host",
                    round(lease * _SECOND), round((lease + gap) * _SECOND), host, owner,
                )
            )  # fmt: skip
        return kept

    def give_turns(self, gaps: Mapping[str, float], owner: str) -> None:
        """Give turns back; the next may ask a host once its gap, in seconds, is over."""
        self._sql.write_many(
            "UPDATE turns SET owner = '', until = 0, free_at = micros_now() + ? WHERE host = ? AND owner = ?",
            [(round(gap * _SECOND), host, owner) for host, gap in sorted(gaps.items())],
        )

    def end(self, owner: str, now: datetime) -> None:
        """Give back what a process held, turns and messages, that had this name before and has ended."""
        self._sql.write(_ENDED, owner)
        self._sql.write("UPDATE outbox SET lease_until = ? WHERE state = 'leased' AND owner = ?", stamp(now), owner)

    def forget_turns(self, age: float) -> None:
        """Forget turns that nobody has had for so many seconds."""
        self._sql.write("DELETE FROM turns WHERE max(until, free_at) < micros_now() - ?", round(age * _SECOND))

    # ---- who is at work

    def fact(self, key: str) -> str:
        """Return what the keeper says to all, "" for nothing."""
        row = self._sql.one("SELECT value FROM facts WHERE key = ?", key)
        return str(row[0]) if row else ""

    def say(self, key: str, value: str) -> None:
        """Say something to all."""
        self._sql.write(
            "INSERT INTO facts (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            key, value,
        )  # fmt: skip

    def appear(self, name: str, data: str) -> None:
        """Say that a worker is there, and what it does (JSON)."""
        self._sql.write(
            "INSERT INTO workers (id, at, data) VALUES (?, micros_now(), ?) "
            "ON CONFLICT (id) DO UPDATE SET at = excluded.at, data = excluded.data",
            name, data,
        )  # fmt: skip

    def leave(self, name: str) -> None:
        """Take a worker off the list."""
        self._sql.write("DELETE FROM workers WHERE id = ?", name)

    def workers(self, within: float) -> dict[str, str]:
        """Return what those said who are there, in the last so many seconds, by name."""
        rows = self._sql.all(_WORKERS, round(within * _SECOND), PRESENT)
        return {row[0]: row[1] for row in rows}
