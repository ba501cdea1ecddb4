"""Taking articles out: the one place that knows every table in which an article leaves something.

What stays: the link, so that the article is not read anew, and that a story was told, so that it is not told twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from monitor.model import LinkState
from monitor.store.bodies import SqlBodies
from monitor.store.calendar import SqlCalendar
from monitor.store.codec import instant, instant_or_none, micros, unpack_body
from monitor.store.fulltext import SqlFulltext, words
from monitor.store.rows import NAMES, NUMBERS, Sql
from monitor.views import Aged

# Every statement takes a JSON list of ids. Children before what they refer to.
_TEXTS = f"""
SELECT a.id, a.title, b.dictionary, b.data FROM articles a JOIN bodies b ON b.article_id = a.id WHERE a.id {NUMBERS}
"""  # noqa: S608 - a constant
_HITS = f"SELECT id, rule_id, found_at FROM hits WHERE article_id {NUMBERS}"  # noqa: S608
_ALERTS = f"SELECT DISTINCT alert_id AS id FROM alert_hits WHERE hit_id {NUMBERS}"  # noqa: S608
_STORIES = f"""
SELECT story_id AS id FROM placements WHERE article_id {NUMBERS}
UNION SELECT story_id FROM hits WHERE article_id {NUMBERS}
"""  # noqa: S608
_EMPTY = f"""
SELECT id FROM alerts WHERE id {NUMBERS} AND NOT EXISTS (SELECT 1 FROM alert_hits j WHERE j.alert_id = alerts.id)
"""  # noqa: S608
_MESSAGES = f"SELECT DISTINCT outbox_id AS id FROM tellings WHERE alert_id {NUMBERS}"  # noqa: S608
# A message tells many alerts; it is silent when none of them has a hit that it told.
_SILENT = f"""
{_MESSAGES} AND NOT EXISTS (
    SELECT 1 FROM tellings t JOIN alert_hits j ON j.alert_id = t.alert_id AND j.told_revision = t.revision
    WHERE t.outbox_id = tellings.outbox_id)
"""  # noqa: S608
# A message that waits would be sent empty.
_HUSH = f"""
UPDATE outbox SET title = '', text = '', markdown = '', html = '', payload = '', detail = 'its articles were taken out',
    state = CASE state WHEN 'sent' THEN 'sent' ELSE 'dead' END, lease_until = NULL, owner = ''
WHERE id {NAMES}
"""  # noqa: S608
_UNTOLD = f"DELETE FROM alerts WHERE id {NUMBERS} AND state = 'open' AND revision = 0"  # noqa: S608
_CLOSE = f"UPDATE alerts SET state = 'told' WHERE id {NUMBERS} AND state = 'open'"  # noqa: S608
_READ = f"SELECT id FROM links WHERE article_id {NUMBERS}"  # noqa: S608
_LINKS = f"""
UPDATE links SET article_id = NULL, state = ?, next_at = NULL, leased = 0, summary = '', content = '', author = '',
    etag = '', last_modified = '', detail = '' WHERE article_id {NUMBERS}
"""  # noqa: S608
_COPIES = f"""
UPDATE placements SET copy_of = NULL WHERE story_id {NAMES} AND copy_of {NUMBERS}
"""  # noqa: S608
_ARTICLE = tuple(
    f"DELETE FROM {table} WHERE {column} {NUMBERS}"  # noqa: S608
    for table, column in (
        ("corrections", "article_id"),
        ("hits", "article_id"),
        ("traits", "article_id"),
        ("placements", "article_id"),
        ("revisions", "article_id"),
        ("bodies", "article_id"),
        ("articles", "id"),
    )
)
_EVENTS = f"DELETE FROM events WHERE article_id {NUMBERS} AND article_id <> 0"  # noqa: S608
_ENDED = f"""
SELECT id FROM stories s WHERE id {NAMES}
    AND NOT EXISTS (SELECT 1 FROM placements p WHERE p.story_id = s.id)
    AND NOT EXISTS (SELECT 1 FROM hits h WHERE h.story_id = s.id)
    AND NOT EXISTS (SELECT 1 FROM alerts l WHERE l.story_id = s.id)
    AND NOT EXISTS (SELECT 1 FROM stories t WHERE t.alias_of = s.id AND t.id <> s.id)
"""  # noqa: S608
# `awaited`: an alert or a message of it has still to go out.
_AGED = """
SELECT a.id, a.outlet_id, a.fetched_at,
    (SELECT max(h.found_at) FROM hits h WHERE h.article_id = a.id) AS hit_at,
    EXISTS (SELECT 1 FROM hits h JOIN alert_hits j ON j.hit_id = h.id JOIN alerts l ON l.id = j.alert_id
        WHERE h.article_id = a.id AND (l.state = 'open' OR EXISTS (SELECT 1 FROM outbox o
            JOIN tellings t ON t.outbox_id = o.id WHERE t.alert_id = l.id AND o.state IN ('pending', 'leased'))
            OR EXISTS (SELECT 1 FROM digest_items d WHERE d.alert_id = l.id AND d.digest = ''))) AS awaited
