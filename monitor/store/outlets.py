"""Outlets, their sources, when each is due, and what hosts asked of us."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from monitor.errors import Reason
from monitor.model import Memory, Outlet
from monitor.store.calendar import SqlCalendar
from monitor.store.codec import ahead, moment, moment_or_none, pack_memory, stamp, stamp_or_none, unpack_memory
from monitor.store.rows import Row, Sql
from monitor.views import DueSource, OutletRow, Overdue, PollOutcome, RobotsFile

_SYNC_OUTLET = """
INSERT INTO outlets (id, name, active) VALUES (?, ?, 1)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, active = 1
"""
# One that comes back is asked now, and keeps what it remembers: it is no new source.
_SYNC_SOURCE = """
INSERT INTO sources (outlet_id, url, kind, links, next_check_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (outlet_id, url) DO UPDATE SET
    kind = excluded.kind, links = excluded.links,
    next_check_at = CASE WHEN sources.active = 1 THEN min(sources.next_check_at, ?) ELSE excluded.next_check_at END,
    active = 1
"""
DUE = """
SELECT id, outlet_id, url, kind, links, next_check_at, etag, last_modified, body_hash, failures, baselined,
    rhythm, pace, trouble, last_ok_at, rewritten_at, seen, news_at, quiet, spells, back_at,
    (SELECT max(last_ok_at) FROM sources other WHERE other.outlet_id = sources.outlet_id) AS outlet_ok_at
FROM sources
"""
"""What is to be known of a source to poll it."""
_DUE = DUE + "WHERE active = 1 AND next_check_at <= ? ORDER BY next_check_at, id LIMIT ?"
_OVERDUE = """
SELECT id, next_check_at, last_polled_at FROM sources WHERE active = 1 AND next_check_at <= ? AND leased = 0
"""
_SUCCEEDED = """
UPDATE sources SET
    next_check_at = ?, leased = 0, failures = ?, reason = NULL, detail = ?, last_polled_at = ?, last_ok_at = ?,
    etag = ?, last_modified = ?, body_hash = ?, listed = coalesce(?, listed), baselined = 1, trouble = 0, pace = ?,
    plan = ?, rhythm = CASE WHEN length(?) > 0 THEN ? ELSE rhythm END,
    rewritten_at = coalesce(?, rewritten_at), seen = coalesce(?, seen), first_ok_at = coalesce(first_ok_at, ?),
    back_at = CASE WHEN sources.failures >= 3 THEN ? ELSE back_at END,
    news_at = coalesce(?, news_at), quiet = coalesce(?, quiet), spells = coalesce(?, spells),
    moved_at = CASE WHEN ? = '' THEN NULL WHEN ? = moved THEN moved_at ELSE ? END, moved = ?
WHERE id = ?
"""
_FAILED = """
UPDATE sources SET
    next_check_at = ?, leased = 0, failures = ?, reason = ?, detail = ?, last_polled_at = ?,
    etag = coalesce(nullif(?, ''), etag), last_modified = coalesce(nullif(?, ''), last_modified),
    body_hash = coalesce(nullif(?, ''), body_hash), trouble = ?, plan = ?
WHERE id = ?
"""
_HOLD = """
INSERT INTO hosts (host, held_until) VALUES (?, ?)
ON CONFLICT (host) DO UPDATE SET held_until = excluded.held_until WHERE excluded.held_until > hosts.held_until
"""
_PUT_ROBOTS = """
INSERT INTO robots (origin, status, body, fetched_at) VALUES (?, ?, ?, ?)
ON CONFLICT (origin) DO UPDATE SET
    status = excluded.status, body = excluded.body, fetched_at = excluded.fetched_at
"""
_REMEMBER = """
INSERT INTO outlet_memory (outlet_id, data) VALUES (?, ?)
ON CONFLICT (outlet_id) DO UPDATE SET data = excluded.data
"""
_ROWS = """
SELECT s.*, o.name,
    CASE WHEN ?2 = 1 THEN (SELECT count(*) FROM articles a WHERE a.outlet_id = s.outlet_id) ELSE 0 END AS articles
FROM sources s JOIN outlets o ON o.id = s.outlet_id
WHERE s.active = 1 AND (s.outlet_id IN (SELECT value FROM json_each(?1)) OR ?1 IS NULL) ORDER BY s.outlet_id, s.id
"""
# A range of ids within the index of an outlet: no row of an article is read.
_VOLUME = """
SELECT o.value AS outlet_id, s.key AS place, (
    SELECT count(*) FROM articles a WHERE a.outlet_id = o.value
        AND a.id BETWEEN CAST(json_extract(s.value, '$[0]') AS INTEGER)
        AND CAST(json_extract(s.value, '$[1]') AS INTEGER)
) AS n FROM json_each(?) o CROSS JOIN json_each(?) s
"""

# What was backed off, of an outlet without an interval of its own, is asked again so many seconds after a restart.
_SOON = 900.0


class SqlOutlets:
    """The Outlets port."""

    def __init__(self, sql: Sql, calendar: SqlCalendar) -> None:
        self._sql = sql
        self._calendar = calendar

    def sync(self, outlets: Sequence[Outlet], now: datetime) -> None:
        """Make the stored set the configured one."""
        sql = self._sql
        wanted = {(outlet.id, source.url) for outlet in outlets for source in outlet.sources}
        for row in sql.all("SELECT id, outlet_id, url FROM sources WHERE active = 1"):
            if (row["outlet_id"], row["url"]) not in wanted:
                sql.write("UPDATE sources SET active = 0, leased = 0 WHERE id = ?", row["id"])
        sql.write("UPDATE outlets SET active = 0")
        for outlet in outlets:
            sql.write(_SYNC_OUTLET, outlet.id, outlet.name)
            for source in outlet.sources:
                # What was backed off to a day is asked within its interval after a restart: its trouble may be mended.
                soon = ahead(now, outlet.every or _SOON)
                sql.write(_SYNC_SOURCE, outlet.id, source.url, source.kind, source.links, stamp(now), soon)

    def lease_due(self, now: datetime, *, limit: int, lease: float) -> list[DueSource]:
        """Take sources due by `now`, earliest first."""
        rows = self._sql.all(_DUE, stamp(now), limit)
        self._sql.write_many(
            "UPDATE sources SET next_check_at = ?, leased = 1 WHERE id = ?",
            [(ahead(now, lease), row["id"]) for row in rows],
        )
        return [due_source(row) for row in rows]

    def overdue(self, now: datetime) -> list[Overdue]:
        """List what is due and in nobody's hands."""
        return [
            Overdue(row["id"], moment(row["next_check_at"]), moment_or_none(row["last_polled_at"]))
            for row in self._sql.all(_OVERDUE, stamp(now))
        ]

    def put_off(self, times: Sequence[tuple[int, datetime]]) -> None:
        """Set when they are due."""
        self._sql.write_many(
            "UPDATE sources SET next_check_at = ? WHERE id = ? AND leased = 0",
            [(stamp(at), number) for number, at in times],
        )

    def record(self, outcome: PollOutcome) -> None:
        """Write how a poll ended."""
        due, polled = stamp(outcome.next_check_at), stamp(outcome.polled_at)
        answer = (outcome.etag, outcome.last_modified, outcome.body_hash)
        if outcome.reason is None:
            self._sql.write(
                _SUCCEEDED, due, outcome.failures, outcome.detail, polled, polled, *answer, outcome.listed,
                outcome.pace, outcome.plan, outcome.rhythm, outcome.rhythm, polled if outcome.rewritten else None,
                outcome.seen, polled, polled, stamp_or_none(outcome.news_at), outcome.quiet, outcome.spells,
                outcome.moved, outcome.moved, polled, outcome.moved, outcome.source_id,
            )  # fmt: skip
        else:
            self._sql.write(
                _FAILED, due, outcome.failures, outcome.reason.value, outcome.detail, polled, *answer, outcome.trouble,
                outcome.plan, outcome.source_id,
            )  # fmt: skip

    def hold_host(self, host: str, until: datetime) -> None:
        """Remember a host's pause; a shorter one never replaces a longer."""
        self._sql.write(_HOLD, host, stamp(until))

    def held_hosts(self, now: datetime) -> dict[str, datetime]:
        """Return the pauses still running."""
        rows = self._sql.all("SELECT host, held_until FROM hosts WHERE held_until > ?", stamp(now))
        return {row["host"]: moment(row["held_until"]) for row in rows}

    def robots(self, origin: str) -> RobotsFile | None:
        """Return the stored robots.txt of an origin."""
        row = self._sql.one("SELECT origin, status, body, fetched_at FROM robots WHERE origin = ?", origin)
        return RobotsFile(row["origin"], row["status"], row["body"], moment(row["fetched_at"])) if row else None

    def put_robots(self, robots: RobotsFile) -> None:
        """Store or replace it."""
        self._sql.write(_PUT_ROBOTS, robots.origin, robots.status, robots.body, stamp(robots.fetched_at))

    def forget_hosts(self, now: datetime, before: datetime, after: int, *, limit: int) -> int:
        """Forget what hosts said that is over; return up to which robots.txt was looked, 0 at the end."""
        if not after:
            self._sql.write("DELETE FROM hosts WHERE held_until < ?", stamp(now))
        # By rowid and in pieces: behind a long file its date is reached page by page.
        rows = self._sql.all(
            "SELECT rowid, fetched_at FROM robots WHERE rowid > ? ORDER BY rowid LIMIT ?", after, limit
        )
        old = [(row["rowid"],) for row in rows if row["fetched_at"] < stamp(before)]
        self._sql.write_many("DELETE FROM robots WHERE rowid = ?", old)
        return int(rows[-1]["rowid"]) if len(rows) == limit else 0

    def memory(self, outlet_id: str) -> Memory:
        """Return what the outlet's pages taught."""
        row = self._sql.one("SELECT data FROM outlet_memory WHERE outlet_id = ?", outlet_id)
        return unpack_memory(row["data"]) if row else Memory()

    def learn(self, outlet_id: str, change: Callable[[Memory], Memory]) -> None:
        """Replace it by what `change` makes of it."""
        known = self.memory(outlet_id)
        changed = change(known)
        if changed != known:
            self._sql.write(_REMEMBER, outlet_id, pack_memory(changed))

    def rows(self, outlet_ids: Collection[str] | None = None, *, counted: bool = True) -> list[OutletRow]:
        """List active sources; `articles` are those of its whole outlet."""
        wanted = None if outlet_ids is None else json.dumps([*outlet_ids])
        return [_outlet_row(row) for row in self._sql.all(_ROWS, wanted, int(counted))]

    def volume(self, outlet_ids: Collection[str], moments: Sequence[datetime]) -> dict[str, tuple[int, ...]]:
        """Count the articles of outlets by when they were read."""
        found = {outlet_id: [0] * len(moments) for outlet_id in outlet_ids}
        spans = json.dumps(self._calendar.spans(moments))
        for row in self._sql.all(_VOLUME, json.dumps([*outlet_ids]), spans):
            found[row["outlet_id"]][row["place"]] = row["n"]
        return {outlet_id: tuple(counts) for outlet_id, counts in found.items()}


def due_source(row: Row) -> DueSource:
    """Read a row of DUE."""
    return DueSource(
        id=row["id"],
        outlet_id=row["outlet_id"],
        url=row["url"],
        kind=row["kind"],
        due_at=moment(row["next_check_at"]),
        etag=row["etag"],
        last_modified=row["last_modified"],
        body_hash=row["body_hash"],
        failures=row["failures"],
        baseline=not row["baselined"],
        outlet_ok_at=moment_or_none(row["outlet_ok_at"]),
        links=row["links"],
        rhythm=row["rhythm"],
        pace=row["pace"],
        trouble=row["trouble"],
        last_ok_at=moment_or_none(row["last_ok_at"]),
        rewritten_at=moment_or_none(row["rewritten_at"]),
        seen=row["seen"],
        news_at=moment_or_none(row["news_at"]),
        quiet=row["quiet"],
        spells=row["spells"],
        back_at=moment_or_none(row["back_at"]),
    )


def _outlet_row(row: Row) -> OutletRow:
    return OutletRow(
        outlet_id=row["outlet_id"],
        name=row["name"],
        url=row["url"],
        kind=row["kind"],
        last_polled_at=moment_or_none(row["last_polled_at"]),
        last_ok_at=moment_or_none(row["last_ok_at"]),
        next_check_at=moment(row["next_check_at"]),
        failures=row["failures"],
        reason=Reason(row["reason"]) if row["reason"] else None,
        detail=row["detail"],
        articles=row["articles"],
        baselined=bool(row["baselined"]),
        plan=row["plan"],
    )
