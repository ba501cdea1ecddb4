"""Full text: what is sought as an expression of FTS5, and the rows of articles or hits that it leaves, newest first.

Neither a join nor EXISTS finds hits by a word fast: 20 ms and 450 ms at a million articles. So rows are taken by their
own filters, newest first, in growing batches, and what the index finds among the articles of a batch stays.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise

from monitor.sought import AllOf, Phrase, Sought
from monitor.store.rows import Row, Sql, Value
from monitor.views import Filter

FIRST_BATCH, GROWTH, MAX_BATCH = 32, 2, 16_384
# After so many batches, or where articles stand so far apart, it is asked how frequent the words are: of rare ones all
# articles can be named.
_PATIENCE, _SPARSE, RARE = 3, 50, 2_000
# Looking at an article with the matcher takes as long as the index takes for so many that match.
_LOOK = 300
# Ids further apart are asked for by queries of their own, so many at most.
_GAP, _MAX_RUNS = 5_000, 8
# Ranking costs 4 us a match, and every article of a span that matches is ranked.
RANKED_SPAN = 50_000
LAST = (1 << 63) - 1
_AMONG = "{0} IN (SELECT value FROM json_each(?))"
_IN_RANGE = "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ? AND rowid BETWEEN ? AND ?"
_NEWEST = _IN_RANGE + " ORDER BY rowid DESC LIMIT ?"
# A word in the title says more than one in the text.
_SCORES = (
    "SELECT rowid, bm25(articles_fts, 4.0, 2.0, 1.0) AS score FROM articles_fts "
    "WHERE articles_fts MATCH ? AND rowid BETWEEN ? AND ?"
)

Select = Callable[[Filter, str, Sequence[Value], int], list[Row]]
"""Rows of a number and its article's that a filter and a further condition with its values leave, newest first, so
many.
"""


def expression(sought: Sought) -> str:
    """Return what is sought in FTS5's language."""
    if isinstance(sought, Phrase):
        # A NUL parts words of a text and would end the expression.
        words = " ".join(sought.words).replace('"', '""').replace("\0", " ")
        columns = f"{{{' '.join(sought.columns)}}} : " if sought.columns else ""
        return f'{columns}"{words}"{" *" if sought.prefix else ""}'
    operator = " AND " if isinstance(sought, AllOf) else " OR "
    return f"({operator.join(map(expression, sought.parts))})"


def apart(sought: Sought) -> Sought:
    """Return what is sought with the words of phrases each by itself. bm25 counts every phrase over the whole index:
    100 ms for "said that" among a million articles, 40 for its words.
    """
    if isinstance(sought, Phrase):
        if sought.prefix or len(sought.words) == 1:
            return sought
        return AllOf(tuple(Phrase((word,), columns=sought.columns) for word in sought.words))
    return type(sought)(tuple(map(apart, sought.parts)))


class SqlSearch:
    """The index of one connection, asked."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def stream(self, match: str, first: int, last: int) -> Iterator[int]:
        """Yield the articles of a range of ids that match, newest first."""
        size = FIRST_BATCH
        while rows := self._sql.all(_NEWEST, match, first, last, size):
            yield from (row[0] for row in rows)
            if len(rows) < size:
                return
            last, size = rows[-1][0] - 1, min(size * GROWTH, MAX_BATCH)

    def sift(self, sought: Sought | None, wanted: Filter, select: Select) -> Iterator[Row]:
        """Yield the rows of a filter whose articles may hold what is sought."""
        match = expression(sought) if sought else ""
        size, batches, density = FIRST_BATCH, 0, None
        while rows := select(wanted, "1", (), size):
            numbers = {row[1] for row in rows}
            span = max(numbers) - min(numbers)
            if match and density is None and (batches == _PATIENCE or span > _SPARSE * len(rows)):
                newest = self._newest(match, RARE + 1)
                if len(newest) <= RARE:
                    yield from select(wanted, _AMONG, (json.dumps(newest),), LAST)
                    return
                density = len(newest) / (newest[0] - newest[-1] + 1)
            if match and (density is None or density * span < _LOOK * len(numbers)):
                numbers = self.among(match, numbers)
            yield from (row for row in rows if row[1] in numbers)
            if len(rows) < size:
                return
            wanted = replace(wanted, before=rows[-1][0])
            size, batches = min(size * GROWTH, MAX_BATCH), batches + 1

    def by_article(self, sought: Sought, wanted: Filter, select: Select) -> Iterator[Row]:
        """Yield the rows of a filter whose articles may hold what is sought, the articles roughly newest first."""
        numbers = self.stream(expression(sought), 1, LAST)
        while batch := list(islice(numbers, RARE)):
            yield from select(wanted, _AMONG, (json.dumps(batch),), LAST)

    def _newest(self, match: str, limit: int) -> list[int]:
        return [row[0] for row in self._sql.all(_NEWEST, match, 1, LAST, limit)]

    def among(self, match: str, article_ids: Collection[int]) -> set[int]:
        """Return those of these articles, and others close to them, that match."""
        found: set[int] = set()
        for first, last in runs(article_ids):
            found.update(row[0] for row in self._sql.all(_IN_RANGE, match, first, last))
        return found

    def scores(self, sought: Sought, article_ids: Sequence[int]) -> dict[int, float]:
        """Return the bm25 of articles, ids from high to low, no further apart than RANKED_SPAN."""
        if not article_ids:
            return {}
        wanted = {number for number in article_ids if number > article_ids[0] - RANKED_SPAN}
        rows = self._sql.all(_SCORES, expression(apart(sought)), min(wanted), max(wanted))
        return {row["rowid"]: row["score"] for row in rows if row["rowid"] in wanted}


def runs(numbers: Collection[int]) -> list[tuple[int, int]]:
    """Return ranges that hold all numbers, cut at the widest gaps between them."""
    ordered = sorted(set(numbers))
    gaps = sorted(
        ((after - before, place) for place, (before, after) in enumerate(pairwise(ordered), 1)),
        reverse=True,
    )[: _MAX_RUNS - 1]
    cuts = [0, *sorted(place for width, place in gaps if width > _GAP), len(ordered)]
    return [(ordered[start], ordered[end - 1]) for start, end in pairwise(cuts) if start < end]
