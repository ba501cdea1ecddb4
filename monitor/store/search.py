"""Full text: what is sought as an expression of FTS5, and the rows of articles or hits that it leaves, newest first.

Neither a join nor EXISTS finds hits by a word fast: 20 ms and 450 ms at a million articles. So rows are taken by their
own filters, newest first, in growing batches, and what the index finds among the articles of a batch stays. It is asked
once for as many matches as are needed, newest first: to begin an answer takes 9 ms for a prefix, whose words' lists it
joins each time. Of a large batch only the ends are read at first, 3 ms for 16,000 hits: where few articles between them
match, rows are taken by these, in place of 11 ms for all rows and as much to compare them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from operator import itemgetter

from monitor.sought import AllOf, Phrase, Sought
from monitor.store.rows import NUMBERS, Row, Sql, Value
from monitor.views import Filter

FIRST_BATCH, GROWTH, MAX_BATCH = 32, 2, 16_384
# Of so many rows the ends are read first, and they are taken by articles where these are so many times fewer.
_LARGE, _FEWER = 512, 16
# After so many batches, or where articles stand so far apart, it is asked whether the words are rare: of rare ones all
# articles can be named.
_PATIENCE, _SPARSE, RARE = 3, 50, 2_000
# Looking at an article with the matcher takes as long as the index takes for so many that match.
_LOOK = 300
# So many matches are read at once, at first and at most, and so many are known at a time: 2 MB.
_PART, _MAX_PART, _KNOWN = 64, 1_024, 20_000
# Ids further apart are asked for by queries of their own, so many at most.
_GAP, _MAX_RUNS = 5_000, 8
# Ranking costs 4 us a match, and every article of a span that matches is ranked.
RANKED_SPAN = 50_000
LAST = (1 << 63) - 1
AMONG = f"{{0}} {NUMBERS}"
_FROM = " AND id >= ?"
_ENDS = "SELECT count(*), min(id), min(article), max(article) FROM ({}) chosen"
_IN_RANGE = "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ? AND rowid BETWEEN ? AND ?"
_NEWEST = _IN_RANGE + " ORDER BY rowid DESC"
# A word in the title says more than one in the text.
_SCORES = (
    "SELECT rowid, bm25(articles_fts, 4.0, 2.0, 1.0) AS score FROM articles_fts "
    "WHERE articles_fts MATCH ? AND rowid BETWEEN ? AND ?"
)

Listing = Callable[[Filter, str], tuple[str, list[Value]]]
"""A query, and its values but the last, how many: rows of an id and its article's that a filter and a further condition
leave, newest first. A condition names articles, their id as {0}, and rows are taken by these; "" is none.
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

    def expression(self, sought: Sought) -> str:
        """Return what is sought in the index's language."""
        return expression(sought)

    def stream(self, match: str, first: int, last: int) -> Iterator[int]:
        """Yield the articles of a range of ids that match, newest first."""
        return map(itemgetter(0), self._sql.each(_NEWEST, match, first, last))

    def sift(self, sought: Sought | None, wanted: Filter, listing: Listing) -> Iterator[Row]:
        """Yield the rows of a filter whose articles may hold what is sought."""
        sieve = _Sieve(self, self.expression(sought) if sought else "", listing)
        size, last = FIRST_BATCH, wanted.before
        while True:
            rows, last = sieve.next(replace(wanted, before=last), size)
            yield from rows
            if last is None:
                return
            # Two batches at once cost a fifth more.
            del rows
            size = min(size * GROWTH, MAX_BATCH)

    def rows(self, listing: Listing, wanted: Filter, limit: int, also: str = "", *values: Value) -> list[Row]:
        """Return so many rows of a filter, and of a further condition with its values."""
        statement, bound = listing(wanted, also)
        return self._sql.all(statement, *bound, *values, limit)

    def ends(self, listing: Listing, wanted: Filter, limit: int) -> Row:
        """Return of so many rows how many there are, the last one's id, their first and their last article."""
        statement, bound = listing(wanted, "")
        return self._sql.all(_ENDS.format(statement), *bound, limit)[0]

    def by_article(self, sought: Sought, wanted: Filter, listing: Listing) -> Iterator[Row]:
        """Yield the rows of a filter whose articles may hold what is sought, the articles roughly newest first."""
        numbers = self.stream(self.expression(sought), 1, LAST)
        while batch := list(islice(numbers, RARE)):
            yield from self.rows(listing, wanted, LAST, AMONG, json.dumps(batch))

    def scores(self, sought: Sought, article_ids: Sequence[int]) -> dict[int, float]:
        """Return the bm25 of articles, ids from high to low, no further apart than RANKED_SPAN."""
        if not article_ids:
            return {}
        wanted = {number for number in article_ids if number > article_ids[0] - RANKED_SPAN}
        rows = self._sql.all(_SCORES, expression(apart(sought)), min(wanted), max(wanted))
        return {row["rowid"]: row["score"] for row in rows if row["rowid"] in wanted}


_Batch = tuple[Iterable[Row], int | None]
"""What stays of a batch, and the id of its last row, None where no more follow."""


