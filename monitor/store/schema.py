"""The tables, as numbered migrations. A released one is never edited: the next number changes what it made.

Times are UTC text of one width (codec.stamp), but for articles and hits. `leased` marks what a process holds, so that
its death can be undone.
The statements keep to what SQLite and PostgreSQL share, but for STRICT and the names of types.
"""

from __future__ import annotations

from collections.abc import Callable

from monitor.errors import DamagedError
from monitor.store.schema_alerts import alerting
from monitor.store.schema_archive import archive
from monitor.store.schema_cluster import cluster
from monitor.store.schema_health import health
from monitor.store.schema_links import digests
from monitor.store.schema_page import page, told_and_tried
from monitor.store.schema_service import service

APPLICATION_ID = 0x4D4F4E49
"""Stands in the file's header: "MONI"."""

_OUTLETS = (
    """CREATE TABLE outlets (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        active INTEGER NOT NULL DEFAULT 1
    ) STRICT""",
    """CREATE TABLE sources (
        id INTEGER PRIMARY KEY,
        outlet_id TEXT NOT NULL REFERENCES outlets (id),
        url TEXT NOT NULL,
        kind TEXT NOT NULL,
        active INTEGER NOT NULL DEFAULT 1,
        next_check_at TEXT NOT NULL,
        leased INTEGER NOT NULL DEFAULT 0,
        baselined INTEGER NOT NULL DEFAULT 0,
        etag TEXT NOT NULL DEFAULT '',
        last_modified TEXT NOT NULL DEFAULT '',
        body_hash TEXT NOT NULL DEFAULT '',
        failures INTEGER NOT NULL DEFAULT 0,
        reason TEXT,
        detail TEXT NOT NULL DEFAULT '',
        listed INTEGER,
        last_polled_at TEXT,
        last_ok_at TEXT,
        UNIQUE (outlet_id, url)
    ) STRICT""",
    "CREATE INDEX sources_due ON sources (next_check_at) WHERE active = 1",
    """CREATE TABLE hosts (
        host TEXT PRIMARY KEY,
        held_until TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE robots (
        origin TEXT PRIMARY KEY,
        status INTEGER NOT NULL,
        body BLOB NOT NULL,
        fetched_at TEXT NOT NULL
    ) STRICT""",
)

# `canonical` is the key an article or link is known by; ids of articles are in fetch order.
_ARTICLES = (
    """CREATE TABLE articles (
        id INTEGER PRIMARY KEY,
        outlet_id TEXT NOT NULL,
        url TEXT NOT NULL,
        canonical TEXT NOT NULL,
        canonical_url TEXT NOT NULL,
        title TEXT NOT NULL,
        language TEXT,
        authors TEXT NOT NULL,
        published TEXT,
        updated TEXT,
        section TEXT NOT NULL,
        wire TEXT NOT NULL,
        paywalled INTEGER,
        live INTEGER NOT NULL,
        text TEXT NOT NULL,
        reason TEXT,
        detail TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        standing TEXT NOT NULL,
        revision INTEGER NOT NULL,
        fetched_at TEXT NOT NULL,
        UNIQUE (outlet_id, canonical)
    ) STRICT""",
    "CREATE INDEX articles_url ON articles (url)",
    "CREATE INDEX articles_canonical ON articles (canonical)",
    "CREATE INDEX articles_outlet ON articles (outlet_id, id)",
    "CREATE INDEX articles_fetched ON articles (fetched_at)",
    # Apart from articles, so that listings read narrow rows.
    """CREATE TABLE bodies (
        article_id INTEGER PRIMARY KEY REFERENCES articles (id),
        standfirst TEXT NOT NULL,
        blocks TEXT NOT NULL
    ) STRICT""",
    # What an article said before; `at` is when that was replaced.
    """CREATE TABLE revisions (
        article_id INTEGER NOT NULL REFERENCES articles (id),
        revision INTEGER NOT NULL,
        title TEXT NOT NULL,
        standfirst TEXT NOT NULL,
        blocks TEXT NOT NULL,
        text TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (article_id, revision)
    ) STRICT""",
)

