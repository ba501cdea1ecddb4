"""The migration that makes the archive: packed bodies, full text, versions of hits, stories, counts by day.

Apart from schema.py, which would pass 400 lines. Times of articles and hits are whole microseconds UTC (codec.micros):
as text they took a fifth of a row. The functions `monitor_…` are sqlite.py's.
"""

from __future__ import annotations

from collections.abc import Callable

_TABLES = (
    # Files with articles that commands wrote: `kind` is export or backup, `at` microseconds.
    "CREATE TABLE copies (path TEXT PRIMARY KEY, kind TEXT NOT NULL, at INTEGER NOT NULL) STRICT",
    "CREATE INDEX events_article ON events (article_id) WHERE article_id <> 0",
    # key, value: the time zone that counts by day are kept in.
    "CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    # What bodies were packed with; never deleted, or they could not be read. `language` "" for all that are rare.
    """CREATE TABLE dictionaries (
        id INTEGER PRIMARY KEY,
        language TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        data BLOB NOT NULL
    ) STRICT""",
    # How many bodies each language has had, and which dictionary packs the next one.
    """CREATE TABLE languages (
        language TEXT PRIMARY KEY,
        bodies INTEGER NOT NULL,
        dictionary INTEGER REFERENCES dictionaries (id)
    ) STRICT""",
    # Which articles and hits came within an hour: a time window becomes a range of ids, whatever the clock did. Of hits
    # that came later than their article the range of articles says nothing.
    """CREATE TABLE hours (
        hour INTEGER PRIMARY KEY,
        first_article INTEGER,
        last_article INTEGER,
        first_hit INTEGER,
        last_hit INTEGER
    ) STRICT""",
    # `day`: YYYY-MM-DD in the zone that `facts` names.
    """CREATE TABLE hit_days (
        day TEXT NOT NULL,
        rule_id TEXT NOT NULL,
        n INTEGER NOT NULL,
        PRIMARY KEY (day, rule_id)
    ) STRICT, WITHOUT ROWID""",
    # Titles, standfirsts and bodies as parse/index.py writes them; the texts themselves stand in bodies.
    """CREATE VIRTUAL TABLE articles_fts USING fts5 (
        title, standfirst, body, content = '', tokenize = 'unicode61 remove_diacritics 0'
    )""",
)

# `key`, `url_key`: digests of canonical_url (or url) and url, by which both are looked up. canonical_url is empty where
# it is url. `sketch`: by what a text is known again of which not all was kept, NULL where all was.
_ARTICLES = (
    """CREATE TABLE new_articles (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        outlet_id TEXT NOT NULL,
        url TEXT NOT NULL,
        canonical TEXT NOT NULL,
        canonical_url TEXT NOT NULL,
        key INTEGER NOT NULL,
        url_key INTEGER NOT NULL,
        title TEXT NOT NULL,
        language TEXT,
        authors TEXT NOT NULL,
        published INTEGER,
        updated INTEGER,
        section TEXT NOT NULL,
        wire TEXT NOT NULL,
        paywalled INTEGER,
        live INTEGER NOT NULL,
        text TEXT NOT NULL,
        reason TEXT,
        detail TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        body_key INTEGER NOT NULL,
        standing TEXT NOT NULL,
        revision INTEGER NOT NULL,
        fetched_at INTEGER NOT NULL,
        sketch BLOB
    ) STRICT""",
    """INSERT INTO new_articles SELECT
        id, outlet_id, url, CASE canonical WHEN url THEN '' ELSE canonical END,
        CASE canonical_url WHEN canonical THEN '' ELSE canonical_url END, monitor_key(canonical), monitor_key(url),
        title, language,
        CASE authors WHEN '[]' THEN '' ELSE authors END, monitor_micros(published), monitor_micros(updated),
        section, wire, paywalled, live, text, reason, detail, content_hash, body_key, standing, revision,
        monitor_micros(fetched_at), NULL
    FROM articles""",
    """CREATE TABLE new_bodies (
        article_id INTEGER PRIMARY KEY REFERENCES articles (id),
        dictionary INTEGER REFERENCES dictionaries (id),
        data BLOB NOT NULL
    ) STRICT""",
    "INSERT INTO new_bodies SELECT article_id, NULL, monitor_pack(standfirst, blocks) FROM bodies",
    """INSERT INTO articles_fts (rowid, title, standfirst, body)
    SELECT a.id, monitor_searchable(a.title), monitor_searchable(b.standfirst),
        monitor_searchable(monitor_own(b.blocks))
    FROM articles a JOIN bodies b ON b.article_id = a.id""",
    """CREATE TABLE new_revisions (
        article_id INTEGER NOT NULL REFERENCES articles (id),
        revision INTEGER NOT NULL,
        title TEXT NOT NULL,
        dictionary INTEGER REFERENCES dictionaries (id),
        data BLOB NOT NULL,
        text TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (article_id, revision)
    ) STRICT, WITHOUT ROWID""",
    """INSERT INTO new_revisions SELECT
        article_id, revision, title, NULL, monitor_pack(standfirst, blocks), text, content_hash, monitor_micros(at)
    FROM revisions""",
    "DROP TABLE revisions",
    "DROP TABLE bodies",
    "DROP TABLE articles",
    "ALTER TABLE new_articles RENAME TO articles",
    "ALTER TABLE new_bodies RENAME TO bodies",
    "ALTER TABLE new_revisions RENAME TO revisions",
    "CREATE INDEX articles_key ON articles (key)",
    "CREATE INDEX articles_url ON articles (url_key) WHERE url_key <> key",
    "CREATE INDEX articles_outlet ON articles (outlet_id, id)",
    "CREATE INDEX articles_language ON articles (language, id)",
    "CREATE INDEX articles_body ON articles (body_key) WHERE body_key <> 0",
    "INSERT INTO languages SELECT coalesce(language, ''), count(*), NULL FROM articles GROUP BY 1",
    # bodies.ALL: those of every language together.
    "INSERT INTO languages SELECT '*', count(*), NULL FROM articles HAVING count(*) > 0",
)

