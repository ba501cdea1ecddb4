"""What must hold of any database of ours, looked at from outside the store: `consistent` returns what does not."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

from monitor.store.codec import unpack_body, unpack_evidence
from monitor.store.fulltext import words
from monitor.store.pg_search import vector
from monitor.store.sqlite import SqliteStore
from monitor.store.tables import SqlStore
from tests import engines

# What each query returns should not be there.
_NEVER = {
    "a hit without its article": "SELECT id FROM hits WHERE article_id NOT IN (SELECT id FROM articles)",
    "an article without its body": "SELECT id FROM articles WHERE id NOT IN (SELECT article_id FROM bodies)",
    "a body without its article": "SELECT article_id FROM bodies WHERE article_id NOT IN (SELECT id FROM articles)",
    "an article that is not indexed": "SELECT id FROM articles WHERE id NOT IN (SELECT id FROM articles_fts_docsize)",
    "words of an article that is not there": """
        SELECT id FROM articles_fts_docsize WHERE id NOT IN (SELECT id FROM articles)""",
    "two articles of one address": """
        SELECT max(id) FROM articles GROUP BY outlet_id, coalesce(nullif(canonical, ''), url) HAVING count(*) > 1""",
    "a revision too many or too few": """
        SELECT id FROM articles a WHERE revision - 1 <> (SELECT count(*) FROM revisions r WHERE r.article_id = a.id)""",
    "a hit of a revision that is not there": """
        SELECT h.id FROM hits h JOIN articles a ON a.id = h.article_id WHERE h.revision > a.revision""",
    "a hit in another story than its article": """
        SELECT h.id FROM hits h LEFT JOIN placements p ON p.article_id = h.article_id
        WHERE h.story_id IS NOT p.story_id""",
    "a placement without a story": "SELECT article_id FROM placements WHERE story_id NOT IN (SELECT id FROM stories)",
    "an article outside its hour": """
        SELECT a.id FROM articles a LEFT JOIN hours o ON o.hour = a.fetched_at / 3600000000
        WHERE o.hour IS NULL OR NOT a.id BETWEEN o.first_article AND o.last_article""",
    "a hit outside its hour": """
        SELECT h.id FROM hits h LEFT JOIN hours o ON o.hour = h.found_at / 3600000000
        WHERE o.hour IS NULL OR h.id < coalesce(o.first_hit, h.id + 1) OR h.id > coalesce(o.last_hit, 0)""",
    "a link that was read and has no article": """
        SELECT id FROM links WHERE state IN ('read', 'again') AND article_id IS NULL""",
    "an alert of no hit": "SELECT id FROM alerts WHERE id NOT IN (SELECT alert_id FROM alert_hits)",
    "an alert that is told and told nothing": """
        SELECT id FROM alerts l WHERE state = 'told' AND (told_at IS NULL OR revision = 0)""",
    "an alert that waits and told something": """
        SELECT id FROM alerts l WHERE state = 'open' AND revision = 0
            AND EXISTS (SELECT 1 FROM alert_hits j WHERE j.alert_id = l.id AND j.told_revision IS NOT NULL)""",
    "a message of an alert that was not told": """
        SELECT t.outbox_id FROM tellings t LEFT JOIN alerts l ON l.id = t.alert_id
        WHERE coalesce(l.revision, 0) < t.revision""",
    "a message that tells nothing": """
        SELECT id FROM outbox WHERE kind <> 'digest' AND id NOT IN (SELECT outbox_id FROM tellings)""",
    "what waits for a digest and was not told to it": """
        SELECT d.alert_id FROM digest_items d LEFT JOIN alerts l ON l.id = d.alert_id
        WHERE coalesce(l.revision, 0) < d.revision""",
    "a message that is sent without a time": "SELECT id FROM outbox WHERE (state = 'sent') <> (sent_at IS NOT NULL)",
}
# Each term with how often it stands in how many articles, and how many words each article has.
_TERMS = "SELECT term, doc, cnt FROM temp.terms UNION ALL SELECT id, hex(sz), 0 FROM main.articles_fts_docsize"


def dump(path: Path) -> list[str]:
    """Return all of a database as SQL."""
    raw = sqlite3.connect(path)
    lines = [*raw.iterdump()]
    raw.close()
    return lines


def consistent(path: Path) -> list[str]:
    """Return what is wrong with a database that nobody writes to, a sentence each."""
    if engines.engine() == "postgres":
        return _served(path)
    store = SqliteStore.open(path)
    try:
        raw = store._connection
        raw.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab (main, articles_fts, row)")
        wrong = [f"integrity: {row[0]}" for row in raw.execute("PRAGMA integrity_check") if row[0] != "ok"]
        wrong += [
            f"{row['table']} row {row['rowid']} refers to nothing" for row in raw.execute("PRAGMA foreign_key_check")
        ]
        raw.execute("INSERT INTO articles_fts (articles_fts) VALUES ('integrity-check')")
        for what, query in _NEVER.items():
            wrong += [f"{what}: {row[0]}" for row in raw.execute(query)]
        return wrong + _counts(store) + _texts(store)
    finally:
        store.close()


def _served(path: Path) -> list[str]:
    """Return it of a server's database, which keeps references and its index itself."""
    store = engines.opened(path)
    try:
        wrong = [f"{what}: {row[0]}" for what, query in _NEVER.items() for row in store.sql.all(query)]
        for row in store.sql.all("SELECT a.id, a.title, b.* FROM articles a JOIN bodies b ON b.article_id = a.id"):
            held = words(row["title"], *unpack_body(store.bodies.unpack(row["dictionary"], row["data"])))
            same = "SELECT count(*) FROM articles_fts WHERE rowid = ? AND words = CAST(? AS tsvector)"
            if not store.sql.number(same, row["id"], vector(held)):
                wrong.append(f"articles are not indexed as they read: {row['id']}")
        return wrong + _counts(store)
    finally:
        store.close()


