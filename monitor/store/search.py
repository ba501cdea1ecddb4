"""Full text: what is sought as an expression of FTS5, and the rows of articles or hits that it leaves, newest first.

Neither a join nor EXISTS finds hits by a word fast: 20 ms and 450 ms at a million articles. So rows are taken by their
own filters, newest first, in growing batches, and what the index finds among the articles of a batch stays. It is asked
once for as many matches as are needed, newest first: to begin an answer takes 9 ms for a prefix, whose words' lists it
joins each time.
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
_AMONG = "{0} IN (SELECT value FROM json_each(?))"
_IN_RANGE = "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ? AND rowid BETWEEN ? AND ?"
_NEWEST = _IN_RANGE + " ORDER BY rowid DESC"
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
        return (row[0] for row in self._sql.each(_NEWEST, match, first, last))

    def sift(self, sought: Sought | None, wanted: Filter, select: Select) -> Iterator[Row]:
        """Yield the rows of a filter whose articles may hold what is sought."""
        match = expression(sought) if sought else ""
        size, batches, matches, asked = FIRST_BATCH, 0, None, False
        while rows := select(wanted, "1", (), size):
            numbers = {row[1] for row in rows}
            if match:
                matches = matches or Matches(self.stream(match, 1, max(numbers)), max(numbers))
                sparse = max(numbers) - min(numbers) > _SPARSE * len(rows)
                if not asked and (sparse or batches == _PATIENCE):
                    asked = True
                    if (rare := self._rare(match, matches)) is not None:
                        yield from select(wanted, _AMONG, (json.dumps(rare),), LAST)
                        return
                numbers = self._held(match, matches, numbers)
            yield from (row for row in rows if row[1] in numbers)
            if len(rows) < size:
                return
            wanted = replace(wanted, before=rows[-1][0])
            size, batches = min(size * GROWTH, MAX_BATCH), batches + 1

    def _rare(self, match: str, matches: Matches) -> list[int] | None:
        """Return all articles that match where they are few."""
        if not matches.read(0, RARE) or matches.count > 2 * RARE:
            return None
        newer = list(islice(self.stream(match, matches.begun + 1, LAST), RARE + 1))
        return None if len(newer) > RARE else [*newer, *matches.found]

    def _held(self, match: str, matches: Matches, article_ids: set[int]) -> set[int]:
        """Return those of these articles that match, and some of which it takes longer to ask than to look at them."""
        held: set[int] = set()
        worth = _LOOK * len(article_ids)
        for first, last in reversed(runs(article_ids)):
            run = {number for number in article_ids if first <= number <= last}
            if last <= matches.top and matches.expected(first) <= worth and matches.read(first, worth):
                held |= run & matches.found
            elif matches.density * (last - first) <= worth:
                held |= run.intersection(self.stream(match, first, last))
            else:
                held |= run
        if len(matches.found) > _KNOWN:
            matches.forget(min(article_ids) + _GAP)
        return held

    def by_article(self, sought: Sought, wanted: Filter, select: Select) -> Iterator[Row]:
        """Yield the rows of a filter whose articles may hold what is sought, the articles roughly newest first."""
        numbers = self.stream(expression(sought), 1, LAST)
        while batch := list(islice(numbers, RARE)):
            yield from select(wanted, _AMONG, (json.dumps(batch),), LAST)

    def scores(self, sought: Sought, article_ids: Sequence[int]) -> dict[int, float]:
        """Return the bm25 of articles, ids from high to low, no further apart than RANKED_SPAN."""
        if not article_ids:
            return {}
        wanted = {number for number in article_ids if number > article_ids[0] - RANKED_SPAN}
        rows = self._sql.all(_SCORES, expression(apart(sought)), min(wanted), max(wanted))
        return {row["rowid"]: row["score"] for row in rows if row["rowid"] in wanted}


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

    def forget(self, above: int) -> None:
        """Let those above an article go."""
        self.top = min(self.top, above)
        self.found = {number for number in self.found if number <= above}


def runs(numbers: Collection[int]) -> list[tuple[int, int]]:
    """Return ranges that hold all numbers, cut at the widest gaps between them."""
    ordered = sorted(set(numbers))
    gaps = sorted(
        ((after - before, place) for place, (before, after) in enumerate(pairwise(ordered), 1)),
        reverse=True,
    )[: _MAX_RUNS - 1]
    cuts = [0, *sorted(place for width, place in gaps if width > _GAP), len(ordered)]
    return [(ordered[start], ordered[end - 1]) for start, end in pairwise(cuts) if start < end]
