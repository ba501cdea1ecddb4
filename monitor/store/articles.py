"""Articles by id in fetch order, their texts, and what they said before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from monitor.errors import Reason
from monitor.model import OWN_ROLES, Article, Block, Standing, TextKind
from monitor.parse.digest import key, title_key
from monitor.sought import Sought
from monitor.store.bodies import SqlBodies
from monitor.store.calendar import SqlCalendar
from monitor.store.codec import (
    instant,
    instant_or_none,
    micros,
    micros_or_none,
    pack_blocks,
    pack_body,
    pack_numbers,
    pack_words,
    unpack_body,
    unpack_numbers,
    unpack_words,
)
from monitor.store.fulltext import SqlFulltext, own_text, words
from monitor.store.revisions import SqlRevisions
from monitor.store.rows import NUMBERS, Row, Sql, Value, narrow
from monitor.store.search import AMONG, LAST, SqlSearch
from monitor.views import ArticleRow, Filter, Kept, Saved, StoredArticle, Version

# What `article_row` reads; hits.py joins the same.
COLUMNS = """
a.id, a.outlet_id, a.url, a.title, a.language, a.published, a.fetched_at, a.text, a.reason, a.standing,
coalesce(p.story_id, '') AS story_id, (SELECT count(*) FROM hits n WHERE n.article_id = a.id) AS hits
"""
_ROWS = f"SELECT {COLUMNS} FROM articles a LEFT JOIN placements p ON p.article_id = a.id "  # noqa: S608 - constants
_FILTERS = {
    "rule": "id IN (SELECT article_id FROM hits WHERE rule_id = ?)",
    "outlet": "outlet_id = ?",
    "story": "id IN (SELECT article_id FROM placements WHERE story_id = ?)",
    "language": "language = ?",
    "since": "fetched_at >= ?",
    "until": "fetched_at <= ?",
    "before": "id < ?",
}
_WHOLE = f"""
SELECT {COLUMNS}, a.canonical, a.canonical_url, a.authors, a.updated, a.section, a.wire, a.paywalled, a.live, a.detail,
    a.content_hash, a.revision, a.sketch, b.dictionary, b.data
FROM articles a JOIN bodies b ON b.article_id = a.id LEFT JOIN placements p ON p.article_id = a.id
"""  # noqa: S608 - constants
_NAMED = f"WHERE a.id {NUMBERS}"
_KNOWN = """
SELECT a.id, a.url, a.canonical, a.title, a.language, a.published, a.text, a.reason, a.content_hash, a.revision,
    b.dictionary, b.data
FROM articles a JOIN bodies b ON b.article_id = a.id
"""
# Digests find, the texts decide. An empty canonical is the URL.
_SAME_KEY = "WHERE a.key = ? AND a.outlet_id = ? AND coalesce(nullif(a.canonical, ''), a.url) = ?"
# Both conditions of the second index are repeated, or it is not used.
_BY_ADDRESS = (
    "WHERE a.id = (SELECT max(id) FROM ("
    "SELECT id FROM articles WHERE key = ? AND (url = ? OR canonical = ?) "
    "UNION ALL SELECT id FROM articles WHERE url_key = ? AND url_key <> key AND url = ?) known)"
)
_SAME_BODY = "WHERE a.body_key = ? AND a.body_key <> 0 AND a.outlet_id = ? ORDER BY a.id LIMIT 10"
# Of what the index finds, so many are asked for their language or time at once.
_LOOK = 256
# Some hundred words: a shorter text may be said of two events.
_LEAST_BODY = 600
_INSERT = """
INSERT INTO articles (
    url, canonical, canonical_url, key, url_key, title, language, authors, published, updated, section, wire, paywalled,
    live, text, reason, detail, content_hash, body_key, sketch, outlet_id, standing, revision, fetched_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?) RETURNING id
"""
_UPDATE = """
UPDATE articles SET
    url = ?, canonical = ?, canonical_url = ?, key = ?, url_key = ?, title = ?, language = ?, authors = ?,
    published = ?, updated = ?, section = ?, wire = ?, paywalled = ?, live = ?, text = ?, reason = ?, detail = ?,
    content_hash = ?, body_key = ?, sketch = ?, revision = ?