_LINKS = (
    """CREATE TABLE links (
        id INTEGER PRIMARY KEY,
        outlet_id TEXT NOT NULL,
        source_id INTEGER NOT NULL REFERENCES sources (id),
        url TEXT NOT NULL,
        canonical TEXT NOT NULL,
        guid TEXT NOT NULL,
        title TEXT NOT NULL,
        summary TEXT NOT NULL,
        author TEXT NOT NULL,
        content TEXT NOT NULL,
        published TEXT,
        first_seen TEXT NOT NULL,
        standing TEXT NOT NULL,
        state TEXT NOT NULL,
        next_at TEXT,
        leased INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        reason TEXT,
        detail TEXT NOT NULL DEFAULT '',
        article_id INTEGER REFERENCES articles (id),
        UNIQUE (outlet_id, canonical)
    ) STRICT""",
    # With the title: feeds that reuse a guid ("topstory") list other articles under it.
    "CREATE UNIQUE INDEX links_guid ON links (source_id, guid, title) WHERE guid <> ''",
    "CREATE INDEX links_due ON links (next_at) WHERE state IN ('new', 'partial')",
    "CREATE INDEX links_leased ON links (id) WHERE leased = 1",
    "CREATE INDEX links_failed ON links (id) WHERE state = 'failed'",
    "CREATE INDEX links_article ON links (article_id) WHERE article_id IS NOT NULL",
)

