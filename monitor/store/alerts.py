"""Alerts (one a route, rule and story), their hits, and the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from monitor.errors import AlertReason, SendReason
from monitor.model import Alert, Delivery, Message
from monitor.store.codec import ahead, moment, moment_or_none, stamp
from monitor.store.hits import SqlHits
from monitor.store.rows import Row, Sql, narrow
from monitor.views import AlertRow, DueAlert, Filter, OutboxRow

_OPEN = """
INSERT INTO alerts (route, rule_id, story_id, due_at, reason, opened_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (route, rule_id, story_id) DO NOTHING
"""
_DUE = "SELECT * FROM alerts WHERE state = 'open' AND due_at <= ? ORDER BY due_at, id LIMIT ?"
_ROWS = "SELECT l.*, (SELECT count(*) FROM alert_hits j WHERE j.alert_id = l.id) AS hits FROM alerts l WHERE "
_THE_ONE = "SELECT id, state FROM alerts WHERE route = ? AND rule_id = ? AND story_id = ?"
_JOIN = "INSERT INTO alert_hits (alert_id, hit_id) VALUES (?, ?) ON CONFLICT (alert_id, hit_id) DO NOTHING"
_UNTOLD = """
WHERE h.id IN (SELECT hit_id FROM alert_hits WHERE alert_id = ? AND told_revision IS NULL) ORDER BY h.id
"""
_CLOSE = """
UPDATE alerts SET state = 'told', revision = revision + 1, told_at = ?, told_with = ?
WHERE id = ? AND state = 'open' AND revision = ?
"""
_POST = """
INSERT INTO outbox (id, alert_id, channel_id, title, text, markdown, html, not_before, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
"""
_SENDABLE = """
SELECT * FROM (
    SELECT *, row_number() OVER (PARTITION BY channel_id ORDER BY not_before, created_at, id) AS place FROM outbox
    WHERE state IN ('pending', 'leased')
        AND ((state = 'pending' AND not_before <= ?) OR (state = 'leased' AND lease_until <= ?))
) WHERE place <= ? ORDER BY not_before, created_at, id
"""
# What was sent stays sent, whatever a slower holder of an older lease reports.
_MARK = """
UPDATE outbox SET
    state = ?, attempts = attempts + 1, not_before = coalesce(?, not_before), sent_at = ?, reason = ?, detail = ?,
    lease_until = NULL, owner = ''
WHERE id = ? AND state <> 'sent'
"""
_FILTERS = {
    "rule": "l.rule_id = ?",
    "outlet": "l.id IN (SELECT j.alert_id FROM alert_hits j JOIN hits h ON h.id = j.hit_id WHERE h.outlet_id = ?)",
    "story": "l.story_id = ?",
    "since": "l.opened_at >= ?",
    "until": "l.opened_at <= ?",
    "before": "l.id < ?",
}


class SqlAlerts:
    """The Alerts port."""

    def __init__(self, sql: Sql, hits: SqlHits) -> None:
        self._sql = sql
        self._hits = hits

    def open(self, alert: Alert, hit_id: int, now: datetime) -> AlertReason:
        """Open the alert, or join the hit to the one there."""
        key = (alert.route, alert.rule_id, alert.story_id)
        self._sql.write(_OPEN, *key, stamp(alert.due_at), alert.reason.value, stamp(now))
        row = self._sql.one(_THE_ONE, *key)
        assert row is not None
        self._sql.write(_JOIN, row["id"], hit_id)
        return AlertReason.FIRST if row["state"] == "open" else AlertReason.SAME_STORY

    def due(self, now: datetime, *, limit: int, flush: bool = False) -> list[DueAlert]:
        """List open alerts whose time has come, earliest first."""
        until = datetime.max.replace(tzinfo=UTC) if flush else now
        rows = self._sql.all(_DUE, stamp(until), limit)
        return [DueAlert(_alert(row), tuple(self._hits.select(_UNTOLD, row["id"]))) for row in rows]

    def tell(self, alerts: Sequence[Alert], messages: Sequence[tuple[str, Message]], now: datetime) -> None:
        """Write the messages and close the alerts; a second time writes nothing."""
        at = stamp(now)
        closed = [alert for alert in alerts if self._sql.write(_CLOSE, at, alerts[0].id, alert.id, alert.revision)]
        for alert in closed:
            self._sql.write(
                "UPDATE alert_hits SET told_revision = ? WHERE alert_id = ? AND told_revision IS NULL",
                alert.revision + 1, alert.id,
            )  # fmt: skip
        for channel, message in messages if closed else ():
            self._sql.write(
                _POST, message.id, alerts[0].id, channel, message.title, message.text, message.markdown, message.html,
                at, at,
            )  # fmt: skip

    def lease_outbox(
        self, now: datetime, *, owner: str, lease: float, limit: int, busy: Mapping[str, int] | None = None
    ) -> list[OutboxRow]:
        """Take rows that may be sent now, so many a channel."""
        found = self._sql.all(_SENDABLE, stamp(now), stamp(now), limit)
        rows = [row for row in found if row["place"] <= limit - (busy or {}).get(row["channel_id"], 0)]
        self._sql.write_many(
            "UPDATE outbox SET state = 'leased', owner = ?, lease_until = ? WHERE id = ?",
            [(owner, ahead(now, lease), row["id"]) for row in rows],
        )
        return [replace(_outbox_row(row), state="leased") for row in rows]

    def mark(self, row: OutboxRow, delivery: Delivery, now: datetime, *, retry_at: datetime | None) -> None:
        """Write how an attempt ended."""
        again = None
        if delivery.sent:
            state = "sent"
        elif retry_at is not None:
            state, again = "pending", stamp(retry_at)
        else:
            state = "dead"
        sent_at = stamp(now) if delivery.sent else None
        self._sql.write(_MARK, state, again, sent_at, delivery.reason.value, delivery.detail, row.id)

    def rows(self, wanted: Filter, *, states: Sequence[str] = ()) -> list[AlertRow]:
        """List alerts, newest first, with their outbox."""
        condition, values = narrow(wanted, _FILTERS)
        if states:
            marks = ", ".join("?" * len(states))
            condition += (
                f" AND coalesce(l.told_with, l.id) IN (SELECT o.alert_id FROM outbox o WHERE o.state IN ({marks}))"  # noqa: S608
            )
        tail = " ORDER BY l.id DESC LIMIT ?"
        rows = self._sql.all(_ROWS + condition + tail, *values, *states, wanted.limit)
        return [
            AlertRow(_alert(row), moment(row["opened_at"]), moment_or_none(row["told_at"]), row["hits"],
                     self._outbox(row["told_with"] or row["id"]))
            for row in rows
        ]  # fmt: skip

    def _outbox(self, alert_id: int) -> tuple[OutboxRow, ...]:
        rows = self._sql.all("SELECT * FROM outbox WHERE alert_id = ? ORDER BY created_at, channel_id", alert_id)
        return tuple(_outbox_row(row) for row in rows)


def _alert(row: Row) -> Alert:
    return Alert(
        route=row["route"],
        rule_id=row["rule_id"],
        story_id=row["story_id"],
        due_at=moment(row["due_at"]),
        reason=AlertReason(row["reason"]),
        id=row["id"],
        revision=row["revision"],
        state=row["state"],
    )


def _outbox_row(row: Row) -> OutboxRow:
    return OutboxRow(
        id=row["id"],
        alert_id=row["alert_id"],
        channel_id=row["channel_id"],
        message=Message(row["id"], row["title"], row["text"], row["markdown"], row["html"]),
        state=row["state"],
        attempts=row["attempts"],
        not_before=moment(row["not_before"]),
        created_at=moment(row["created_at"]),
        sent_at=moment_or_none(row["sent_at"]),
        reason=SendReason(row["reason"]) if row["reason"] else None,
        detail=row["detail"],
    )
