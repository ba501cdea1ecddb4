"""What waits for a time of the day, which times have been told, and what is silenced."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from monitor.errors import AlertReason
from monitor.model import Silence
from monitor.store.alerts import TOLD_BY, SqlAlerts, alert
from monitor.store.codec import micros, moment, moment_or_none, stamp, stamp_or_none
from monitor.store.hits import SqlHits
from monitor.store.outbox import POST, post_values
from monitor.store.rows import Row, Sql
from monitor.views_alerts import Assurance, DigestItem, DueAlert, Post

_WAITING = """
SELECT l.*, d.channel_id, d.revision AS item_revision, d.reason AS item_reason
FROM digest_items d JOIN alerts l ON l.id = d.alert_id WHERE d.route = ? AND d.digest = '' ORDER BY d.at, d.rowid
"""
_MOVE = "UPDATE digest_items SET route = ?, channel_id = ? WHERE route = ? AND channel_id = ? AND digest = ''"
_DOWN = """
SELECT o.name, max(s.last_ok_at) AS ok FROM sources s JOIN outlets o ON o.id = s.outlet_id
WHERE s.active = 1 AND o.active = 1 GROUP BY o.id HAVING min(s.reason IS NOT NULL OR s.last_ok_at IS NULL)
ORDER BY ok NULLS FIRST, o.name
"""
_READ = """
SELECT count(DISTINCT s.outlet_id) FROM sources s JOIN outlets o ON o.id = s.outlet_id
WHERE s.active = 1 AND o.active = 1 AND s.last_ok_at >= ?
"""


class SqlDigests:
    """The Digests port."""

    def __init__(self, sql: Sql, alerts: SqlAlerts, hits: SqlHits) -> None:
        self._sql = sql
        self._alerts = alerts
        self._hits = hits

    def latest(self, route: str) -> datetime | None:
        """Return when the route's newest digest was made."""
        row = self._sql.one("SELECT max(at) AS at FROM digests WHERE route = ?", route)
        return moment_or_none(row["at"]) if row else None

    def take(self, route: str, day: str, slot: str, now: datetime) -> bool:
        """Note that the digest of a route, day and time is made."""
        return bool(
            self._sql.write(
                "INSERT INTO digests VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", route, day, slot, stamp(now)
            )
        )

    def items(self, route: str) -> list[DigestItem]:
        """List what waits for a route's digests."""
        return [self._item(row) for row in self._sql.all(_WAITING, route)]

    def _item(self, row: Row) -> DigestItem:
        hits = tuple(self._hits.select(TOLD_BY, row["id"], row["item_revision"]))
        due = DueAlert(alert(row), hits, self._alerts.corrections(row["id"], row["item_revision"]))
        return DigestItem(row["channel_id"], AlertReason(row["item_reason"]), row["item_revision"], due)

    def routes(self) -> list[str]:
        """List the routes for whose digests something waits."""
        rows = self._sql.all("SELECT DISTINCT route FROM digest_items WHERE digest = '' ORDER BY 1")
        return [row["route"] for row in rows]

    def move(self, old: str, new: str, channels: Mapping[str, str]) -> None:
        """Let another route tell what waits."""
        for before, after in channels.items():
            self._sql.write(
                "DELETE FROM digest_items WHERE route = ? AND channel_id = ? AND digest = '' AND EXISTS ("
                "SELECT 1 FROM digest_items d WHERE d.alert_id = digest_items.alert_id "
                "AND d.revision = digest_items.revision AND d.channel_id = ? AND d.rowid <> digest_items.rowid)",
                old, before, after,
            )  # fmt: skip
            self._sql.write(_MOVE, new, after, old, before)

    def tell(self, items: Sequence[DigestItem], posts: Sequence[Post], digest: str, now: datetime) -> None:
        """Write a digest's messages, and that these items are told by it."""
        at = stamp(now)
        for post in posts:
            self._sql.write(POST, *post_values(post, at))
            self._sql.write_many(
                "INSERT INTO tellings VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                [(post.message.id, number, revision) for number, revision in post.told],
            )
        self._sql.write_many(
            "UPDATE digest_items SET digest = ? WHERE alert_id = ? AND revision = ? AND channel_id = ?",
            [(digest, item.due.alert.id, item.revision, item.channel_id) for item in items],
        )

    def assurance(self, since: datetime) -> Assurance:
        """Say what was done since then."""
        at = micros(since)
        hits = self._sql.all("SELECT rule_id, count(*) AS n FROM hits WHERE found_at >= ? GROUP BY 1", at)
        return Assurance(
            outlets=self._sql.number("SELECT count(*) FROM outlets WHERE active = 1"),
            outlets_read=self._sql.number(_READ, stamp(since)),
            articles=self._sql.number("SELECT count(*) FROM articles WHERE fetched_at >= ?", at),
            hits={row["rule_id"]: row["n"] for row in hits},
            down=tuple((row["name"], moment_or_none(row["ok"])) for row in self._sql.all(_DOWN)),
        )


class SqlSilences:
    """The Silences port."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def active(self, now: datetime) -> list[Silence]:
        """List those that have not ended."""
        rows = self._sql.all("SELECT * FROM silences WHERE ends_at > ? ORDER BY id", stamp(now))
        return [_silence(row) for row in rows]

    def rows(self, *, limit: int = 50, before: int | None = None, lasting: datetime | None = None) -> list[Silence]:
        """List, newest first."""
        rows = self._sql.all(
            "SELECT * FROM silences WHERE (id < ?1 OR ?1 IS NULL) AND (ends_at > ?2 OR ?2 IS NULL) "
            "ORDER BY id DESC LIMIT ?3",
            before, stamp_or_none(lasting), limit,
        )  # fmt: skip
        return [_silence(row) for row in rows]

    def ended(self, now: datetime, *, limit: int) -> list[Silence]:
        """List those that have ended."""
        rows = self._sql.all(
            "SELECT * FROM silences WHERE ends_at <= ? ORDER BY ends_at DESC, id DESC LIMIT ?", stamp(now), limit
        )
        return [_silence(row) for row in rows]

    def get(self, silence_id: int) -> Silence | None:
        """Return one."""
        row = self._sql.one("SELECT * FROM silences WHERE id = ?", silence_id)
        return None if row is None else _silence(row)

    def add(self, silence: Silence, now: datetime) -> int:
        """Write one; return its id."""
        number = self._sql.insert(
            "INSERT INTO silences (matchers, starts_at, ends_at, author, comment, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
            json.dumps(silence.matchers, ensure_ascii=False), stamp(silence.starts_at), stamp(silence.ends_at),
            silence.author, silence.comment, stamp(now),
        )  # fmt: skip
        assert number is not None
        return number

    def end(self, silence_id: int, now: datetime) -> bool:
        """End one now."""
        at = stamp(now)
        return bool(self._sql.write("UPDATE silences SET ends_at = ? WHERE id = ? AND ends_at > ?", at, silence_id, at))


def _silence(row: Row) -> Silence:
    return Silence(
        row["id"],
        tuple((key, pattern) for key, pattern in json.loads(row["matchers"])),
        moment(row["starts_at"]),
        moment(row["ends_at"]),
        row["author"],
        row["comment"],
    )