_HITS = (
    # `gone_at`: since when the article no longer says it, with the first revision without it.
    """CREATE TABLE new_hits (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        rule_id TEXT NOT NULL,
        rule_version TEXT NOT NULL,
        article_id INTEGER NOT NULL REFERENCES articles (id),
        revision INTEGER NOT NULL,
        outlet_id TEXT NOT NULL,
        language TEXT,
        story_id TEXT NOT NULL,
        found_at INTEGER NOT NULL,
        standing TEXT NOT NULL,
        gone_at INTEGER,
        gone_revision INTEGER,
        dictionary INTEGER REFERENCES dictionaries (id),
        evidence BLOB NOT NULL
    ) STRICT""",
    """INSERT INTO new_hits SELECT
        h.id, h.rule_id, h.rule_version, h.article_id, h.revision, h.outlet_id, a.language, h.story_id,
        monitor_micros(h.found_at), h.standing, NULL, NULL, NULL, monitor_pack_text(h.evidence)
    FROM hits h JOIN articles a ON a.id = h.article_id""",
    "DROP TABLE hits",
    "ALTER TABLE new_hits RENAME TO hits",
    "CREATE UNIQUE INDEX hits_article ON hits (article_id, rule_id)",
    # With what else is asked for, so that a rare outlet of a frequent rule is found within the index.
    "CREATE INDEX hits_rule ON hits (rule_id, id, outlet_id)",
    "CREATE INDEX hits_outlet ON hits (outlet_id, id)",
    "CREATE INDEX hits_story ON hits (story_id, id)",
    "CREATE INDEX hits_language ON hits (language, id)",
    """INSERT INTO hit_days SELECT
        date(found_at / 1000000, 'unixepoch'), rule_id, count(*) FROM hits GROUP BY 1, 2""",
    """INSERT INTO hours (hour, first_article, last_article) SELECT
        fetched_at / 3600000000, min(id), max(id) FROM articles GROUP BY 1""",
    """INSERT INTO hours (hour, first_hit, last_hit) SELECT
        found_at / 3600000000, min(id), max(id) FROM hits WHERE true GROUP BY 1
    ON CONFLICT (hour) DO UPDATE SET first_hit = excluded.first_hit, last_hit = excluded.last_hit""",
    "INSERT INTO facts VALUES ('timezone', 'UTC')",
)

