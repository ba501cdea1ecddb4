"""A rule tried on articles that are there: the same matcher as the daemon's, over the archive, files or pages."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.match.engine import Matcher
from monitor.model import Article, Entity, Hit, Rule
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


@dataclass(frozen=True, slots=True)
class Specimen:
    """An article to try a rule on. `at`: when it was published or read."""

    article: Article
    place: str
    at: datetime | None = None


@dataclass(slots=True)
class Tally:
    """What a rule did on the articles it was tried on. `gained` and `lost`: beside the rule it is held against, of
    each the first MAX_SHOWN; `gains` and `losses` count them.
    """

    read: int = 0
    hits: int = 0
    per_day: Counter[str] = field(default_factory=Counter)
    per_outlet: Counter[str] = field(default_factory=Counter)
    samples: list[tuple[Specimen, Hit]] = field(default_factory=list)
    gains: int = 0
    losses: int = 0
    gained: list[tuple[Specimen, Hit]] = field(default_factory=list)
    lost: list[tuple[Specimen, Hit]] = field(default_factory=list)


SAMPLES = 10
MAX_SHOWN = 100


def stored(store: Store, wanted: Filter) -> Iterator[Specimen]:
    """Yield the stored articles that a filter wants, newest first; its limit does not count."""
    before = wanted.before
    while rows := store.articles.rows(replace(wanted, before=before, limit=_PAGE)):
        for row in rows:
            if found := store.articles.get(row.id):
                yield Specimen(found.article, row.url, row.published or row.fetched_at)
        before = rows[-1].id


def tried(specimens: Iterable[Specimen], rule: Rule, entities: Sequence[Entity], against: Rule | None = None) -> Tally:
    """Try a rule, and another to hold it against. Samples are spread over all hits, the same at each call.

    Raises QueryError.
    """
    matcher = Matcher([rule], entities)
    other = Matcher([against], entities) if against else None
    tally = Tally()
    for specimen in specimens:
        tally.read += 1
        # Sentences are cut only where somebody may read them.
        hits = matcher.match(specimen.article) if matcher.spans(specimen.article) else []
        before = other.match(specimen.article) if other and bool(other.spans(specimen.article)) != bool(hits) else hits
        if hits:
            tally.hits += 1
            tally.per_day[specimen.at.date().isoformat() if specimen.at else "no date"] += 1
            tally.per_outlet[specimen.article.outlet or "no outlet"] += 1
            tally.samples.append((specimen, hits[0]))
            if len(tally.samples) > 50 * SAMPLES:
                tally.samples = _spread(tally.samples)
        if hits and not before:
            tally.gains += 1
            tally.gained += [(specimen, hits[0])][: MAX_SHOWN - len(tally.gained)]
        elif before and not hits:
            tally.losses += 1
            tally.lost += [(specimen, before[0])][: MAX_SHOWN - len(tally.lost)]
    tally.samples = _spread(tally.samples)
    return tally


def _spread(samples: list[tuple[Specimen, Hit]]) -> list[tuple[Specimen, Hit]]:
    """Return SAMPLES of them by a digest of their place, which is as good as chance and always the same."""

    def digest(sample: tuple[Specimen, Hit]) -> bytes:
        return hashlib.blake2b(sample[0].place.encode("utf-8", "replace"), digest_size=8).digest()

    return sorted(samples, key=digest)[:SAMPLES]
