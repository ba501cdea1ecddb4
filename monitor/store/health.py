"""How outlets fare: what they are judged by, and what was told of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from monitor.errors import Reason, Trouble
from monitor.store.codec import moment, moment_or_none, stamp
from monitor.store.rows import Row, Sql
from monitor.views_health import ALL, Ailment, Chart, Coverage, Glance, Pulse

# As the partial index says it, up to a bound: a flood of a million would be counted at each look.
_PULSES = """
SELECT s.outlet_id, s.url, s.reason, s.detail, s.failures, s.last_ok_at, s.first_ok_at, s.news_at, s.back_at, s.quiet,
    s.spells, s.rhythm, s.moved, s.moved_at,
    (SELECT count(*) FROM (SELECT 1 FROM links WHERE source_id = s.id AND state = 'waiting' LIMIT 2001) w) AS waiting
FROM sources s WHERE s.active = 1 AND s.outlet_id IN (SELECT value FROM json_each(?)) ORDER BY s.outlet_id, s.id
"""
_KEEP = "INSERT INTO glances VALUES (?, ?) ON CONFLICT (outlet_id) DO UPDATE SET data = excluded.data"
_BEGIN = """
INSERT INTO troubles VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (outlet_id, trouble) DO NOTHING
"""
# The same of `status` and of the page.
COVERAGE = """
    (SELECT count(*) FROM outlets WHERE active = 1) AS outlets,
    (SELECT count(DISTINCT outlet_id) FROM sources
        WHERE active = 1 AND last_ok_at IS NOT NULL AND reason IS NULL) AS outlets_read,
    (SELECT count(DISTINCT outlet_id) FROM sources WHERE active = 1 AND reason IS NOT NULL) AS outlets_failing
"""
_END = "DELETE FROM troubles WHERE outlet_id = ? AND trouble = ?"
_UNWATCHED = "DELETE FROM troubles WHERE outlet_id IN (SELECT id FROM outlets WHERE active = 0)"
# What failed while nobody could be reached is no failure of theirs; they are asked again soon, not all at once.
_PARDON = """
UPDATE sources SET
    failures = 0, trouble = 0, back_at = ?,
    next_check_at = CASE WHEN leased = 1 THEN next_check_at ELSE min(next_check_at, ?) END
WHERE id = ?
"""


class SqlHealth:
    """The Health port."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def note(self, outlet_id: str, glances: Sequence[Glance], most: int) -> None:
        """Add what was read; of what was before so many stay."""
        row = self._sql.one("SELECT data FROM glances WHERE outlet_id = ?", outlet_id)
        known = json.loads(row["data"]) if row else []
        # Not whole seconds: a page read in the second in which a trouble began would count as read before it.
        known += [[one.at.timestamp(), one.reason or "", one.length, one.body, one.title] for one in glances]
        self._sql.write(_KEEP, outlet_id, json.dumps(known[-most:], separators=(",", ":")))

    def charts(self, outlet_ids: Iterable[str], read: Iterable[str] = ()) -> list[Chart]:
        """Return what these are judged by; those without a source that is watched are left out. Glances only of those
        that were `read` or have a trouble: with them it takes twice as long.
        """
        ids = json.dumps(list(outlet_ids))
        pulses: dict[str, list[Pulse]] = {}
        for row in self._sql.all(_PULSES, ids):
            pulses.setdefault(row["outlet_id"], []).append(_pulse(row))
        ill: dict[str, list[Ailment]] = {}
        for one in self.ailments():
            ill.setdefault(one.outlet_id, []).append(one)
        data = "SELECT outlet_id, data FROM glances WHERE outlet_id IN (SELECT value FROM json_each(?))"
        wanted = json.dumps([*{*read, *(ill.keys() & pulses.keys())}])
        glances = {row["outlet_id"]: _glances(row["data"]) for row in self._sql.all(data, wanted)}
        return [
            Chart(name, tuple(found), glances.get(name, ()), tuple(ill.get(name, ()))) for name, found in pulses.items()
        ]

    def ailments(self) -> list[Ailment]:
        """List what is told of and not over, the oldest first."""
        rows = self._sql.all("SELECT * FROM troubles ORDER BY since, outlet_id, trouble")
        return [
            Ailment(row["outlet_id"], Trouble(row["trouble"]), moment(row["since"]), row["said"], row["todo"],
                    row["cause"], row["usual"])
            for row in rows
        ]  # fmt: skip

    def coverage(self) -> Coverage:
        """Count."""
        row = self._sql.one(f"SELECT {COVERAGE}")
        assert row is not None
        return Coverage(row["outlets"], row["outlets_read"], row["outlets_failing"])

    def troubled(self) -> dict[Trouble, int]:
        """Count the outlets that have each trouble."""
        rows = self._sql.all("SELECT trouble, count(*) AS outlets FROM troubles GROUP BY trouble")
        return dict.fromkeys(Trouble, 0) | {Trouble(row["trouble"]): row["outlets"] for row in rows}

    def begin(self, one: Ailment) -> bool:
        """Note a trouble; False where it was there."""
        return bool(
            self._sql.write(
                _BEGIN, one.outlet_id, one.trouble.value, stamp(one.since), one.said, one.todo, one.cause, one.usual
            )
        )

    def end(self, one: Ailment) -> bool:
        """Note that it is over; False where it was."""
        return bool(self._sql.write(_END, one.outlet_id, one.trouble.value))

    def unwatch(self) -> None:
        """Leave out the troubles of outlets that are watched no more."""
        if self._sql.one("SELECT 1 FROM troubles WHERE outlet_id <> ? LIMIT 1", ALL):
            self._sql.write(_UNWATCHED)

    def pardon(self, after: int, reasons: Iterable[Reason], now: datetime, *, limit: int, spread: float) -> int:
        """Forget the failures of sources above an id that failed for these reasons, and ask them within `spread`
        seconds; return the last id, 0 where there are no more.
        """
        rows = self._sql.all(
            "SELECT id FROM sources WHERE id > ? AND active = 1 AND reason IN (SELECT value FROM json_each(?)) "
            "ORDER BY id LIMIT ?",
            after, json.dumps([one.value for one in reasons]), limit,
        )  # fmt: skip
        self._sql.write_many(
            _PARDON, [(stamp(now), stamp(now + timedelta(seconds=row["id"] * 7.0 % spread)), row["id"]) for row in rows]
        )
        return int(rows[-1]["id"]) if len(rows) == limit else 0


def _pulse(row: Row) -> Pulse:
    return Pulse(
        row["url"],
        Reason(row["reason"]) if row["reason"] else None,
        row["detail"],
        row["failures"],
        moment_or_none(row["last_ok_at"]),
        moment_or_none(row["first_ok_at"]),
        moment_or_none(row["news_at"]),
        moment_or_none(row["back_at"]),
        row["quiet"],
        row["spells"],
        row["rhythm"],
        row["waiting"],
        row["moved"],
        moment_or_none(row["moved_at"]),
    )


def _glances(data: str) -> tuple[Glance, ...]:
    return tuple(
        Glance(datetime.fromtimestamp(at, UTC), Reason(reason) if reason else None, length, body, title)
        for at, reason, length, body, title in json.loads(data)
    )
