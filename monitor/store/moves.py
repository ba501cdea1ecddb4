"""Articles that change their story, and what people were told of them.

Alerts are one a route, rule and story. When an article goes to another story, that story counts as told where the
article's hit was: a person who was mailed it hears of the story no second time, though an alert of it still waits.
A hit that was never told, as its old story had been, is told with the new one where that was not.
"""

from __future__ import annotations

import json

from monitor.placing import PlacementReason
from monitor.store.alerts import NEXT
from monitor.store.rows import Row, Sql

_ALERTS = """
SELECT l.*, max(j.told_revision IS NOT NULL) AS told
FROM alerts l JOIN alert_hits j ON j.alert_id = l.id JOIN hits h ON h.id = j.hit_id
WHERE h.article_id = ? AND l.story_id = ? GROUP BY l.id
"""
_SAME = "SELECT id, state FROM alerts WHERE route = ? AND rule_id = ? AND story_id = ?"
_COPY = f"""
INSERT INTO alerts (id, route, rule_id, story_id, due_at, reason, revision, state, opened_at, told_at, hold)
SELECT {NEXT}, route, rule_id, ?, due_at, reason, revision, state, opened_at, told_at, hold
FROM alerts WHERE id = ? RETURNING id
"""  # noqa: S608
_OPEN = f"""
INSERT INTO alerts (id, route, rule_id, story_id, due_at, reason, opened_at)
SELECT {NEXT}, route, rule_id, ?, due_at, reason, opened_at FROM alerts WHERE id = ? RETURNING id
"""  # noqa: S608
_CLOSE = "UPDATE alerts SET state = 'told', hold = '', told_at = ?, revision = max(revision, 1) WHERE id = ?"
_TOLD_TOO = """
INSERT INTO tellings SELECT outbox_id, ?, revision FROM tellings WHERE alert_id = ? ON CONFLICT DO NOTHING
"""
# What was told stays with the alert that told it.
_HAND_OVER = """
UPDATE alert_hits SET alert_id = ?1
WHERE alert_id = ?2 AND told_revision IS NULL AND hit_id IN (SELECT id FROM hits WHERE article_id = ?3)
    AND NOT EXISTS (SELECT 1 FROM alert_hits j WHERE j.alert_id = ?1 AND j.hit_id = alert_hits.hit_id)
"""
_IDLE = """
DELETE FROM alerts WHERE id = ? AND state = 'open' AND NOT EXISTS (SELECT 1 FROM alert_hits WHERE alert_id = alerts.id)
"""
# Matchers are pairs in JSON: within a value its quotes would stand behind a backslash.
_SILENCE = "UPDATE silences SET matchers = replace(matchers, ?1, ?2) WHERE instr(matchers, ?1) > 0"


class SqlMoves:
    """The moves of one connection."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def article(self, article_id: int, old: str, new: str) -> None:
        """Take an article with its hits and alerts from one story to another."""
        self._sql.write("UPDATE placements SET story_id = ? WHERE article_id = ?", new, article_id)
        self._sql.write("UPDATE hits SET story_id = ? WHERE article_id = ?", new, article_id)
        for alert in self._sql.all(_ALERTS, article_id, old):
            self._alert(alert, article_id, new)

    def all(self, old: str, new: str) -> None:
        """Take every article of a story to another one; the story ends."""
        for row in self._sql.all("SELECT article_id FROM placements WHERE story_id = ?", old):
            self.article(row["article_id"], old, new)
            self._sql.write(
                "UPDATE placements SET reason = ? WHERE article_id = ?",
                PlacementReason.BY_HAND.value, row["article_id"],
            )  # fmt: skip
        self.end(old, new)

    def end(self, old: str, new: str) -> None:
        """Make a story an alias of another one; its own aliases follow, its links, and what silences it."""
        self._sql.write("UPDATE stories SET alias_of = ? WHERE id = ? OR alias_of = ?", new, old, old)
        self._sql.write(_SILENCE, *(json.dumps(["story", one]) for one in (old, new)))
        for row in self._sql.all("SELECT * FROM kinships WHERE a = ? OR b = ?", old, old):
            self._sql.write("DELETE FROM kinships WHERE a = ? AND b = ?", row["a"], row["b"])
            a, b = sorted(new if one == old else one for one in (row["a"], row["b"]))
            if a != b:
                self._sql.write(
                    "INSERT INTO kinships VALUES (?, ?, ?, ?) ON CONFLICT (a, b) DO NOTHING",
                    a, b, row["score"], row["why"],
                )  # fmt: skip

    def _alert(self, alert: Row, article_id: int, new: str) -> None:
        there = self._sql.one(_SAME, alert["route"], alert["rule_id"], new)
        if there is None:
            known = alert["told"] or alert["state"] == "open"
            number = self._sql.insert(_COPY if known else _OPEN, new, alert["id"])
            if known:
                self._sql.write(_TOLD_TOO, number, alert["id"])
        else:
            number = there["id"]
            if alert["told"] and there["state"] == "open":
                self._sql.write(_CLOSE, alert["told_at"], number)
                self._sql.write(_TOLD_TOO, number, alert["id"])
        self._sql.write(_HAND_OVER, number, alert["id"], article_id)
        self._sql.write(_IDLE, alert["id"])
