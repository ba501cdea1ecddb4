"""The migration of alerts that wait for a reason, tell again, and stand in digests.

`alerts.hold`: why an open one waits although it was due. A message may tell many alerts and an alert is told by many
messages: `tellings`. What waits for a digest is told by revision, a row a channel.
"""

from __future__ import annotations

from collections.abc import Callable

_OUTBOX = (
    # `urgent`: its rule breaks through quiet hours. `ambiguous`: attempts that may have arrived.
    """CREATE TABLE new_outbox (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        route TEXT NOT NULL,
        channel_id TEXT NOT NULL,
        urgent INTEGER NOT NULL,
        thread TEXT NOT NULL,
        title TEXT NOT NULL,
        text TEXT NOT NULL,
        markdown TEXT NOT NULL,
        html TEXT NOT NULL,
        payload TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'pending',
        attempts INTEGER NOT NULL DEFAULT 0,
        ambiguous INTEGER NOT NULL DEFAULT 0,
        not_before TEXT NOT NULL,
        lease_until TEXT,
        owner TEXT NOT NULL DEFAULT '',
        created_at TEXT NOT NULL,
        sent_at TEXT,
        reason TEXT,
        detail TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    """INSERT INTO new_outbox SELECT
        o.id, 'alert', l.route, o.channel_id, 0, l.story_id, o.title, o.text, o.markdown, o.html, '', o.state,
        o.attempts, 0, o.not_before, o.lease_until, o.owner, o.created_at, o.sent_at, o.reason, o.detail
    FROM outbox o JOIN alerts l ON l.id = o.alert_id""",
    """CREATE TABLE tellings (
        outbox_id TEXT NOT NULL,
        alert_id INTEGER NOT NULL REFERENCES alerts (id),
        revision INTEGER NOT NULL,
        PRIMARY KEY (outbox_id, alert_id, revision)
    ) STRICT, WITHOUT ROWID""",
    """INSERT INTO tellings SELECT o.id, l.id, l.revision
    FROM alerts l JOIN outbox o ON o.alert_id = coalesce(l.told_with, l.id) WHERE l.revision > 0""",
    "DROP TABLE outbox",
    "ALTER TABLE new_outbox RENAME TO outbox",
    "CREATE INDEX outbox_due ON outbox (not_before) WHERE state IN ('pending', 'leased')",
    "CREATE INDEX outbox_dead ON outbox (id) WHERE state IN ('dead', 'unknown')",
    "CREATE INDEX outbox_created ON outbox (created_at)",
    "CREATE INDEX tellings_alert ON tellings (alert_id)",
)

_ALERTS = (
    "ALTER TABLE alerts DROP COLUMN told_with",
    "ALTER TABLE alerts ADD COLUMN hold TEXT NOT NULL DEFAULT ''",
    # Times of alert, update, hold, silence, with why; hit_id or alert_id 0 where it is of none.
    """CREATE TABLE decisions (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        reason TEXT NOT NULL,
        route TEXT NOT NULL,
        rule_id TEXT NOT NULL,
        hit_id INTEGER NOT NULL,
        alert_id INTEGER NOT NULL,
        detail TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX decisions_at ON decisions (at)",
    "CREATE INDEX decisions_hit ON decisions (hit_id) WHERE hit_id > 0",
    "CREATE INDEX decisions_alert ON decisions (alert_id) WHERE alert_id > 0",
    # `told_revision`: the revision of the alert that told it; NULL where none did yet.
    """CREATE TABLE corrections (
        id INTEGER PRIMARY KEY,
        alert_id INTEGER NOT NULL REFERENCES alerts (id),
        article_id INTEGER NOT NULL,
        kind TEXT NOT NULL,
        before TEXT NOT NULL,
        after TEXT NOT NULL,
        at TEXT NOT NULL,
        told_revision INTEGER,
        UNIQUE (alert_id, article_id, kind, after)
    ) STRICT""",
    "CREATE INDEX corrections_article ON corrections (article_id)",
)

_DIGESTS = (
    # `digest`: the digest that told it, "" for none yet.
    """CREATE TABLE digest_items (
        route TEXT NOT NULL,
        channel_id TEXT NOT NULL,
        alert_id INTEGER NOT NULL REFERENCES alerts (id),
        revision INTEGER NOT NULL,
        reason TEXT NOT NULL,
        at TEXT NOT NULL,
        digest TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (alert_id, revision, channel_id)
    ) STRICT""",
    "CREATE INDEX digest_items_waiting ON digest_items (route, channel_id) WHERE digest = ''",
    # One a route, day of its zone and time of that day: what makes a digest come once.
    """CREATE TABLE digests (
        route TEXT NOT NULL,
        day TEXT NOT NULL,
        slot TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (route, day, slot)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE silences (
        id INTEGER PRIMARY KEY,
        matchers TEXT NOT NULL,
        starts_at TEXT NOT NULL,
        ends_at TEXT NOT NULL,
        author TEXT NOT NULL,
        comment TEXT NOT NULL,
        created_at TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX silences_end ON silences (ends_at)",
    # A spike that still lasts has no end.
    """CREATE TABLE spikes (
        id INTEGER PRIMARY KEY,
        rule_id TEXT NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT
    ) STRICT""",
    "CREATE INDEX spikes_rule ON spikes (rule_id, id)",
    """CREATE TABLE marks (
        hit_id INTEGER PRIMARY KEY,
        mark TEXT NOT NULL,
        author TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT""",
)


def alerting(execute: Callable[[str], object]) -> None:
    """Give alerts a life: holds, updates, corrections, digests, silences, spikes, and what people said of hits."""
    for statement in (*_OUTBOX, *_ALERTS, *_DIGESTS):
        execute(statement)
