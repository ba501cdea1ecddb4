"""The migration that lets links be known by digests. Apart from the archive's, which databases of development have."""

from __future__ import annotations

from collections.abc import Callable

# Of a link that has an article: its addresses where they are the article's, and its title. `{}`: which links.
THIN = """
UPDATE links SET
    title = '',
    (url, canonical) = (SELECT
        CASE WHEN same THEN '' ELSE links.url END, CASE WHEN same THEN '' ELSE links.canonical END
    FROM (SELECT EXISTS (
        SELECT 1 FROM articles a WHERE a.id = links.article_id AND a.url = links.url AND a.canonical = links.canonical
    ) AS same) told)
WHERE {}
"""

# `key`, `guid_key`, `name_key`: digests of canonical (or url), of the entry's id and of its title, by which a link is
# known for good (parse/digest.py, `exact`); guid_key is 0 where there is no id. canonical is empty where it is url, and
# what the article of a link has too is empty: with the texts in the indexes a link took 905 bytes.
_LINKS = (
    """CREATE TABLE new_links (
        id INTEGER PRIMARY KEY,
        outlet_id TEXT NOT NULL,
        source_id INTEGER NOT NULL REFERENCES sources (id),
        url TEXT NOT NULL,
        canonical TEXT NOT NULL,
        key INTEGER NOT NULL,
        guid_key INTEGER NOT NULL,
        name_key INTEGER NOT NULL,
        title_key INTEGER NOT NULL,
        title TEXT NOT NULL,
        summary TEXT NOT NULL,
        author TEXT NOT NULL,
        content TEXT NOT NULL,
        published INTEGER,
        updated INTEGER,
        first_seen INTEGER NOT NULL,
        standing TEXT NOT NULL,
        state TEXT NOT NULL,
        next_at INTEGER,
        leased INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        reason TEXT,
        detail TEXT NOT NULL DEFAULT '',
        article_id INTEGER REFERENCES articles (id),
        abroad INTEGER NOT NULL,
        repeats INTEGER NOT NULL,
        rereads INTEGER NOT NULL DEFAULT 0,
        etag TEXT NOT NULL DEFAULT '',
        last_modified TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    """INSERT INTO new_links SELECT
        id, outlet_id, source_id, url, CASE canonical WHEN url THEN '' ELSE canonical END, monitor_exact(canonical),
        monitor_exact(guid), monitor_exact(title), title_key, title, summary, author, content,
        monitor_micros(published), monitor_micros(updated), monitor_micros(first_seen), standing, state,
        monitor_micros(next_at), leased, attempts, reason, detail, article_id, abroad, repeats, rereads, etag,
        last_modified
    FROM links""",
    "DROP TABLE links",
    "ALTER TABLE new_links RENAME TO links",
    "CREATE UNIQUE INDEX links_key ON links (key, outlet_id)",
    # With the title: feeds that reuse a guid ("topstory") list other articles under it.
    "CREATE UNIQUE INDEX links_guid ON links (source_id, guid_key, name_key) WHERE guid_key <> 0",
    "CREATE INDEX links_title ON links (outlet_id, title_key) WHERE title_key <> 0",
    "CREATE INDEX links_due ON links (next_at) WHERE state IN ('new', 'partial', 'again')",
    "CREATE INDEX links_waiting ON links (source_id, id) WHERE state = 'waiting'",
    "CREATE INDEX links_leased ON links (id) WHERE leased = 1",
    "CREATE INDEX links_failed ON links (id) WHERE state = 'failed'",
    "CREATE INDEX links_article ON links (article_id) WHERE article_id IS NOT NULL",
    THIN.format("state IN ('read', 'again') AND article_id IS NOT NULL"),
)


def digests(execute: Callable[[str], object]) -> None:
    """Rebuild links. Foreign keys must not be enforced meanwhile."""
    for statement in _LINKS:
        execute(statement)
