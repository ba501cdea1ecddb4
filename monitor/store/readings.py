"""What workers read, until the keeper has taken it in; and what else they have to say to it.

Whoever changes a link and what waits of it locks the link first: two that did so in other orders would wait for each
other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.store.codec import instant, micros
from monitor.store.rows import NUMBERS, Sql
from monitor.views_service import Report, Waiting

# As long as a link stays nobody's while the keeper is away.
_AWAY = timedelta(days=7)
# Its page may have been forgotten while it was read.
_AWAITED = "UPDATE links SET next_at = ?, leased = 1 WHERE id = ? AND state <> 'gone'"
_PUT = """
INSERT INTO readings (link_id, outlet_id, at, kind, version, data) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (link_id) DO UPDATE SET
    outlet_id = excluded.outlet_id, at = excluded.at, kind = excluded.kind, version = excluded.version,
    data = excluded.data
"""
_HELD = "UPDATE links SET leased = 1 WHERE id = ? AND state <> 'gone'"


class SqlReadings:
    """The Readings port."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def put(self, link_id: int, outlet_id: str, kind: str, version: str, data: bytes, now: datetime) -> bool:
        """Hand over what was read of a link; False where the link is gone."""
        if not self._sql.write(_AWAITED, micros(now + _AWAY), link_id):
            return False
        self._sql.write(_PUT, link_id, outlet_id, micros(now), kind, version, data)
        return True

    def oldest(self, limit: int) -> list[Waiting]:
        """Return what waits longest."""
        rows = self._sql.all("SELECT * FROM readings ORDER BY at, link_id LIMIT ?", limit)
        return [
            Waiting(row["link_id"], row["outlet_id"], instant(row["at"]), row["kind"], row["version"], row["data"])
            for row in rows
        ]

    def drop(self, link_id: int, at: datetime) -> bool:
        """Take out what was handed over then."""
        self._sql.write(_HELD, link_id)
        return bool(self._sql.write("DELETE FROM readings WHERE link_id = ? AND at = ?", link_id, micros(at)))

    def count(self) -> int:
        """Count those that wait."""
        return self._sql.number("SELECT count(*) FROM readings")

    def put_reports(self, reports: Sequence[Report]) -> None:
        """Say something to the keeper."""
        self._sql.write_many(
            "INSERT INTO reports (kind, data) VALUES (?, ?)", [(one.kind, one.data) for one in reports]
        )

    def take_reports(self, limit: int) -> list[Report]:
        """Return what was said first, and take it out."""
        rows = self._sql.all("SELECT id, kind, data FROM reports ORDER BY id LIMIT ?", limit)
        # Not all up to the last: one with a lower number may have been committed since.
        self._sql.write(f"DELETE FROM reports WHERE id {NUMBERS}", json.dumps([row["id"] for row in rows]))  # noqa: S608
        return [Report(row["kind"], row["data"]) for row in rows]