class _Sieve:
    """What stays of one listing's rows, batch after batch."""

    def __init__(self, index: SqlSearch, match: str, listing: Listing) -> None:
        self._index, self._match, self._listing = index, match, listing
        self._matches: Matches | None = None
        self._batches, self._common = 0, False
        # How many articles a row of the last batch stands for.
        self._spread = 0.0

    def next(self, wanted: Filter, size: int) -> _Batch:
        """Return what stays of the next so many rows of a filter."""
        self._batches += 1
        if self._matches and self._batches > _PATIENCE and (rare := self._rare(self._matches)) is not None:
            return self._index.rows(self._listing, wanted, LAST, AMONG, json.dumps(rare)), None
        if self._matches and size > _LARGE and (batch := self._few(self._matches, wanted, size)):
            return batch
        rows = self._index.rows(self._listing, wanted, size)
        last = rows[-1][0] if len(rows) == size else None
        if not rows or not self._match:
            return rows, last
        numbers = {row[1] for row in rows}
        if self._matches is None:
            self._matches = Matches(self._index.stream(self._match, 1, max(numbers)), max(numbers))
        self._spread = (max(numbers) - min(numbers)) / len(rows)
        if self._spread > _SPARSE and (rare := self._rare(self._matches)) is not None:
            return self._index.rows(self._listing, wanted, LAST, AMONG, json.dumps(rare)), None
        held = self._held(self._matches, numbers)
        return (row for row in rows if row[1] in held), last

    def _rare(self, matches: Matches) -> list[int] | None:
        """Return all articles that match where they are few."""
        while matches.low > 0 and matches.count <= 2 * RARE:
            # A few matches tell when it is not worth to read on.
            if matches.expected(0) > 2 * RARE:
                return None
            matches.read(0, 1)
        self._common |= matches.count > 2 * RARE
        if self._common or matches.top < matches.begun:
            return None
        newer = list(islice(self._index.stream(self._match, matches.begun + 1, LAST), RARE + 1))
        self._common = len(newer) > RARE
        return None if self._common else [*newer, *matches.found]

    def _few(self, matches: Matches, wanted: Filter, size: int) -> _Batch | None:
        """Return the same by the articles that match, where these are few; else None."""
        if matches.density * self._spread * _FEWER > 1:
            return None
        count, last, first, newest = self._index.ends(self._listing, wanted, size)
        worth = count // _FEWER
        self._spread = (newest - first) / count if count else 0.0
        if not count or newest > matches.top or matches.expected(first) > worth or not matches.read(first, worth):
            return None
        named = json.dumps([number for number in matches.found if first <= number <= newest])
        matches.settle(first)
        rows = self._index.rows(self._listing, wanted, size, AMONG + _FROM, named, last)
        return rows, last if count == size else None

    def _held(self, matches: Matches, article_ids: set[int]) -> set[int]:
        """Return those of these articles that match, and some of which it takes longer to ask than to look at them."""
        held: set[int] = set()
        worth = _LOOK * len(article_ids)
        for first, last in reversed(runs(article_ids)):
            run = {number for number in article_ids if first <= number <= last}
            if last <= matches.top and matches.expected(first) <= worth and matches.read(first, worth):
                held |= run & matches.found
            elif matches.density * (last - first) <= worth:
                held |= run.intersection(self._index.stream(self._match, first, last))
            else:
                held |= run
        matches.settle(min(article_ids))
        return held


class Matches:
    """Articles that match, newest first, read as far as they are asked for. All that match between `low` and `top` are
    `found`; `begun`: where it began; `count`: how many were read.
    """

    def __init__(self, stream: Iterator[int], begun: int) -> None:
        self.begun = self.top = begun
        self.low = begun + 1
        self.found: set[int] = set()
        self._stream = stream
        self._part, self.count = _PART, 0

    @property
    def density(self) -> float:
        """How many of the articles that were passed match; 0 before there was one."""
        return self.count / (self.begun - self.low + 1) if self.count else 0.0

    def expected(self, first: int) -> float:
        """Return about how many are to be read down to an article."""
        return self.density * (self.low - first)

    def read(self, first: int, most: int) -> bool:
        """Read down to an article, about so many at most; return whether it was reached."""
        while self.low > first and most > 0:
            part = list(islice(self._stream, self._part))
            self.found.update(part)
            self.count += len(part)
            # All are read where a part is not full.
            self.low = part[-1] if len(part) == self._part else 0
            most -= len(part)
            self._part = min(self._part * GROWTH, _MAX_PART)
        return self.low <= first

    def settle(self, oldest: int) -> None:
        """Let those go, where they are too many, that are far above the oldest article that was asked for."""
        if len(self.found) > _KNOWN:
            self.top = min(self.top, oldest + _GAP)
            self.found = {number for number in self.found if number <= self.top}


def runs(numbers: Collection[int]) -> list[tuple[int, int]]:
    """Return ranges that hold all numbers, cut at the widest gaps between them."""
    ordered = sorted(set(numbers))
    gaps = sorted(
        ((after - before, place) for place, (before, after) in enumerate(pairwise(ordered), 1)),
        reverse=True,
    )[: _MAX_RUNS - 1]
    cuts = [0, *sorted(place for width, place in gaps if width > _GAP), len(ordered)]
    return [(ordered[start], ordered[end - 1]) for start, end in pairwise(cuts) if start < end]