FROM articles a WHERE a.id > ? AND a.id <= ? AND a.fetched_at < ? ORDER BY a.id LIMIT ?
"""
_DEBT = """
INSERT INTO facts (key, value) VALUES ('index_debt', ?)
ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(facts.value AS INTEGER) + CAST(excluded.value AS INTEGER) AS TEXT)
"""
# A merge that changes fewer rows has come to its end (SQLite's documentation of FTS5, "merge").
_CHANGES = 2
# The index is written anew where a tenth of its articles has been taken out: words that were are held until then.
_SHARE = 10


class SqlKeeping:
    """The Keeping port."""

    def __init__(self, sql: Sql, bodies: SqlBodies, fulltext: SqlFulltext, calendar: SqlCalendar) -> None:
        self._sql = sql
        self._bodies = bodies
        self._fulltext = fulltext
        self._calendar = calendar

    def take_out(self, article_ids: Sequence[int], *, quoted: bool = False) -> int:
        """Take articles out with all that is theirs; return how many there were. `quoted`: messages that quote them
        too, where they tell of others besides.
        """
        ids = json.dumps(list(article_ids))
        found = self._sql.all(_TEXTS, ids)
        for row in found:
            standfirst, blocks = unpack_body(self._bodies.unpack(row["dictionary"], row["data"]))
            self._fulltext.take(row["id"], words(row["title"], standfirst, blocks))
        stories = self._ids(_STORIES, ids, ids)
        hits = self._sql.all(_HITS, ids)
        numbers = json.dumps([row["id"] for row in hits])
        alerts = self._ids(_ALERTS, numbers)
        if quoted:
            self._sql.write(_HUSH, self._ids(_MESSAGES, alerts))
        for table in ("alert_hits", "decisions", "marks"):
            self._sql.write(f"DELETE FROM {table} WHERE hit_id {NUMBERS}", numbers)  # noqa: S608
        for row in hits:
            self._calendar.count(row["rule_id"], row["found_at"], -1)
        self._close_alerts(alerts)
        links = self._ids(_READ, ids)
        self._sql.write(_LINKS, LinkState.GONE.value, ids)
        self._sql.write(f"DELETE FROM readings WHERE link_id {NUMBERS}", links)  # noqa: S608
        self._sql.write(_COPIES, stories, ids)
        for statement in (_EVENTS, *_ARTICLE):
            self._sql.write(statement, ids)
        self._end_stories(stories)
        self._sql.write(_DEBT, str(len(found)))
        return len(found)

    def _close_alerts(self, alerts: str) -> None:
        self._sql.write(_HUSH, self._ids(_SILENT, alerts))
        empty = self._ids(_EMPTY, alerts)
        self._sql.write(_UNTOLD, empty)
        self._sql.write(_CLOSE, empty)

    def _end_stories(self, stories: str) -> None:
        ended = self._ids(_ENDED, stories)
        self._sql.write(f"DELETE FROM kinships WHERE a {NAMES} OR b {NAMES}", ended, ended)  # noqa: S608
        self._sql.write(f"DELETE FROM stories WHERE id {NAMES}", ended)  # noqa: S608

    def aged(self, after: int, before: datetime, *, limit: int) -> list[Aged]:
        """List articles fetched before a time, by id, those above `after` only."""
        _, last = self._calendar.articles(None, before)
        rows = self._sql.all(_AGED, after, last, micros(before), limit)
        return [
            Aged(
                id=row["id"],
                outlet_id=row["outlet_id"],
                fetched_at=instant(row["fetched_at"]),
                hit_at=instant_or_none(row["hit_at"]),
                awaited=bool(row["awaited"]),
            )
            for row in rows
        ]

    def free(self, pages: int) -> int:
        """Give so many free pages at most back to the file system; return how many."""
        free = min(pages, self._sql.number("PRAGMA freelist_count"))
        for _ in range(free):
            # Each call frees one page, whatever number it names: Python does not step on.
            self._sql.write("PRAGMA incremental_vacuum(1)")
        return free

    def indebted(self) -> bool:
        """Say whether the index holds so many words of articles that are gone that it should be written anew."""
        debt = self._sql.number("SELECT CAST(value AS INTEGER) FROM facts WHERE key = 'index_debt'")
        return debt > 0 and debt * _SHARE > self._sql.number("SELECT count(*) FROM articles_fts_docsize")

    def merge(self, pages: int, *, begin: bool) -> bool:
        """Write so many pages of the index anew; return whether there are more. `begin`: all there is takes part."""
        self._sql.carry_out()
        # Below nothing, all segments are made inputs of one merge, which numbers above it go on with. To say so again
        # at each step would begin anew whenever the daemon has written, and never end.
        changed = self._changed(
            "INSERT INTO articles_fts (articles_fts, rank) VALUES ('merge', ?)", -pages if begin else pages
        )
        more = changed >= _CHANGES
        if not more:
            self._sql.write("DELETE FROM facts WHERE key = 'index_debt'")
        return more

    def _changed(self, statement: str, value: int) -> int:
        """Return how many rows a statement changed, those of the index too."""
        before = self._sql.number("SELECT total_changes()")
        self._sql.write(statement, value)
        return self._sql.number("SELECT total_changes()") - before

    def train(self, now: datetime) -> bool:
        """Make one dictionary that is due; return whether one was."""
        due = self._bodies.untrained()
        if due:
            self._bodies.train(due[0], now)
        return bool(due)

    def grow(self) -> None:
        """Take a megabyte and leave it free in the file."""
        self._sql.write("INSERT INTO facts (key, value) VALUES ('grow', ?)", "x" * 1_000_000)
        self._sql.write("DELETE FROM facts WHERE key = 'grow'")

    def optimize(self) -> None:
        """Bring up to date what queries are planned by."""
        # A sample of each index: a whole one of a million articles takes seconds.
        self._sql.write("PRAGMA analysis_limit = 400")
        self._sql.write("PRAGMA optimize")

    def _ids(self, select: str, *values: str) -> str:
        return json.dumps([row[0] for row in self._sql.all(select, *values)])
