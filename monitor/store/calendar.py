"""When articles and hits came: time windows as ranges of ids, and counts by day, kept by whoever writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

from monitor.store.codec import instant, micros
from monitor.store.rows import Sql, Value
from monitor.views import Filter

HOUR = 3_600_000_000
"""Microseconds."""
# Zones stand at whole quarters of an hour.
QUARTER = HOUR // 4
_ARTICLE = """
INSERT INTO hours (hour, first_article, last_article) VALUES (?, ?, ?)
ON CONFLICT (hour) DO UPDATE SET first_article = coalesce(hours.first_article, excluded.first_article),
    last_article = excluded.last_article
"""
_HIT = """
INSERT INTO hours (hour, first_hit, last_hit) VALUES (?, ?, ?)
ON CONFLICT (hour) DO UPDATE SET first_hit = coalesce(hours.first_hit, excluded.first_hit), last_hit = excluded.last_hit
"""
_DAY = """
INSERT INTO hit_days (day, rule_id, n) VALUES (?, ?, ?)
ON CONFLICT (day, rule_id) DO UPDATE SET n = hit_days.n + excluded.n
"""
_RANGE = "SELECT min(first_{0}) AS first, max(last_{0}) AS last FROM hours WHERE hour BETWEEN ? AND ?"
_FIRSTS = "SELECT hour, first_article FROM hours WHERE hour >= ? AND first_article IS NOT NULL ORDER BY hour"
_QUARTERS = "SELECT found_at / ? AS quarter, rule_id, count(*) AS n FROM hits GROUP BY quarter, rule_id"


class SqlCalendar:
    """Hours and days of one connection."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql
        self._zone: tzinfo | None = None

    @property
    def zone(self) -> tzinfo:
        """The zone that days are counted in."""
        if self._zone is None:
            row = self._sql.one("SELECT value FROM facts WHERE key = 'timezone'")
            self._zone = ZoneInfo(row["value"] if row else "UTC")
        return self._zone

    def forget(self) -> None:
        """Ask for the zone again: the transaction that set it was undone."""
        self._zone = None

    def day(self, at: int) -> str:
        """Return the day of a time in microseconds, as YYYY-MM-DD in the zone of the counts."""
        return instant(at).astimezone(self.zone).date().isoformat()

    def article(self, number: int, at: int) -> None:
        """Note a new article."""
        self._sql.write(_ARTICLE, at // HOUR, number, number)

    def hit(self, number: int, rule_id: str, at: int) -> None:
        """Note a new hit."""
        self._sql.write(_HIT, at // HOUR, number, number)
        self.count(rule_id, at, 1)

    def count(self, rule_id: str, at: int, n: int) -> None:
        """Add to the hits of a rule on a day; less than none for hits that leave."""
        self._sql.write(_DAY, self.day(at), rule_id, n)
        if n < 0:
            self._sql.write("DELETE FROM hit_days WHERE day = ? AND rule_id = ? AND n <= 0", self.day(at), rule_id)

    def articles(self, since: datetime | None, until: datetime | None) -> tuple[int, int]:
        """Return the first and last id that an article fetched in this window can have; (1, 0) where none can."""
        return self._range("article", since, until)

    def hits(self, since: datetime | None, until: datetime | None) -> tuple[int, int]:
        """Return the same for hits found in this window."""
        return self._range("hit", since, until)

    def _range(self, kind: str, since: datetime | None, until: datetime | None) -> tuple[int, int]:
        bounds: tuple[Value, ...] = (
            micros(since) // HOUR if since else -(1 << 62),
            micros(until) // HOUR if until else 1 << 62,
        )
        row = self._sql.one(_RANGE.format(kind), *bounds)
        return (row["first"], row["last"]) if row and row["first"] is not None else (1, 0)

    def spans(self, moments: Sequence[datetime]) -> list[tuple[int, int]]:
        """Return between which ids the articles stand that were fetched from each of these moments, oldest first, to
        the next, from the last to now: to the hour in which a moment lies. None stands in two of them.
        """
        hours = [micros(moment) // HOUR for moment in moments]
        rows = self._sql.all(_FIRSTS, hours[0]) if hours else []
        starts: list[int] = []
        begin = 1 << 62
        for hour in reversed(hours):
            while rows and rows[-1]["hour"] >= hour:
                # The clock may have been set back: what came later stays later.
                begin = min(begin, rows.pop()["first_article"])
            starts.append(begin)
        starts.reverse()
        return [(start, end - 1) for start, end in pairwise([*starts, 1 << 62])]

    def days(self, wanted: Filter, zone: tzinfo) -> tuple[str, str] | None:
        """Return the first and last day of a filter that the counts by day answer; None where they do not: another
        zone, parts of days, or more asked than the rule.
        """
        if str(zone) != str(self.zone) or wanted != Filter(
            rule=wanted.rule, since=wanted.since, until=wanted.until, limit=wanted.limit
        ):
            return None
        first, last = "", "9999-12-31"
        if wanted.since is not None:
            start = wanted.since.astimezone(self.zone)
            first = start.date().isoformat()
            if start.replace(tzinfo=None) != datetime.combine(start.date(), time.min):
                return None
        if wanted.until is not None:
            end = wanted.until.astimezone(self.zone)
            last = end.date().isoformat()
            if end.replace(tzinfo=None) != datetime.combine(end.date(), time.max):
                return None
        return first, last

    def use_zone(self, name: str) -> bool:
        """Count days in this IANA zone from now on; what was counted is counted anew. Return whether it changed."""
        row = self._sql.one("SELECT value FROM facts WHERE key = 'timezone'")
        if row and row["value"] == name:
            return False
        self._sql.write(
            "INSERT INTO facts VALUES ('timezone', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", name
        )
        self._zone = ZoneInfo(name)
        self._sql.write("DELETE FROM hit_days")
        for row in self._sql.all(_QUARTERS, QUARTER):
            self.count(row["rule_id"], row["quarter"] * QUARTER, row["n"])
        return True