_HITS = (
    """CREATE TABLE hits (
        id INTEGER PRIMARY KEY,
        rule_id TEXT NOT NULL,
        rule_version TEXT NOT NULL,
        article_id INTEGER NOT NULL REFERENCES articles (id),
        revision INTEGER NOT NULL,
        outlet_id TEXT NOT NULL,
        story_id TEXT NOT NULL,
        found_at TEXT NOT NULL,
        standing TEXT NOT NULL,
        evidence TEXT NOT NULL,
        UNIQUE (rule_id, article_id)
    ) STRICT""",
    "CREATE INDEX hits_article ON hits (article_id)",
    "CREATE INDEX hits_rule ON hits (rule_id, id)",
    "CREATE INDEX hits_outlet ON hits (outlet_id, id)",
    "CREATE INDEX hits_story ON hits (story_id, id)",
    "CREATE INDEX hits_found ON hits (found_at)",
    """CREATE TABLE stories (
        id TEXT PRIMARY KEY,
        opened_at TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE placements (
        article_id INTEGER PRIMARY KEY REFERENCES articles (id),
        story_id TEXT NOT NULL REFERENCES stories (id),
        reason TEXT NOT NULL,
        fingerprint BLOB NOT NULL,
        similarity REAL NOT NULL,
        at TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX placements_story ON placements (story_id, article_id)",
    "CREATE INDEX placements_at ON placements (at)",
)

_ALERTS = (
    # `told_with`: the alert whose outbox rows tell this one, itself or another of its story.
    """CREATE TABLE alerts (
        id INTEGER PRIMARY KEY,
        route TEXT NOT NULL,
        rule_id TEXT NOT NULL,
        story_id TEXT NOT NULL,
        due_at TEXT NOT NULL,
        reason TEXT NOT NULL,
        revision INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL DEFAULT 'open',
        opened_at TEXT NOT NULL,
        told_at TEXT,
        told_with INTEGER,
        UNIQUE (route, rule_id, story_id)
    ) STRICT""",
    "CREATE INDEX alerts_due ON alerts (due_at) WHERE state = 'open'",
    "CREATE INDEX alerts_opened ON alerts (opened_at)",
    "CREATE INDEX alerts_rule ON alerts (rule_id, id)",
    "CREATE INDEX alerts_story ON alerts (story_id)",
    # `told_revision`: the revision of the alert that told this hit; NULL where none did.
    """CREATE TABLE alert_hits (
        alert_id INTEGER NOT NULL REFERENCES alerts (id),
        hit_id INTEGER NOT NULL REFERENCES hits (id),
        told_revision INTEGER,
        PRIMARY KEY (alert_id, hit_id)
    ) STRICT""",
    "CREATE INDEX alert_hits_hit ON alert_hits (hit_id)",
    """CREATE TABLE outbox (
        id TEXT PRIMARY KEY,
        alert_id INTEGER NOT NULL REFERENCES alerts (id),
        channel_id TEXT NOT NULL,
        title TEXT NOT NULL,
        text TEXT NOT NULL,
        markdown TEXT NOT NULL,
        html TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'pending',
        attempts INTEGER NOT NULL DEFAULT 0,
        not_before TEXT NOT NULL,
        lease_until TEXT,
        owner TEXT NOT NULL DEFAULT '',
        created_at TEXT NOT NULL,
        sent_at TEXT,
        reason TEXT,
        detail TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    "CREATE INDEX outbox_due ON outbox (not_before) WHERE state IN ('pending', 'leased')",
    "CREATE INDEX outbox_dead ON outbox (id) WHERE state = 'dead'",
    "CREATE INDEX outbox_alert ON outbox (alert_id)",
)

_UPKEEP = (
    # When a rule was first in force: what was known before is its baseline.
    "CREATE TABLE rules (id TEXT PRIMARY KEY, first_seen TEXT NOT NULL) STRICT",
    """CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        at TEXT NOT NULL,
        outlet_id TEXT NOT NULL,
        article_id INTEGER NOT NULL,
        reason TEXT NOT NULL,
        detail TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX events_kind ON events (kind, id)",
    """CREATE TABLE passes (
        id INTEGER PRIMARY KEY,
        started_at TEXT NOT NULL UNIQUE,
        finished_at TEXT NOT NULL,
        polled INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        links INTEGER NOT NULL,
        articles INTEGER NOT NULL,
        hits INTEGER NOT NULL,
        sent INTEGER NOT NULL
    ) STRICT""",
)


def first(execute: Callable[[str], object]) -> None:
    """Make every table of version 0.1."""
    for statement in (*_OUTLETS, *_ARTICLES, *_LINKS, *_HITS, *_ALERTS, *_UPKEEP):
        execute(statement)
    execute(f"PRAGMA application_id = {APPLICATION_ID}")


def memory(execute: Callable[[str], object]) -> None:
    """Keep what the pages of an outlet teach of one another: one row of at most 10 kB an outlet (codec.pack_memory)."""
    execute("CREATE TABLE outlet_memory (outlet_id TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT")


_FETCHING = (
    # `links`: CSS selector of a listing's links. `rhythm`, `pace`, `trouble`: see outlets/cadence.py. `plan`: why it is
    # asked next when it is. `rewritten_at`: when it was last told that its list repeats its past.
    # `seen`: see outlets/thin.py.
    "ALTER TABLE sources ADD COLUMN links TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sources ADD COLUMN rhythm BLOB NOT NULL DEFAULT x''",
    "ALTER TABLE sources ADD COLUMN pace REAL NOT NULL DEFAULT 1",
    "ALTER TABLE sources ADD COLUMN trouble REAL NOT NULL DEFAULT 0",
    "ALTER TABLE sources ADD COLUMN plan TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sources ADD COLUMN rewritten_at TEXT",
    "ALTER TABLE sources ADD COLUMN seen BLOB NOT NULL DEFAULT x''",
    # `abroad`: 1 for a host that is not the outlet's. `repeats`: another link with its title or guid. `title_key`,
    # `body_key`: digests of 63 bits, 0 for none.
    "ALTER TABLE links ADD COLUMN updated TEXT",
    "ALTER TABLE links ADD COLUMN abroad INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE links ADD COLUMN title_key INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE links ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE links ADD COLUMN rereads INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE links ADD COLUMN etag TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE links ADD COLUMN last_modified TEXT NOT NULL DEFAULT ''",
    # Before the index: what the outlet had must be known by its titles (sqlite.py defines the function).
    "UPDATE links SET title_key = monitor_title_key(title)",
    "CREATE INDEX links_title ON links (outlet_id, title_key) WHERE title_key <> 0",
    "CREATE INDEX links_waiting ON links (source_id, id) WHERE state = 'waiting'",
    "DROP INDEX links_due",
    "CREATE INDEX links_due ON links (next_at) WHERE state IN ('new', 'partial', 'again')",
    "ALTER TABLE articles ADD COLUMN body_key INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX articles_body ON articles (outlet_id, body_key) WHERE body_key <> 0",
)


def fetching(execute: Callable[[str], object]) -> None:
    """Make room for what fetching learns: the rhythm of a source, links that wait, pages that are read again."""
    for statement in _FETCHING:
        execute(statement)


MIGRATIONS: tuple[tuple[str, Callable[[Callable[[str], object]], None]], ...] = (
    ("0001_first", first),
    ("0002_memory", memory),
    ("0003_fetching", fetching),
    ("0004_archive", archive),
    ("0005_links", digests),
    ("0006_alerts", alerting),
    ("0007_service", service),
    ("0008_health", health),
    ("0009_page", page),
    ("0010_told_and_tried", told_and_tried),
    ("0011_cluster", cluster),
)
"""(name, function) in the order they are applied; the name is what the database remembers."""

COPYING = "copying"
"""Stands among them while `monitor db copy` fills a database."""


def known(applied: set[str], database: str, *, copying: bool = False) -> set[str]:
    """Return the steps that a database has seen. Raises DamagedError where it knows more than we, or is a copy that has
    not come to its end; `copying`: that is what it is opened for.
    """
    if COPYING in applied and not copying:
        raise DamagedError(f"{database} is a copy that has not come to its end: give the same `monitor db copy` again")
    newer = applied - {name for name, _ in MIGRATIONS} - {COPYING}
    if newer:
        raise DamagedError(
            f"{database} is of a newer version ({', '.join(sorted(newer))}): run the monitor that wrote it"
        )
    return applied - {COPYING}
