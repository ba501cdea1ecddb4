"""Events, passes, totals, and taking over from a process that died."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from monitor.store import codec
from monitor.store.calendar import SqlCalendar
from monitor.store.codec import instant, micros, moment, moment_or_none, stamp
from monitor.store.health import COVERAGE
from monitor.store.rows import Sql
from monitor.store.shift import shift
from monitor.views import EventRow, Pass, Totals
from monitor.views_service import Daemon, Queues

_EVENT = "INSERT INTO events (kind, at, outlet_id, article_id, reason, detail) VALUES (?, ?, ?, ?, ?, ?)"
# What is in force is told by the newest of its kind, however old: a disk that is full, a configuration that failed.
_FORGET_EVENTS = """
DELETE FROM events WHERE id IN (
    SELECT id FROM (SELECT id, kind, at FROM events ORDER BY id LIMIT ?) e
    WHERE at < ? AND EXISTS (SELECT 1 FROM events n WHERE n.kind = e.kind AND n.id > e.id)
)
"""
# A daemon writes its counts each half minute: one row a run, moved to the end as it grows.
_RECORD = """
INSERT INTO passes (started_at, finished_at, polled, failed, links, articles, hits, sent)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_RECLAIM_OUTBOX = "UPDATE outbox SET state = 'pending', lease_until = NULL, owner = '' WHERE state = 'leased'"
# What was read of a link and waits is not to be read again.
_RECLAIM_LINKS = """
UPDATE links SET next_at = ?, leased = 0 WHERE leased = 1 AND id NOT IN (SELECT link_id FROM readings)
"""
_DOUBTFUL = """
UPDATE outbox SET
    state = 'unknown', attempts = attempts + 1, ambiguous = ambiguous + 1, reason = 'ambiguous',
    detail = 'the process ended while it was sent', lease_until = NULL, owner = ''
WHERE state = 'leased' AND channel_id = ?
"""
# As the partial indexes say it: otherwise every link there ever was is looked at.
_TOTALS = f"""
SELECT
    {COVERAGE},
    (SELECT count(*) FROM articles) AS articles,
    (SELECT count(*) FROM hits) AS hits,
    (SELECT count(*) FROM links WHERE state IN ('new', 'partial', 'again') AND state <> 'again')
        + (SELECT count(*) FROM links WHERE state = 'waiting') AS links_waiting,
    (SELECT count(*) FROM links WHERE state = 'failed') AS links_failed,
    (SELECT count(*) FROM alerts WHERE state = 'open') AS alerts_open,
    (SELECT count(*) FROM outbox WHERE state IN ('pending', 'leased')) AS outbox_waiting,
    (SELECT count(*) FROM outbox WHERE state IN ('dead', 'unknown')) AS outbox_dead
"""  # noqa: S608 - a constant of ours
# The version of a rule that is not in force: when it comes back it begins anew.
_RESTS = "-"
# What is leased is due again when its lease ends: until then its time lies ahead.
_QUEUES = """
SELECT
    (SELECT count(*) FROM sources WHERE active = 1 AND next_check_at <= ?) AS sources_due,
    (SELECT count(*) FROM sources WHERE active = 1 AND next_check_at <= ?) AS sources_overdue,
    (SELECT min(next_check_at) FROM sources WHERE active = 1 AND leased = 0) AS next_poll,
    (SELECT count(*) FROM links WHERE state IN ('new', 'partial', 'again') AND next_at <= ?) AS links_due,
    (SELECT count(*) FROM outbox WHERE state IN ('pending', 'leased') AND not_before <= ? AND state = 'pending')
        AS outbox_due,
    (SELECT count(*) FROM digest_items WHERE digest = '') AS digest_items
"""
_OVERDUE = timedelta(minutes=1)
_INTRODUCE = """
INSERT INTO facts VALUES ('daemon', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value
"""


