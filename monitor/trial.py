"""A query tried on the archive: the same matcher as the daemon's, over stored articles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from monitor.match.engine import Matcher
from monitor.model import Entity, Hit, Rule
from monitor.ports import Store
from monitor.views import ArticleRow, Filter, HitRow

_PAGE = 200


def articles(store: Store, query: str, entities: Sequence[Entity], wanted: Filter) -> Iterator[tuple[ArticleRow, Hit]]:
    """Yield stored articles that the query holds on, newest first, with the evidence. Raises QueryError."""
    matcher = Matcher([Rule("query", query)], entities)
    left, before = wanted.limit, wanted.before
    while left > 0:
        rows = store.articles.rows(replace(wanted, before=before, limit=_PAGE))
        for row in rows:
            stored = store.articles.get(row.id)
            for hit in matcher.match(stored.article) if stored else ():
                yield row, hit
                left -= 1
                if left == 0:
                    return
        if len(rows) < _PAGE:
            return
        before = rows[-1].id


def hits(store: Store, query: str, entities: Sequence[Entity], wanted: Filter) -> Iterator[HitRow]:
    """Yield stored hits whose article the query holds on, newest first. Raises QueryError."""
    matcher = Matcher([Rule("query", query)], entities)
    left, before = wanted.limit, wanted.before
    holds: dict[int, bool] = {}
    while left > 0:
        rows = store.hits.rows(replace(wanted, before=before, limit=_PAGE))
        for row in rows:
            number = row.article.id
            if number not in holds:
                stored = store.articles.get(number)
                holds[number] = bool(stored and matcher.match(stored.article))
            if holds[number]:
                yield row
                left -= 1
                if left == 0:
                    return
        if len(rows) < _PAGE:
            return
        before = rows[-1].hit.id