WHERE id = ?
"""
_REVISION = """
INSERT INTO revisions (article_id, revision, title, dictionary, data, text, content_hash, at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
# A text never replaces one that says more; of a feed's entry and what a paywall leaves of a page, the longer does.
_WORTH = {TextKind.LISTING: 0, TextKind.FEED: 1, TextKind.FULL: 3}
_STUB = 2


class SqlArticles:
    """The Articles port."""

    def __init__(
        self, sql: Sql, bodies: SqlBodies, fulltext: SqlFulltext, calendar: SqlCalendar, search: SqlSearch
    ) -> None:
        self._sql = sql
        self._bodies = bodies
        self._fulltext = fulltext
        self._calendar = calendar
        self._search = search

    def save(
        self,
        article: Article,
        *,
        fetched_at: datetime,
        standing: Standing,
        known_id: int = 0,
        listed_as: str = "",
        kept: Kept | None = None,
    ) -> Saved:
        """Insert, or complete and revise the one there."""
        known = self._known(article, known_id)
        other = known is not None and known.row["title"] != article.title and not known.says(article)
        if other and not known_id and listed_as not in {"", _key(article)}:
            article = replace(article, canonical_url=listed_as)
            known = self._known(article, 0)
        body = _body_key(article) if known is None else 0
        if known is None and (known := self._twin(article, body)) is not None:
            # Its address is the one it was first found under.
            article = replace(article, url=known.row["url"], canonical_url=known.canonical)
        if known is None:
            return self._insert(article, _Text.of(article, kept), body, fetched_at, standing)
        number, revision = known.row["id"], known.row["revision"]
        worth, stored = _worth(article.text, article.reason), _worth(TextKind(known.row["text"]), known.row["reason"])
        if {worth, stored} == {_STUB, _WORTH[TextKind.FEED]}:
            completes = len(article.body) > len(own_text(known.blocks))
        else:
            completes = worth > stored
        revises = worth == stored or completes
        differs = not known.says(article)
        text = _Text.of(article, kept)
        if not completes and not (revises and differs):
            if kept is not None and revises and text.blocks != known.blocks:
                # Other sentences are quoted now.
                self._update(article, text, known, revision)
            return Saved(number, revision, created=False, changed=False)
        if differs:
            row = known.row
            self._sql.write(
                _REVISION, number, revision, row["title"], row["dictionary"], row["data"], row["text"],
                row["content_hash"], micros(fetched_at),
            )  # fmt: skip
        self._update(article, text, known, revision + differs)
        return Saved(number, revision + differs, created=False, changed=True)

    def get(self, article_id: int) -> StoredArticle | None:
        """Return one with its text."""
        row = self._sql.one(_WHOLE + "WHERE a.id = ?", article_id)
        return self._stored(row) if row else None

    def row(self, article_id: int) -> ArticleRow | None:
        """Return one without its text."""
        row = self._sql.one(_ROWS + "WHERE a.id = ?", article_id)
        return article_row(row) if row else None

    def find(self, url: str) -> StoredArticle | None:
        """Return the newest known by this URL or canonical URL."""
        number = key(url)
        row = self._sql.one(_WHOLE + _BY_ADDRESS, number, url, url, number, url)
        return self._stored(row) if row else None

    def rows(self, wanted: Filter) -> list[ArticleRow]:
        """List, newest first (by id)."""
        condition, values = narrow(wanted, _FILTERS, self._calendar.articles)
        # Hits are counted for the rows that are shown, not for all that the condition meets.
        chosen = f"WHERE a.id IN (SELECT id FROM articles WHERE {condition} ORDER BY id DESC LIMIT ?)"  # noqa: S608
        rows = self._sql.all(_ROWS + chosen + " ORDER BY a.id DESC", *values, wanted.limit)
        return [article_row(row) for row in rows]

    def many(self, article_ids: Sequence[int]) -> dict[int, StoredArticle]:
        """Return these with their texts, by id."""
        rows = self._sql.all(_WHOLE + _NAMED, json.dumps([*article_ids]))
        return {row["id"]: self._stored(row) for row in rows}

    def count(self, wanted: Filter) -> int:
        """Count, whatever the limit."""
        condition, values = narrow(wanted, _FILTERS, self._calendar.articles)
        return self._sql.number(f"SELECT count(*) FROM articles WHERE {condition}", *values)  # noqa: S608

    def sift(self, sought: Sought | None, wanted: Filter) -> Iterator[int]:
        """Yield the ids of articles that full text says hold what is sought, newest first, whatever the limit."""
        if sought is None or wanted.rule or wanted.outlet or wanted.story:
            return (row[0] for row in self._search.sift(sought, wanted, self._numbers))
        return self._streamed(sought, wanted)

    def _streamed(self, sought: Sought, wanted: Filter) -> Iterator[int]:
        """Yield from the index alone; what else is asked is looked at article by article."""
        first, last = self._calendar.articles(wanted.since, wanted.until) if _timed(wanted) else (1, LAST)
        last = min(last, wanted.before - 1) if wanted.before is not None else last
        found = self._search.stream(self._search.expression(sought), first, last)
        if wanted.language is None and not _timed(wanted):
            yield from found
            return
        while batch := list(islice(found, _LOOK)):
            statement, bound = self._numbers(wanted, AMONG)
            yield from (row[0] for row in self._sql.all(statement, *bound, json.dumps(batch), len(batch)))

    def _numbers(self, wanted: Filter, also: str) -> tuple[str, list[Value]]:
        condition, bound = narrow(wanted, _FILTERS, self._calendar.articles)
        source, named = ("articles NOT INDEXED", f" AND {also.format('id')}") if also else ("articles", "")
        return f"SELECT id, id AS article FROM {source} WHERE {condition}{named} ORDER BY id DESC LIMIT ?", bound  # noqa: S608

    def scores(self, sought: Sought, article_ids: Sequence[int]) -> dict[int, float]:
        """Return how much articles are about what is sought: the lower, the more."""
        return self._search.scores(sought, article_ids)

    def versions(self, article_id: int) -> list[Version]:
        """Return all that an article said, oldest first."""
        return SqlRevisions(self._sql, self._bodies).of(article_id)

    def _known(self, article: Article, known_id: int) -> _Known | None:
        row = self._sql.one(_KNOWN + "WHERE a.id = ?", known_id) if known_id else None
        if row is None:
            address = _key(article)
            row = self._sql.one(_KNOWN + _SAME_KEY, key(address), article.outlet, address)
        return self._as_known(row) if row else None

    def _as_known(self, row: Row) -> _Known:
        return _Known(row, *unpack_body(self._bodies.unpack(row["dictionary"], row["data"])))

    def _twin(self, article: Article, body: int) -> _Known | None:
        """Return the outlet's article with this very text, and with its title or its date: a page under another
        address, in another section, as AMP. A text alone may be a notice that stands for many articles.
        """
        rows = self._sql.all(_KNOWN + _SAME_BODY, body, article.outlet) if body else []
        title, published = title_key(article.title), micros_or_none(article.published)
        same = (
            row for row in rows if title_key(row["title"]) == title or (published and row["published"] == published)
        )
        return next(map(self._as_known, same), None)

    def _insert(self, article: Article, text: _Text, body: int, fetched_at: datetime, standing: Standing) -> Saved:
        at = micros(fetched_at)
        number = self._sql.insert(
            _INSERT, *_values(article, _key(article), body), text.sketch, article.outlet, standing.value, at
        )
        assert number is not None
        self._sql.write(
            "INSERT INTO bodies (article_id, dictionary, data) VALUES (?, ?, ?)", number,
            *self._pack(text, article.language),
        )  # fmt: skip
        self._bodies.count(article.language)
        self._fulltext.put(number, words(article.title, text.standfirst, text.blocks))
        self._calendar.article(number, at)
        return Saved(number, 1, created=True, changed=True)

    def _update(self, article: Article, text: _Text, known: _Known, revision: int) -> None:
        number, canonical = known.row["id"], _key(article)
        taken = self._sql.one(_KNOWN + _SAME_KEY + " AND a.id <> ?", key(canonical), article.outlet, canonical, number)
        if taken:
            # Its page names a canonical URL that another article has: it stays known by the one its feed gave.
            canonical = known.canonical
        self._sql.write(_UPDATE, *_values(article, canonical, _body_key(article)), text.sketch, revision, number)
        packed = self._pack(text, article.language)
        self._sql.write("UPDATE bodies SET dictionary = ?, data = ? WHERE article_id = ?", *packed, number)
        before = words(known.row["title"], known.standfirst, known.blocks)
        self._fulltext.change(number, before, words(article.title, text.standfirst, text.blocks))

    def _pack(self, text: _Text, language: str | None) -> tuple[int | None, bytes]:
        return self._bodies.pack(pack_body(text.standfirst, pack_blocks(text.blocks)), language)

    def _stored(self, row: Row) -> StoredArticle:
        listed = article_row(row)
        standfirst, blocks = unpack_body(self._bodies.unpack(row["dictionary"], row["data"]))
        article = Article(
            url=listed.url,
            title=listed.title,
            language=listed.language,
            blocks=blocks,
            canonical_url=row["canonical_url"] or row["canonical"] or listed.url,
            authors=unpack_words(row["authors"]),
            published=listed.published,
            updated=instant_or_none(row["updated"]),
            section=row["section"],
            outlet=listed.outlet_id,
            wire=row["wire"],
            paywalled=None if row["paywalled"] is None else bool(row["paywalled"]),
            standfirst=standfirst,
            live=bool(row["live"]),
            text=TextKind(listed.text),
            reason=listed.reason,
            content_hash=row["content_hash"],
            detail=row["detail"],
        )
        return StoredArticle(
            listed, article, row["revision"], None if row["sketch"] is None else unpack_numbers(row["sketch"])
        )


class _Text(NamedTuple):
    """What is kept of an article's words."""

    standfirst: str
    blocks: tuple[Block, ...]
    sketch: bytes | None

    @classmethod
    def of(cls, article: Article, kept: Kept | None) -> _Text:
        if kept is None:
            return cls(article.standfirst, article.blocks, None)
        return cls("", kept.blocks, pack_numbers(kept.sketch))


@dataclass(frozen=True, slots=True)
class _Known:
    """A row of _KNOWN with its text."""

    row: Row
    standfirst: str
    blocks: tuple[Block, ...]

    @property
    def canonical(self) -> str:
        return str(self.row["canonical"] or self.row["url"])

    def says(self, article: Article) -> bool:
        """Compare hashes where both have one, else title, standfirst and the article's own words."""
        if article.content_hash and self.row["content_hash"]:
            return bool(article.content_hash == self.row["content_hash"])
        return (article.title, article.standfirst, article.body) == (
            self.row["title"],
            self.standfirst,
            "\n\n".join(block.text for block in self.blocks if block.role in OWN_ROLES),
        )


def _timed(wanted: Filter) -> bool:
    return wanted.since is not None or wanted.until is not None


def _worth(text: TextKind, reason: str | None) -> int:
    return _STUB if text is TextKind.FULL and reason else _WORTH[text]


def _key(article: Article) -> str:
    return article.canonical_url or article.url


def _values(article: Article, canonical: str, body: int) -> tuple[Value, ...]:
    return (
        article.url,
        "" if canonical == article.url else canonical,
        "" if article.canonical_url in {"", canonical} else article.canonical_url,
        key(canonical),
        key(article.url),
        article.title,
        article.language,
        pack_words(article.authors),
        micros_or_none(article.published),
        micros_or_none(article.updated),
        article.section,
        article.wire,
        None if article.paywalled is None else int(article.paywalled),
        int(article.live),
        article.text.value,
        article.reason.value if article.reason else None,
        article.detail,
        article.content_hash,
        body,
    )


def _body_key(article: Article) -> int:
    """Return by what a whole text is known again under another address; 0 for one that is too short or was cut."""
    if article.text is not TextKind.FULL or article.reason:
        return 0
    body = article.body
    return key(body) if len(body) >= _LEAST_BODY else 0


def article_row(row: Row) -> ArticleRow:
    """Read the COLUMNS of a row."""
    return ArticleRow(
        id=row["id"],
        outlet_id=row["outlet_id"],
        url=row["url"],
        title=row["title"],
        language=row["language"],
        published=instant_or_none(row["published"]),
        fetched_at=instant(row["fetched_at"]),
        text=row["text"],
        reason=Reason(row["reason"]) if row["reason"] else None,
        standing=Standing(row["standing"]),
        story_id=row["story_id"],
        hits=row["hits"],
    )
