"""Full text in PostgreSQL: the same words, as lexemes of a tsvector, and what is sought as a tsquery.

The matcher looks at all that is found (search.py), so more may be found here than matches, never less. A phrase is
therefore all of its words, wherever they stand: positions end at 16,383 in a tsvector, and 256 of a word. Of an article
each word has a place for the title, the standfirst and the body, by which a column is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from monitor.sought import AllOf, Phrase, Sought
from monitor.store.fulltext import SqlFulltext, Words
from monitor.store.rows import INDEX, NUMBERS
from monitor.store.search import RANKED_SPAN, SqlSearch

# Letters and digits, as FTS5 parts words; text and query go through the same one.
_WORD = re.compile(r"[^\W_]+")
# A lexeme has 2,046 bytes at most, a tsvector a megabyte with eight bytes a word of its own.
_LONGEST, _LARGEST, _OVERHEAD = 500, 900_000, 12
_LABELS = {"title": "A", "standfirst": "B", "body": "C"}
# Stands in the place of words that are too many, and in every query. No word has such a sign.
_ALL = "'~'"
_PUT = """
INSERT INTO articles_fts (rowid, words) VALUES (?, CAST(? AS tsvector))
ON CONFLICT (rowid) DO UPDATE SET words = excluded.words
"""
_NEWEST = """
SELECT rowid FROM articles_fts WHERE words @@ CAST(? AS tsquery) AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?
"""
_SOME = "SELECT rowid FROM articles_fts WHERE words @@ CAST(? AS tsquery) AND rowid BETWEEN ? AND ? LIMIT ?"
# As bm25 in SQLite: the lower, the more; a word in the title says more than one in the text.
_SCORES = f"""
SELECT rowid, -ts_rank('{{0.25, 0.25, 0.5, 1}}', words, CAST(? AS tsquery), 1) AS score FROM articles_fts
WHERE words @@ CAST(? AS tsquery) AND rowid {NUMBERS}
"""  # noqa: S608 - a constant
_FIRST, _GROWTH, _MOST = 64, 4, 16_384
# A walk from the newest article on finds frequent words soon, but to a thousand that have a word of 6 % of 100,000 it
# takes 119 ms, and .8 s to find that a word is in none. The index tells so many that have a word in .2 to 9 ms; a range
# no wider is walked.
_RARE = 8_000


def vector(held: Words) -> str:
    """Return an article's words as a tsvector is written."""
    found: dict[str, str] = {}
    size = 0
    for place, (label, text) in enumerate(zip("ABC", held, strict=True), 1):
        for word in {one[:_LONGEST] for one in _WORD.findall(text)}:
            found[word] = f"{found[word]},{place}{label}" if word in found else f"{place}{label}"
            size += len(word.encode()) + _OVERHEAD
    if size > _LARGEST:
        return _ALL
    return " ".join(f"'{word}':{places}" for word, places in found.items())


def query(sought: Sought) -> str:
    """Return what is sought as a tsquery is written; "" where nothing of it is a word."""
    if isinstance(sought, Phrase):
        words = [word[:_LONGEST] for word in _WORD.findall(" ".join(sought.words))]
        columns = "".join(_LABELS[name] for name in sought.columns)
        said = [f"'{word}':{columns}" if columns else f"'{word}'" for word in words]
        if said and sought.prefix:
            said[-1] = f"'{words[-1]}':*{columns}"
        return " & ".join(said)
    parts = [query(part) for part in sought.parts]
    if isinstance(sought, AllOf):
        parts = [part for part in parts if part]
        return " & ".join(f"({part})" for part in parts)
    # One that anything satisfies is satisfied by anything.
    return " | ".join(f"({part})" for part in parts) if all(parts) else ""


class PgFulltext(SqlFulltext):
    """The index of one connection."""

    def put(self, article_id: int, held: Words) -> None:
        """Index an article, in place of how it read before."""
        self._sql.write(_PUT, article_id, vector(held))

    def fill(self, articles: Iterable[tuple[int, Words]]) -> None:
        """Index many articles that are not in it."""
        self._sql.fill(INDEX, ("rowid", "words"), ((number, vector(held)) for number, held in articles))

    def change(self, article_id: int, old: Words, new: Words) -> None:
        """Index an article that reads otherwise now."""
        if old != new:
            self.put(article_id, new)

    def take(self, article_id: int, held: Words) -> None:  # noqa: ARG002
        """Take an article out."""
        self._sql.write("DELETE FROM articles_fts WHERE rowid = ?", article_id)


class PgSearch(SqlSearch):
    """The index of one connection, asked."""

    def expression(self, sought: Sought) -> str:
        """Return what is sought as a tsquery."""
        said = query(sought)
        return f"({said}) | {_ALL}" if said else f"!{_ALL} | {_ALL}"

    def stream(self, match: str, first: int, last: int) -> Iterator[int]:
        """Yield the articles of a range of ids that match, newest first: all at once where they are few, else part by
        part, as other statements have their turn between two.
        """
        if last - first > _RARE and not match.startswith("!"):
            with self._sql.by_index():
                rows = self._sql.all(_SOME, match, first, last, _RARE + 1)
            if len(rows) <= _RARE:
                yield from sorted((row[0] for row in rows), reverse=True)
                return
        size = _FIRST
        while first <= last:
            rows = self._sql.all(_NEWEST, match, first, last, size)
            yield from (row[0] for row in rows)
            if len(rows) < size:
                return
            last, size = rows[-1][0] - 1, min(size * _GROWTH, _MOST)

    def scores(self, sought: Sought, article_ids: Sequence[int]) -> dict[int, float]:
        """Return how much articles are about what is sought, ids from high to low, no further apart than
        RANKED_SPAN. By ts_rank, which counts no articles: other figures than bm25, and an order of its own.
        """
        if not article_ids:
            return {}
        wanted = {number for number in article_ids if number > article_ids[0] - RANKED_SPAN}
        said = self.expression(sought)
        rows = self._sql.all(_SCORES, said, said, json.dumps(sorted(wanted)))
        return {row["rowid"]: row["score"] for row in rows}
