"""How many articles a rule had by hour, and which of its spikes lasts."""

from __future__ import annotations

from datetime import datetime

from monitor.store.calendar import SqlCalendar
from monitor.store.codec import micros, moment_or_none, stamp
from monitor.store.hits import SqlHits
from monitor.store.rows import Sql
from monitor.views import HitRow

_HOURS = """
SELECT found_at / 3600000000 AS hour, count(*) AS n FROM hits
WHERE rule_id = ? AND id BETWEEN ? AND ? AND found_at >= ? AND standing IN ('live', 'late') GROUP BY 1
"""
_EVERY = """
SELECT rule_id, found_at / 3600000000 AS hour, count(*) AS n FROM hits NOT INDEXED
WHERE id BETWEEN ? AND ? AND found_at >= ? GROUP BY 1, 2
"""
_RECENT = "WHERE h.rule_id = ? AND h.id BETWEEN ? AND ? AND h.found_at >= ? AND h.standing IN ('live', 'late')"


class SqlSpikes:
    """The Spikes port."""

    def __init__(self, sql: Sql, hits: SqlHits, calendar: SqlCalendar) -> None:
        self._sql = sql
        self._hits = hits
        self._calendar = calendar

    def hours(self, rule_id: str, since: datetime) -> dict[int, int]:
        """Count a rule's articles by hours since 1970."""
        rows = self._sql.all(_HOURS, rule_id, *self._calendar.hits(since, None), micros(since))
        return {row["hour"]: row["n"] for row in rows}

    def every_hour(self, since: datetime) -> dict[str, dict[int, int]]:
        """Count the same for every rule, all its hits."""
        found: dict[str, dict[int, int]] = {}
        for row in self._sql.all(_EVERY, *self._calendar.hits(since, None), micros(since)):
            found.setdefault(row["rule_id"], {})[row["hour"]] = row["n"]
        return found

    def hits(self, rule_id: str, since: datetime) -> list[HitRow]:
        """List a rule's live hits since then, oldest first."""
        return self._hits.select(f"{_RECENT} ORDER BY h.id", rule_id, *self._calendar.hits(since, None), micros(since))

    def lasting(self, rule_id: str) -> datetime | None:
        """Return when the spike began that lasts."""
        row = self._sql.one(
            "SELECT started_at FROM spikes WHERE rule_id = ? AND ended_at IS NULL ORDER BY id DESC LIMIT 1", rule_id
        )
        return moment_or_none(row["started_at"]) if row else None

    def begin(self, rule_id: str, now: datetime) -> None:
        """Note that a spike began."""
        self._sql.write("INSERT INTO spikes (rule_id, started_at) VALUES (?, ?)", rule_id, stamp(now))

    def end(self, rule_id: str, now: datetime) -> None:
        """Note that it is over."""
        self._sql.write("UPDATE spikes SET ended_at = ? WHERE rule_id = ? AND ended_at IS NULL", stamp(now), rule_id)
