"""Alerts (one a route, rule and story), their hits, and why each was told, waits or is not told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from monitor.errors import AlertReason
from monitor.model import Alert, Standing
from monitor.store.codec import moment, moment_or_none, stamp
from monitor.store.hits import SqlHits
from monitor.store.outbox import POST, outbox_row, post_values
from monitor.store.rows import Row, Sql, Value, narrow
from monitor.views import Filter
from monitor.views_alerts import (
    AlertRow,
    AlertState,
    Changed,
    Correction,
    Decided,
    DueAlert,
    OutboxRow,
    Overspent,
    Post,
    Put,
)

# Later than any time as text.
_LAST = "9999"
# Not the number of one that was taken back: its decisions still name it. A query for each maximum: an index ends it at
# the first row.
NEXT = """(SELECT 1 + coalesce(max(n), 0) FROM (
    SELECT (SELECT max(id) FROM alerts) AS n UNION ALL SELECT (SELECT max(alert_id) FROM decisions WHERE alert_id > 0)
) known)"""
_OPEN = f"""
INSERT INTO alerts (id, route, rule_id, story_id, due_at, reason, hold, opened_at) VALUES ({NEXT}, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route, rule_id, story_id) DO NOTHING
"""  # noqa: S608
_THE_ONE = "SELECT * FROM alerts WHERE route = ? AND rule_id = ? AND story_id = ?"
_OUTLETS = """
SELECT h.outlet_id AS outlet, max(j.told_revision IS NOT NULL) AS told
FROM alert_hits j JOIN hits h ON h.id = j.hit_id WHERE j.alert_id = ? GROUP BY 1
"""
_JOIN = "INSERT INTO alert_hits (alert_id, hit_id) VALUES (?, ?) ON CONFLICT (alert_id, hit_id) DO NOTHING"
_GATHER = """
INSERT INTO alert_hits (alert_id, hit_id)
SELECT ?, id FROM hits WHERE story_id = ? AND rule_id = ? AND standing IN ('live', 'late')
ON CONFLICT (alert_id, hit_id) DO NOTHING
"""
_REOPEN = "UPDATE alerts SET state = 'open', due_at = ?, reason = ?, hold = ? WHERE id = ? AND state = 'told'"
_DUE = "SELECT * FROM alerts WHERE state = 'open' AND due_at <= ? ORDER BY due_at, id LIMIT ?"
# What is held has its own time; an update has waited for its turn.
_FLUSH = """
SELECT * FROM alerts WHERE state = 'open' AND (due_at <= ? OR (revision = 0 AND hold = '')) ORDER BY due_at, id LIMIT ?
"""
_COLLECTING = "SELECT * FROM alerts WHERE state = 'open' AND hold = '' AND route = ? ORDER BY due_at, id LIMIT ?"
_UNTOLD = """
WHERE h.id IN (SELECT hit_id FROM alert_hits WHERE alert_id = ? AND told_revision IS NULL) ORDER BY h.id
"""
TOLD_BY = """
WHERE h.id IN (SELECT hit_id FROM alert_hits WHERE alert_id = ? AND told_revision = ?) ORDER BY h.id
"""
_CLOSE = """
UPDATE alerts SET state = 'told', hold = '', revision = revision + 1, told_at = ?
WHERE id = ? AND state = 'open' AND revision = ?
"""
_PUT = """
INSERT INTO digest_items (route, channel_id, alert_id, revision, reason, at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (alert_id, revision, channel_id) DO NOTHING
"""
_HUSHED = "SELECT hit_id FROM alert_hits WHERE alert_id = ? AND told_revision IS NULL"
# Each alert that told of the article, and knows nothing of this change yet.
_CORRECT = """
INSERT INTO corrections (alert_id, article_id, kind, before, after, at)
SELECT DISTINCT l.id, h.article_id, ?, ?, ?, ? FROM alerts l
JOIN alert_hits j ON j.alert_id = l.id JOIN hits h ON h.id = j.hit_id
WHERE h.article_id = ? AND j.told_revision IS NOT NULL AND (? = '' OR h.rule_id = ?) ORDER BY l.id
ON CONFLICT (alert_id, article_id, kind, after) DO NOTHING RETURNING alert_id
"""
_ROWS = """
SELECT l.*, (SELECT count(*) FROM alert_hits j WHERE j.alert_id = l.id) AS hits, (
    SELECT a.title FROM hits h JOIN articles a ON a.id = h.article_id
    WHERE h.id = (SELECT min(hit_id) FROM alert_hits j WHERE j.alert_id = l.id)
) AS title FROM alerts l WHERE """
_TOLD = """
SELECT rule_id, count(*) AS n FROM alerts
WHERE rule_id IN (SELECT value FROM json_each(?)) AND opened_at >= ? AND told_at IS NOT NULL GROUP BY 1
"""
_MESSAGES = """
SELECT DISTINCT o.* FROM tellings t JOIN outbox o ON o.id = t.outbox_id WHERE t.alert_id = ?
ORDER BY o.created_at, o.channel_id, o.id
"""
_LOG = """
INSERT INTO decisions (at, reason, route, rule_id, hit_id, alert_id, detail) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
# By its partial index, and of each day the first row alone but of the last.
_OVER_BUDGET = """
SELECT r.value AS rule_id,
    (SELECT count(*) FROM decisions d WHERE d.reason = 'over_budget' AND d.rule_id = r.value AND d.at >= ?) AS last,
    (SELECT count(*) FROM json_each(?) s WHERE EXISTS (
        SELECT 1 FROM decisions d WHERE d.reason = 'over_budget' AND d.rule_id = r.value
            AND d.at >= json_extract(s.value, '$[0]') AND d.at < json_extract(s.value, '$[1]')
    )) AS days
FROM json_each(?) r
"""
_FILTERS = {
    "rule": "l.rule_id = ?",
    "outlet": "l.id IN (SELECT j.alert_id FROM alert_hits j JOIN hits h ON h.id = j.hit_id WHERE h.outlet_id = ?)",
    # Of stories that ended in it too: what they had told stays theirs.
    "story": "l.story_id IN (WITH asked (id) AS (SELECT ?) SELECT id FROM asked "
    "UNION ALL SELECT s.id FROM stories s JOIN asked ON s.alias_of = asked.id)",
    "since": "l.opened_at >= ?",
    "until": "l.opened_at <= ?",
    "before": "l.id < ?",
}


class SqlAlerts:
    """The Alerts port."""

    def __init__(self, sql: Sql, hits: SqlHits) -> None:
        self._sql = sql
        self._hits = hits

    def state(self, route: str, rule_id: str, story_id: str) -> AlertState | None:
        """Return the alert that is there."""
        row = self._sql.one(_THE_ONE, route, rule_id, story_id)
        if row is None:
            return None
        outlets = self._sql.all(_OUTLETS, row["id"])
        return AlertState(
            id=row["id"],
            state=row["state"],
            revision=row["revision"],
            reason=AlertReason(row["reason"]),
            due_at=moment(row["due_at"]),
            told_at=moment_or_none(row["told_at"]),
            hold=row["hold"],
            outlets=frozenset(one["outlet"] for one in outlets if one["told"]),
            waiting=frozenset(one["outlet"] for one in outlets if not one["told"]),
        )

    def open(self, alert: Alert, hit_id: int, now: datetime) -> int:
        """Open the alert of a hit, or join the one there; return its id."""
        key = (alert.route, alert.rule_id, alert.story_id)
        self._sql.write(_OPEN, *key, stamp(alert.due_at), alert.reason.value, alert.hold, stamp(now))
        row = self._sql.one(_THE_ONE, *key)
        assert row is not None
        self.join(row["id"], hit_id)
        return int(row["id"])

    def join(self, alert_id: int, hit_id: int) -> None:
        """Keep a hit with its alert."""
        self._sql.write(_JOIN, alert_id, hit_id)

    def reopen(self, alert_id: int, due_at: datetime, reason: AlertReason, hold: str = "") -> None:
        """Have an alert that was told tell again."""
        self._sql.write(_REOPEN, stamp(due_at), reason.value, hold, alert_id)

    def gather(self, alert_id: int, rule_id: str, story_id: str) -> int:
        """Join the live hits that a rule had in a story before."""
        return self._sql.write(_GATHER, alert_id, story_id, rule_id)

    def due(self, now: datetime, *, limit: int, flush: bool = False) -> list[DueAlert]:
        """List open alerts whose time has come, earliest first."""
        return [self._due(row) for row in self._sql.all(_FLUSH if flush else _DUE, stamp(now), limit)]

    def next_due(self) -> datetime | None:
        """Return when the next open alert is due."""
        row = self._sql.one("SELECT min(due_at) AS at FROM alerts WHERE state = 'open'")
        return moment_or_none(row["at"]) if row else None

    def waiting(self, route: str, *, limit: int) -> list[DueAlert]:
        """List a route's open alerts that collect."""
        return [self._due(row) for row in self._sql.all(_COLLECTING, route, limit)]

    def _due(self, row: Row) -> DueAlert:
        hits = tuple(self._hits.select(_UNTOLD, row["id"]))
        return DueAlert(alert(row), hits, self.corrections(row["id"], None) if row["revision"] else ())

    def corrections(self, alert_id: int, revision: int | None) -> tuple[Correction, ...]:
        """Return what a revision of an alert corrects; None: what none has told yet."""
        found = self._sql.all(
            "SELECT * FROM corrections WHERE alert_id = ? AND told_revision IS ? ORDER BY id", alert_id, revision
        )
        rows = {row["article_id"]: self._hits.select("WHERE h.article_id = ?", row["article_id"]) for row in found}
        return tuple(
            Correction(row["kind"], rows[row["article_id"]][0].article, row["before"], row["after"])
            for row in found
            if rows[row["article_id"]]
        )

    def hold(self, alert_ids: Sequence[int], until: datetime, reason: AlertReason) -> None:
        """Put alerts off."""
        self._sql.write_many(
            "UPDATE alerts SET due_at = ?, hold = ? WHERE id = ? AND state = 'open'",
            [(stamp(until), reason.value, number) for number in alert_ids],
        )

    def silence(self, alert_id: int) -> list[int]:
        """Take back what an alert has not told."""
        hits = [row["hit_id"] for row in self._sql.all(_HUSHED, alert_id)]
        for number in hits:
            self._sql.write("UPDATE hits SET standing = ? WHERE id = ?", Standing.SILENCED.value, number)
        self._sql.write("DELETE FROM alert_hits WHERE alert_id = ? AND told_revision IS NULL", alert_id)
        self._sql.write("UPDATE alerts SET state = 'told', hold = '' WHERE id = ? AND revision > 0", alert_id)
        self._sql.write("DELETE FROM alerts WHERE id = ? AND revision = 0", alert_id)
        return hits

    def tell(self, alerts: Sequence[Alert], posts: Sequence[Post], puts: Sequence[Put], now: datetime) -> None:
        """Write the messages and close the alerts; a second time writes nothing."""
        at = stamp(now)
        closed = {one.id for one in alerts if self._sql.write(_CLOSE, at, one.id, one.revision)}
        for one in alerts:
            if one.id in closed:
                for table in ("alert_hits", "corrections"):
                    self._sql.write(
                        f"UPDATE {table} SET told_revision = ? WHERE alert_id = ? AND told_revision IS NULL",  # noqa: S608
                        one.revision + 1, one.id,
                    )  # fmt: skip
        for post in posts:
            if any(number in closed for number, _ in post.told):
                self._sql.write(POST, *post_values(post, at))
                self._sql.write_many(
                    "INSERT INTO tellings VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    [(post.message.id, number, revision + 1) for number, revision in post.told],
                )
        self._sql.write_many(
            _PUT,
            [
                (put.route, put.channel_id, put.alert_id, put.revision + 1, put.reason.value, at)
                for put in puts
                if put.alert_id in closed
            ],
        )

    def correct(self, change: Changed, now: datetime) -> list[tuple[int, str, datetime | None]]:
        """Note how an article changed with every alert that told of it."""
        rows = self._sql.all(
            _CORRECT, change.kind, change.before, change.after, stamp(now), change.article_id, change.rule_id,
            change.rule_id,
        )  # fmt: skip
        found = [self._sql.one("SELECT * FROM alerts WHERE id = ?", row["alert_id"]) for row in rows]
        return [(row["id"], row["route"], moment_or_none(row["told_at"])) for row in found if row]

    def log(self, decided: Iterable[Decided]) -> None:
        """Note decisions."""
        self._sql.write_many(
            _LOG,
            (
                (stamp(one.at), one.reason.value, one.route, one.rule_id, one.hit_id, one.alert_id, one.detail)
                for one in decided
            ),
        )

    def decisions(self, *, alert_id: int = 0, hit_id: int = 0, limit: int = 50) -> list[Decided]:
        """List, newest first."""
        column, value = ("alert_id", alert_id) if alert_id else ("hit_id", hit_id)
        where = f"WHERE {column} = ?" if value else "WHERE 0 = ?"
        rows = self._sql.all(f"SELECT * FROM decisions {where} ORDER BY id DESC LIMIT ?", value, limit)  # noqa: S608
        return [
            Decided(moment(row["at"]), AlertReason(row["reason"]), row["route"], row["rule_id"], row["hit_id"],
                    row["alert_id"], row["detail"])
            for row in rows
        ]  # fmt: skip

    def reasons(self, since: datetime) -> dict[str, int]:
        """Count decisions by reason."""
        rows = self._sql.all("SELECT reason, count(*) AS n FROM decisions WHERE at >= ? GROUP BY 1", stamp(since))
        return {row["reason"]: row["n"] for row in rows}

    def over_budget(self, rule_ids: Sequence[str], days: Sequence[datetime]) -> dict[str, Overspent]:
        """Say on how many days rules were over their budgets, and how many alerts the last day left to a digest."""
        starts = [stamp(day) for day in days]
        spans = json.dumps(list(pairwise([*starts, _LAST])))
        rows = self._sql.all(_OVER_BUDGET, starts[-1], spans, json.dumps(list(rule_ids)))
        return {row["rule_id"]: Overspent(row["days"], row["last"]) for row in rows}

    def get(self, alert_id: int) -> AlertRow | None:
        """Return one."""
        found = self._rows("l.id = ?", alert_id)
        return found[0] if found else None

    def hits(self, alert_id: int) -> dict[int, bool]:
        """Return the hits of an alert, the oldest first, and whether it has told of them."""
        rows = self._sql.all("SELECT hit_id, told_revision FROM alert_hits WHERE alert_id = ? ORDER BY 1", alert_id)
        return {row["hit_id"]: row["told_revision"] is not None for row in rows}

    def told(self, rule_ids: Sequence[str], since: datetime) -> dict[str, int]:
        """Count the alerts of rules that were opened since then and were told."""
        rows = self._sql.all(_TOLD, json.dumps([*rule_ids]), stamp(since))
        return {row["rule_id"]: row["n"] for row in rows}

    def rows(
        self, wanted: Filter, *, states: Sequence[str] = (), reason: str | None = None, held: bool = False
    ) -> list[AlertRow]:
        """List alerts, newest first, with their outbox."""
        condition, values = narrow(wanted, _FILTERS)
        if reason is not None:
            condition += " AND (l.reason = ? OR l.hold = ?)"
            values += [reason, reason]
        if held:
            condition += " AND l.state = 'open' AND l.hold <> ''"
        if states:
            marks = ", ".join("?" * len(states))
            condition += (
                " AND l.id IN (SELECT t.alert_id FROM outbox o JOIN tellings t ON t.outbox_id = o.id "  # noqa: S608
                f"WHERE o.state IN ({marks}))"
            )
        return self._rows(condition + " ORDER BY l.id DESC LIMIT ?", *values, *states, wanted.limit)

    def _rows(self, condition: str, *values: Value) -> list[AlertRow]:
        rows = self._sql.all(_ROWS + condition, *values)
        return [
            AlertRow(alert(row), moment(row["opened_at"]), moment_or_none(row["told_at"]), row["hits"],
                     self._messages(row["id"]), row["title"] or "")
            for row in rows
        ]  # fmt: skip

    def _messages(self, alert_id: int) -> tuple[OutboxRow, ...]:
        return tuple(outbox_row(row) for row in self._sql.all(_MESSAGES, alert_id))


def alert(row: Row) -> Alert:
    """Read an alert."""
    return Alert(
        route=row["route"],
        rule_id=row["rule_id"],
        story_id=row["story_id"],
        due_at=moment(row["due_at"]),
        reason=AlertReason(row["reason"]),
        id=row["id"],
        revision=row["revision"],
        state=row["state"],
        hold=row["hold"],
    )