_STORIES = (
    # `alias_of`: the story that this one ended in; people were told its id.
    "ALTER TABLE stories ADD COLUMN alias_of TEXT REFERENCES stories (id)",
    "CREATE INDEX stories_alias ON stories (alias_of) WHERE alias_of IS NOT NULL",
    # `copy_of`: the article whose text this one has, cut or extended.
    """CREATE TABLE new_placements (
        article_id INTEGER PRIMARY KEY REFERENCES articles (id),
        story_id TEXT NOT NULL REFERENCES stories (id),
        reason TEXT NOT NULL,
        copy_of INTEGER,
        similarity REAL NOT NULL
    ) STRICT""",
    "INSERT INTO new_placements SELECT article_id, story_id, reason, NULL, similarity FROM placements",
    # Of the articles of live stories what they are compared by; see story/.
    """CREATE TABLE traits (
        article_id INTEGER PRIMARY KEY REFERENCES articles (id),
        mark TEXT NOT NULL,
        at INTEGER NOT NULL,
        sketch BLOB NOT NULL,
        terms BLOB NOT NULL
    ) STRICT""",
    """INSERT INTO traits SELECT
        p.article_id, monitor_mark(a.outlet_id, coalesce(nullif(a.canonical, ''), a.url)), monitor_micros(p.at),
        p.fingerprint, x''
    FROM placements p JOIN articles a ON a.id = p.article_id""",
    "DROP TABLE placements",
    "ALTER TABLE new_placements RENAME TO placements",
    "CREATE INDEX placements_story ON placements (story_id, article_id)",
    "CREATE INDEX traits_mark ON traits (mark)",
    "CREATE INDEX traits_at ON traits (at)",
    # What a person decided: `kind` is join (a whole story into `other`) or move (the article to story `other`).
    """CREATE TABLE story_orders (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        story_id TEXT NOT NULL,
        other TEXT NOT NULL,
        article_id INTEGER,
        at INTEGER NOT NULL
    ) STRICT""",
    # Stories of different languages that tell the same: linked, not merged; a < b.
    """CREATE TABLE kinships (
        a TEXT NOT NULL REFERENCES stories (id),
        b TEXT NOT NULL REFERENCES stories (id),
        score REAL NOT NULL,
        why TEXT NOT NULL,
        PRIMARY KEY (a, b)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX kinships_b ON kinships (b)",
)

# For people and other programs: times as ISO 8601 in UTC, and no function but SQLite's own. A later migration that
# rebuilds what they name drops them first: ALTER TABLE ... RENAME refuses beside a view of a table that is gone.
_VIEWS = (
    """CREATE VIEW article_list AS SELECT
        a.id, a.outlet_id, a.title, a.url, coalesce(nullif(a.canonical_url, ''), nullif(a.canonical, ''), a.url)
            AS canonical_url,
        a.language, strftime('%Y-%m-%dT%H:%M:%SZ', a.published / 1000000, 'unixepoch') AS published,
        strftime('%Y-%m-%dT%H:%M:%SZ', a.fetched_at / 1000000, 'unixepoch') AS fetched_at,
        a.text AS source, a.reason, a.standing, a.section, a.wire, a.revision, p.story_id,
        (SELECT count(*) FROM hits h WHERE h.article_id = a.id) AS hits
    FROM articles a LEFT JOIN placements p ON p.article_id = a.id""",
    """CREATE VIEW hit_list AS SELECT
        h.id, h.rule_id, h.outlet_id, a.title, a.url, h.article_id, h.language, h.story_id,
        strftime('%Y-%m-%dT%H:%M:%SZ', h.found_at / 1000000, 'unixepoch') AS found_at, h.standing, h.revision,
        strftime('%Y-%m-%dT%H:%M:%SZ', h.gone_at / 1000000, 'unixepoch') AS gone_at, h.gone_revision
    FROM hits h JOIN articles a ON a.id = h.article_id""",
    """CREATE VIEW story_list AS SELECT
        s.id, (SELECT a.title FROM placements p JOIN articles a ON a.id = p.article_id WHERE p.story_id = s.id
            ORDER BY p.article_id LIMIT 1) AS title,
        strftime('%Y-%m-%dT%H:%M:%SZ', s.opened_at) AS opened_at,
        (SELECT count(*) FROM placements p WHERE p.story_id = s.id) AS articles,
        (SELECT count(DISTINCT a.outlet_id) FROM placements p JOIN articles a ON a.id = p.article_id
            WHERE p.story_id = s.id) AS outlets,
        (SELECT count(*) FROM hits h WHERE h.story_id = s.id) AS hits, s.alias_of
    FROM stories s""",
)


def archive(execute: Callable[[str], object]) -> None:
    """Rebuild articles, bodies, revisions, hits and placements, and show them as views. Foreign keys must not be
    enforced meanwhile.
    """
    for statement in (*_TABLES, *_ARTICLES, *_HITS, *_STORIES, *_VIEWS):
        execute(statement)
