"""Messages on their way: one row a message and channel, leased, sent, marked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.errors import SendReason
from monitor.model import Delivery, Kind, Message
from monitor.store.codec import ahead, moment, moment_or_none, stamp
from monitor.store.rows import Row, Sql, Value
from monitor.views_alerts import OutboxRow, Post, Stuck

POST = """
INSERT INTO outbox (
    id, kind, route, channel_id, urgent, thread, title, text, markdown, html, payload, not_before, created_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
"""
_SENDABLE = """
SELECT * FROM (
    SELECT *, row_number() OVER (PARTITION BY channel_id ORDER BY not_before, created_at, id) AS place FROM outbox
    WHERE state IN ('pending', 'leased')
        AND ((state = 'pending' AND not_before <= ?) OR (state = 'leased' AND lease_until <= ?))
) sendable WHERE place <= ? ORDER BY not_before, created_at, id
"""
# What was sent stays sent, whatever a slower holder of an older lease reports.
_MARK = """
UPDATE outbox SET
    state = ?, attempts = attempts + 1, ambiguous = ambiguous + ?, not_before = coalesce(?, not_before), sent_at = ?,
    reason = ?, detail = ?, lease_until = NULL, owner = ''
WHERE id = ? AND state <> 'sent'
"""
_ENDED = """
UPDATE outbox SET
    state = 'unknown', attempts = attempts + 1, ambiguous = ambiguous + 1, reason = 'ambiguous',
    detail = 'the process ended while it was sent', lease_until = NULL, owner = ''
WHERE channel_id = ? AND state = 'leased' AND """


def doubtful(ended: str) -> str:
    """Return the statement that puts aside what a process was sending to a channel when it ended."""
    return _ENDED + ended


_DOUBTFUL = doubtful("lease_until <= ?")
_RETRY = """
UPDATE outbox SET state = 'pending', attempts = 0, not_before = ?, created_at = ?, detail = ''
WHERE state IN ('dead', 'unknown') AND text <> ''
"""
# By the few messages of the time in question, not by all alerts that the rule ever had: a bound keeps the inner query
# whole, which both SQLite and PostgreSQL would otherwise turn around.
_SPENT = """
SELECT count(*) FROM (
    SELECT DISTINCT t.alert_id, t.revision FROM (
        SELECT id FROM outbox WHERE created_at >= ? AND kind <> 'digest' AND (? = '' OR channel_id = ?) LIMIT 1000000000
    ) o JOIN tellings t ON t.outbox_id = o.id JOIN alerts l ON l.id = t.alert_id WHERE l.rule_id || '' = ?
) told
"""
# The same, read once for all rules.
_SPENDING = """
SELECT rule_id, count(*) AS n FROM (
    SELECT DISTINCT t.alert_id, t.revision, l.rule_id FROM (
        SELECT id FROM outbox WHERE created_at >= ? AND kind <> 'digest' LIMIT 1000000000
    ) o JOIN tellings t ON t.outbox_id = o.id JOIN alerts l ON l.id = t.alert_id
) told GROUP BY 1
"""

# Those that are tried again first, so many: there may be a million.
_TRIED = """
SELECT channel_id, state, attempts, detail, not_before FROM outbox
WHERE state IN ('pending', 'leased') AND attempts > 0 ORDER BY not_before, id LIMIT 1000
"""
# The sign has it go through these few alone, not through days of messages.
_GIVEN_UP = """
SELECT channel_id, state, detail FROM outbox
WHERE state IN ('dead', 'unknown') AND +created_at >= ? ORDER BY id LIMIT 1000
"""


class SqlOutbox:
    """The Outbox port."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def lease(
        self, now: datetime, *, owner: str, lease: float, limit: int,
        busy: Mapping[str, int] | None = None, once: Collection[str] = (),
    ) -> list[OutboxRow]:  # fmt: skip
        """Take rows that may be sent now, so many a channel."""
        self._sql.write_many(_DOUBTFUL, [(channel, stamp(now)) for channel in once])
        found = self._sql.all(_SENDABLE, stamp(now), stamp(now), limit)
        rows = [row for row in found if row["place"] <= limit - (busy or {}).get(row["channel_id"], 0)]
        self._sql.write_many(
            "UPDATE outbox SET state = 'leased', owner = ?, lease_until = ? WHERE id = ?",
            [(owner, ahead(now, lease), row["id"]) for row in rows],
        )
        return [replace(outbox_row(row), state="leased") for row in rows]

    def mark(self, row: OutboxRow, delivery: Delivery, now: datetime, *, retry_at: datetime | None) -> None:
        """Write how an attempt ended."""
        again = None
        doubtful = delivery.reason is SendReason.AMBIGUOUS
        if delivery.sent:
            state = "sent"
        elif retry_at is not None:
            state, again = "pending", stamp(retry_at)
        else:
            state = "unknown" if doubtful else "dead"
        sent_at = stamp(now) if delivery.sent else None
        self._sql.write(_MARK, state, int(doubtful), again, sent_at, delivery.reason.value, delivery.detail, row.id)

    def postpone(self, row_id: str, until: datetime) -> None:
        """Give a leased row back, due later."""
        self._sql.write(
            "UPDATE outbox SET state = 'pending', not_before = ?, lease_until = NULL, owner = '' "
            "WHERE id = ? AND state = 'leased'",
            stamp(until), row_id,
        )  # fmt: skip

    def retry(self, ids: Sequence[str], channel: str | None, now: datetime) -> int:
        """Make dead and unknown messages due now."""
        at = stamp(now)
        if ids:
            return sum(self._sql.write(f"{_RETRY} AND id = ?", at, at, one) for one in ids)
        if channel is not None:
            return self._sql.write(f"{_RETRY} AND channel_id = ?", at, at, channel)
        return self._sql.write(_RETRY, at, at)

    def post(self, posts: Sequence[Post], now: datetime) -> None:
        """Write messages that tell of no alert."""
        self._sql.write_many(POST, [post_values(post, stamp(now)) for post in posts])

    def spent(self, rule_id: str, since: datetime, channel: str | None = None) -> int:
        """Count how often a rule was told at once since then."""
        return self._sql.number(_SPENT, stamp(since), channel or "", channel or "", rule_id)

    def spending(self, since: datetime) -> dict[str, int]:
        """Count the same for all rules."""
        return {row["rule_id"]: row["n"] for row in self._sql.all(_SPENDING, stamp(since))}

    def stuck(self, since: datetime) -> list[Stuck]:
        """List the channels that take no messages, or to which messages written since then were given up, by id. Of a
        thousand messages at most.
        """
        found: dict[str, Stuck] = {}
        for row in self._sql.all(_TRIED):
            one = found.setdefault(row["channel_id"], Stuck(row["channel_id"]))
            if row["attempts"] > one.attempts:
                one = replace(one, attempts=row["attempts"], detail=row["detail"])
            # The first is due first. What is being sent now is not.
            if row["state"] == "pending" and one.next_at is None:
                one = replace(one, next_at=moment(row["not_before"]))
            found[one.channel_id] = replace(one, waiting=one.waiting + 1)
        for row in self._sql.all(_GIVEN_UP, stamp(since)):
            one = found.setdefault(row["channel_id"], Stuck(row["channel_id"]))
            dead = row["state"] == "dead"
            found[one.channel_id] = replace(
                one,
                detail=one.detail or row["detail"],
                given_up=one.given_up + dead,
                doubtful=one.doubtful + (not dead),
            )
        return [found[channel] for channel in sorted(found)]


def post_values(post: Post, at: str) -> tuple[Value, ...]:
    """Return what POST takes."""
    one = post.message
    return (
        one.id, one.kind.value, post.route, post.channel_id, int(post.urgent), one.thread, one.title, one.text,
        one.markdown, one.html, one.payload, at, at,
    )  # fmt: skip


def outbox_row(row: Row) -> OutboxRow:
    """Read a row of the outbox."""
    return OutboxRow(
        id=row["id"],
        route=row["route"],
        channel_id=row["channel_id"],
        message=Message(
            row["id"], row["title"], row["text"], row["markdown"], row["html"], Kind(row["kind"]), row["thread"],
            row["payload"],
        ),
        state=row["state"],
        attempts=row["attempts"],
        not_before=moment(row["not_before"]),
        created_at=moment(row["created_at"]),
        sent_at=moment_or_none(row["sent_at"]),
        reason=SendReason(row["reason"]) if row["reason"] else None,
        detail=row["detail"],
        urgent=bool(row["urgent"]),
        ambiguous=row["ambiguous"],
    )  # fmt: skip