class SqlUpkeep:
    """The Upkeep port."""

    def __init__(self, sql: Sql, calendar: SqlCalendar) -> None:
        self._sql = sql
        self._calendar = calendar

    def event(self, event: EventRow) -> None:
        """Note something for the operator."""
        self._sql.write(
            _EVENT, event.kind, stamp(event.at), event.outlet_id, event.article_id, event.reason, event.detail
        )  # fmt: skip

    def events(self, *, kind: str = "", outlet: str = "", limit: int = 50) -> list[EventRow]:
        """List, newest first; of one kind, of one outlet."""
        # The second condition is that of the outlets' index.
        clauses = [("kind = ?", kind)] * bool(kind) + [("outlet_id = ? AND outlet_id <> ''", outlet)] * bool(outlet)
        condition = " AND ".join(clause for clause, _ in clauses) or "1 = 1"
        values = [value for _, value in clauses]
        rows = self._sql.all(f"SELECT * FROM events WHERE {condition} ORDER BY id DESC LIMIT ?", *values, limit)  # noqa: S608
        return [
            EventRow(row["kind"], moment(row["at"]), row["outlet_id"], row["article_id"], row["reason"],
                     row["detail"], row["id"])
            for row in rows
        ]  # fmt: skip

    def forget_events(self, before: datetime, *, limit: int) -> int:
        """Take out those from before a time, the newest of each kind apart, so many at most; return how many."""
        return self._sql.write(_FORGET_EVENTS, limit, stamp(before))

    def record_pass(self, done: Pass) -> None:
        """Write the newest pass; what the same run wrote before is replaced."""
        started = stamp(done.started_at)
        self._sql.write("DELETE FROM passes WHERE started_at = ?", started)
        self._sql.write(
            _RECORD, started, stamp(done.finished_at), done.polled, done.failed, done.links, done.articles, done.hits,
            done.sent,
        )  # fmt: skip

    def introduce(self, daemon: Daemon) -> None:
        """Write the process that works on the database."""
        self._sql.write(_INTRODUCE, codec.pack_daemon(daemon))

    def daemon(self) -> Daemon | None:
        """Return the last that introduced itself."""
        row = self._sql.one("SELECT value FROM facts WHERE key = 'daemon'")
        return codec.unpack_daemon(row["value"]) if row else None

    def queues(self, now: datetime) -> Queues:
        """Count what waits."""
        at, late = stamp(now), stamp(now - _OVERDUE)
        row = self._sql.one(_QUEUES, at, late, micros(now), at)
        assert row is not None
        return Queues(**{**dict(row), "next_poll": moment_or_none(row["next_poll"])})

    def totals(self) -> Totals:
        """Count."""
        row = self._sql.one(_TOTALS)
        assert row is not None
        return Totals(**dict(row), last_pass=self._last_pass())

    def _last_pass(self) -> Pass | None:
        # The newest written, not the latest by the clock: one that ran ahead must not hide the rest.
        row = self._sql.one("SELECT * FROM passes ORDER BY id DESC LIMIT 1")
        if row is None:
            return None
        return Pass(
            moment(row["started_at"]), moment(row["finished_at"]), row["polled"], row["failed"], row["links"],
            row["articles"], row["hits"], row["sent"],
        )  # fmt: skip

    def began(self) -> datetime | None:
        """Return when the oldest article was read."""
        row = self._sql.one("SELECT fetched_at FROM articles ORDER BY id LIMIT 1")
        return instant(row["fetched_at"]) if row else None

    def rules_since(self, versions: Mapping[str, str], now: datetime) -> dict[str, datetime]:
        """Return since when each rule has been in force as it is, new and changed ones from now."""
        known = {row["id"]: row for row in self._sql.all("SELECT id, first_seen, version FROM rules")}
        at = stamp(now)
        begins = [
            (name, at, version)
            for name, version in versions.items()
            if name not in known or known[name]["version"] not in {"", version}
        ]
        self._sql.write_many(
            "INSERT INTO rules (id, first_seen, version) VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET first_seen = excluded.first_seen, version = excluded.version",
            begins,
        )
        # Noted before versions were: as it was.
        unsaid = [(versions[name], name) for name, row in known.items() if not row["version"] and versions.get(name)]
        rests = [(_RESTS, name) for name, row in known.items() if name not in versions and row["version"] != _RESTS]
        self._sql.write_many("UPDATE rules SET version = ? WHERE id = ?", unsaid + rests)
        since = {name: moment(row["first_seen"]) for name, row in known.items() if name in versions}
        return since | {name: moment(at) for name, _, _ in begins}

    def use_zone(self, name: str) -> bool:
        """Count days in this IANA zone; return whether it was another one before."""
        return self._calendar.use_zone(name)

    def shift(self, by: timedelta, now: datetime) -> int:
        """Move what is due; return how many rows."""
        return shift(self._sql, by, now)

    def reclaim(self, now: datetime, once: Collection[str] = ()) -> int:
        """Give back what a dead process had leased; return how many rows."""
        at = stamp(now)
        self._sql.write_many(_DOUBTFUL, [(channel,) for channel in once])
        return (
            self._sql.write(_RECLAIM_OUTBOX)
            + self._sql.write(_RECLAIM_LINKS, micros(now))
            + self._sql.write("UPDATE sources SET next_check_at = ?, leased = 0 WHERE leased = 1", at)
        )