def _counts(store: SqlStore) -> list[str]:
    day = store.calendar.day
    rows = store.sql.all("SELECT found_at, rule_id FROM hits")
    counted = Counter((day(row["found_at"]), row["rule_id"]) for row in rows)
    kept = {(row["day"], row["rule_id"]): row["n"] for row in store.sql.all("SELECT * FROM hit_days")}
    wrong = [
        f"hits of {key}: {kept.get(key, 0)} counted, {n} there" for key, n in counted.items() if kept.get(key) != n
    ]
    return wrong + [f"hits of {key} counted, none there" for key in kept.keys() - counted.keys()]


def _texts(store: SqliteStore) -> list[str]:
    """Unpack everything, and compare the index with one that is made anew of the texts."""
    raw, unpack = store._connection, store.bodies.unpack
    for row in raw.execute("SELECT dictionary, data FROM revisions"):
        unpack_body(unpack(row["dictionary"], row["data"]))
    bare = [
        row["id"]
        for row in raw.execute("SELECT * FROM hits")
        if not unpack_evidence(unpack(row["dictionary"], row["evidence"]))
    ]
    fresh = sqlite3.connect(":memory:")
    fresh.execute(raw.execute("SELECT sql FROM sqlite_master WHERE name = 'articles_fts'").fetchone()[0])
    fresh.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab (main, articles_fts, row)")
    for row in raw.execute("SELECT a.id, a.title, b.* FROM articles a JOIN bodies b ON b.article_id = a.id"):
        held = words(row["title"], *unpack_body(unpack(row["dictionary"], row["data"])))
        fresh.execute(
            "INSERT INTO articles_fts (rowid, title, standfirst, body) VALUES (?, ?, ?, ?)", (row["id"], *held)
        )
    differing = {*fresh.execute(_TERMS)} ^ {tuple(row) for row in raw.execute(_TERMS)}
    fresh.close()
    return [f"a hit without evidence: {number}" for number in bare] + [
        f"articles are not indexed as they read: {row[0]}" for row in sorted(differing, key=str)
    ]
