"""Articles by id in fetch order, their texts, and what they said before."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from monitor.errors import Reason
from monitor.model import OWN_ROLES, Article, Block, Standing, TextKind
from monitor.parse.digest import key, title_key
from monitor.store.codec import (
    moment,
    moment_or_none,
    pack_blocks,
    pack_words,
    stamp,
    stamp_or_none,
    unpack_blocks,
    unpack_words,
)
from monitor.store.rows import Row, Sql, Value, narrow
from monitor.views import ArticleRow, Filter, Saved, StoredArticle

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
    "since": "fetched_at >= ?",
    "until": "fetched_at <= ?",
    "before": "id < ?",
}
_WHOLE = f"""
SELECT {COLUMNS}, a.canonical_url, a.authors, a.updated, a.section, a.wire, a.paywalled, a.live, a.detail,
    a.content_hash, a.revision, b.standfirst, b.blocks
FROM articles a JOIN bodies b ON b.article_id = a.id LEFT JOIN placements p ON p.article_id = a.id
"""  # noqa: S608 - constants
_KNOWN = """
SELECT a.id, a.url, a.canonical, a.title, a.published, a.text, a.reason, a.content_hash, a.revision, b.standfirst,
    b.blocks
FROM articles a JOIN bodies b ON b.article_id = a.id
"""
_SAME_BODY = "WHERE a.outlet_id = ? AND a.body_key = ? AND a.body_key <> 0 ORDER BY a.id LIMIT 10"
# Some hundred words: a shorter text may be said of two events.
_LEAST_BODY = 600
_INSERT = """
INSERT INTO articles (
    url, canonical_url, title, language, authors, published, updated, section, wire, paywalled, live, text, reason,
    detail, content_hash, body_key, canonical, outlet_id, standing, revision, fetched_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?) RETURNING id
"""
_UPDATE = """
UPDATE articles SET
    url = ?, canonical_url = ?, title = ?, language = ?, authors = ?, published = ?, updated = ?, section = ?,
    wire = ?, paywalled = ?, live = ?, text = ?, reason = ?, detail = ?, content_hash = ?, body_key = ?,
    canonical = ?, revision = ?
WHERE id = ?
"""
_REVISION = """
INSERT INTO revisions (article_id, revision, title, standfirst, blocks, text, content_hash, at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
# A text never replaces one that says more; of a feed's entry and what a paywall leaves of a page, the longer does.
_WORTH = {TextKind.LISTING: 0, TextKind.FEED: 1, TextKind.FULL: 3}
_STUB = 2


class SqlArticles:
    """The Articles port."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def save(
        self, article: Article, *, fetched_at: datetime, standing: Standing, known_id: int = 0, listed_as: str = ""
    ) -> Saved:
        """Insert, or complete and revise the one there."""
        known = self._known(article, known_id)
        other = known is not None and known["title"] != article.title and not _same_content(article, known)
        if other and not known_id and listed_as not in {"", _key(article)}:
            article = replace(article, canonical_url=listed_as)
            known = self._known(article, 0)
        if known is None and (known := self._twin(article)) is not None:
            # Its address is the one it was first found under.
            article = replace(article, url=known["url"], canonical_url=known["canonical"])
        if known is None:
            return self._insert(article, fetched_at, standing)
        worth, stored = _worth(article.text, article.reason), _worth(TextKind(known["text"]), known["reason"])
        if {worth, stored} == {_STUB, _WORTH[TextKind.FEED]}:
            completes = len(article.body) > _length(known)
        else:
            completes = worth > stored
        revises = worth == stored or completes
        differs = not _same_content(article, known)
        if not completes and not (revises and differs):
            return Saved(known["id"], known["revision"], created=False, changed=False)
        revision = known["revision"] + differs
        if differs:
            self._sql.write(
                _REVISION, known["id"], known["revision"], known["title"], known["standfirst"], known["blocks"],
                known["text"], known["content_hash"], stamp(fetched_at),
            )  # fmt: skip
        self._update(article, known, revision)
        return Saved(known["id"], revision, created=False, changed=True)

    def get(self, article_id: int) -> StoredArticle | None:
        """Return one with its text."""
        row = self._sql.one(_WHOLE + "WHERE a.id = ?", article_id)
        return _stored(row) if row else None

    def find(self, url: str) -> StoredArticle | None:
        """Return the newest known by this URL or canonical URL."""
        row = self._sql.one(_WHOLE + "WHERE a.url = ? OR a.canonical = ? ORDER BY a.id DESC LIMIT 1", url, url)
        return _stored(row) if row else None

    def rows(self, wanted: Filter) -> list[ArticleRow]:
        """List, newest first (by id)."""
        condition, values = narrow(wanted, _FILTERS)
        # Hits are counted for the rows that are shown, not for all that the condition meets.
        chosen = f"WHERE a.id IN (SELECT id FROM articles WHERE {condition} ORDER BY id DESC LIMIT ?)"  # noqa: S608
        rows = self._sql.all(_ROWS + chosen + " ORDER BY a.id DESC", *values, wanted.limit)
        return [article_row(row) for row in rows]

    def _known(self, article: Article, known_id: int) -> Row | None:
        found = self._sql.one(_KNOWN + "WHERE a.id = ?", known_id) if known_id else None
        return found or self._sql.one(
            _KNOWN + "WHERE a.outlet_id = ? AND a.canonical = ?", article.outlet, _key(article)
        )  # fmt: skip

    def _twin(self, article: Article) -> Row | None:
        """Return the outlet's article with this very text, and with its title or its date: a page under another
        address, in another section, as AMP. A text alone may be a notice that stands for many articles.
        """
        body = _body_key(article)
        rows = self._sql.all(_KNOWN + _SAME_BODY, article.outlet, body) if body else []
        title, published = title_key(article.title), stamp_or_none(article.published)
        same = (
            row for row in rows if title_key(row["title"]) == title or (published and row["published"] == published)
        )
        return next(same, None)

    def _insert(self, article: Article, fetched_at: datetime, standing: Standing) -> Saved:
        number = self._sql.insert(
            _INSERT, *_values(article), _key(article), article.outlet, standing.value, stamp(fetched_at)
        )  # fmt: skip
        assert number is not None
        self._sql.write(
            "INSERT INTO bodies (article_id, standfirst, blocks) VALUES (?, ?, ?)",
            number, article.standfirst, pack_blocks(article.blocks),
        )  # fmt: skip
        return Saved(number, 1, created=True, changed=True)

    def _update(self, article: Article, known: Row, revision: int) -> None:
        canonical = _key(article)
        taken = self._sql.one(
            "SELECT id FROM articles WHERE outlet_id = ? AND canonical = ? AND id <> ?",
            article.outlet, canonical, known["id"],
        )  # fmt: skip
        if taken:
            # Its page names a canonical URL that another article has: it stays known by the one its feed gave.
            canonical = known["canonical"]
        self._sql.write(_UPDATE, *_values(article), canonical, revision, known["id"])
        self._sql.write(
            "UPDATE bodies SET standfirst = ?, blocks = ? WHERE article_id = ?",
            article.standfirst, pack_blocks(article.blocks), known["id"],
        )  # fmt: skip


def _worth(text: TextKind, reason: str | None) -> int:
    return _STUB if text is TextKind.FULL and reason else _WORTH[text]


def _length(known: Row) -> int:
    """Return the characters of a stored article's own blocks."""
    return sum(len(block.text) for block in unpack_blocks(known["blocks"]) if block.role in OWN_ROLES)


def _key(article: Article) -> str:
    return article.canonical_url or article.url


def _same_content(article: Article, known: Row) -> bool:
    """Compare hashes where both have one, else title, standfirst and the article's own words."""
    if article.content_hash and known["content_hash"]:
        return bool(article.content_hash == known["content_hash"])
    return (article.title, article.standfirst, _own(article.blocks)) == (
        known["title"],
        known["standfirst"],
        _own(unpack_blocks(known["blocks"])),
    )


def _own(blocks: tuple[Block, ...]) -> list[str]:
    return [block.text for block in blocks if block.role in OWN_ROLES]


def _values(article: Article) -> tuple[Value, ...]:
    return (
        article.url,
        article.canonical_url,
        article.title,
        article.language,
        pack_words(article.authors),
        stamp_or_none(article.published),
        stamp_or_none(article.updated),
        article.section,
        article.wire,
        None if article.paywalled is None else int(article.paywalled),
        int(article.live),
        article.text.value,
        article.reason.value if article.reason else None,
        article.detail,
        article.content_hash,
        _body_key(article),
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
        published=moment_or_none(row["published"]),
        fetched_at=moment(row["fetched_at"]),
        text=row["text"],
        reason=Reason(row["reason"]) if row["reason"] else None,
        standing=Standing(row["standing"]),
        story_id=row["story_id"],
        hits=row["hits"],
    )


def _stored(row: Row) -> StoredArticle:
    listed = article_row(row)
    article = Article(
        url=listed.url,
        title=listed.title,
        language=listed.language,
        blocks=unpack_blocks(row["blocks"]),
        canonical_url=row["canonical_url"],
        authors=unpack_words(row["authors"]),
        published=listed.published,
        updated=moment_or_none(row["updated"]),
        section=row["section"],
        outlet=listed.outlet_id,
        wire=row["wire"],
        paywalled=None if row["paywalled"] is None else bool(row["paywalled"]),
        standfirst=row["standfirst"],
        live=bool(row["live"]),
        text=TextKind(listed.text),
        reason=listed.reason,
        content_hash=row["content_hash"],
        detail=row["detail"],
    )
    return StoredArticle(listed, article, row["revision"])
