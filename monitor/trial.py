"""A rule tried on articles that are there: the same matcher as the daemon's, over the archive, files or pages."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from itertools import islice

from monitor.configured import Orders
from monitor.forecast import MOST, Forecast, Seen, forecast
from monitor.match.engine import Matcher
from monitor.match.entities import Names
from monitor.match.preselect import preselect, union
from monitor.model import Article, Entity, Hit, Rule, Standing
from monitor.ports import Store
from monitor.query import parse
from monitor.views import ArticleRow, Filter

# So many texts are read at once: of more, a page that is served beside it waits longer.
_PAGE = 25


@dataclass(frozen=True, slots=True)
class Specimen:
    """An article to try a rule on. `at`: when it was published or read; `found`: when it was news; `number`: its id in
    the archive, `read`: when it was read into it.
    """

    article: Article
    place: str
    at: datetime | None = None
    story: str = ""
    found: datetime | None = None
    number: int = 0
    read: datetime | None = None


@dataclass(slots=True)
class Tally:
    """What a rule did on the articles it was tried on. `gained` and `lost`: beside the rule it is held against, of
    each the first MAX_SHOWN; `gains` and `losses` count them.
    """

    read: int = 0
    hits: int = 0
    per_day: Counter[str] = field(default_factory=Counter)
    per_outlet: Counter[str] = field(default_factory=Counter)
    seen: list[Seen] = field(default_factory=list)
    """Of each hit what a forecast needs."""
    samples: list[tuple[Specimen, Hit]] = field(default_factory=list)
    gains: int = 0
    losses: int = 0
    gained: list[tuple[Specimen, Hit]] = field(default_factory=list)
    lost: list[tuple[Specimen, Hit]] = field(default_factory=list)


SAMPLES = 10
MAX_SHOWN = 100


@dataclass(slots=True)
class Reach:
    """How far a trial came that must not take for ever. `last`: the oldest article that was looked at, where it was
    ended before it had seen all.
    """

    last: Specimen | None = None
    ended: bool = False

    def read(self, store: Store, wanted: Filter) -> tuple[int, int]:
        """Return how many articles were looked at, those that full text left out too, and of how many."""
        total = store.articles.count(wanted)
        if not self.ended:
            return total, total
        older = store.articles.count(replace(wanted, before=self.last.number)) if self.last else total
        return total - older, total


def bounded(specimens: Iterable[Specimen], enough: Callable[[], bool], reach: Reach) -> Iterator[Specimen]:
    """Yield specimens until it is `enough`, which is asked before each; `reach` notes how far that was."""
    for specimen in specimens:
        if enough():
            reach.ended = True
            return
        reach.last = specimen
        yield specimen


def stored(
    store: Store, wanted: Filter, rules: Sequence[Rule] = (), entities: Sequence[Entity] = ()
) -> Iterator[Specimen]:
    """Yield the stored articles that a filter wants, newest first; its limit does not count. With rules only those that
    full text says one of them may hold on. Raises KeyError for an entity that is not there; `tried`, which looks at
    the rules first, QueryError.
    """
    names = Names(entities)
    sought = union(preselect(parse(rule.query).root, names) for rule in rules) if rules else None
    numbers = store.articles.sift(sought, wanted)
    while batch := list(islice(numbers, _PAGE)):
        found = store.articles.many(batch)
        for number in batch:
            if one := found.get(number):
                row = one.row
                at = row.published or row.fetched_at
                yield Specimen(one.article, row.url, at, row.story_id, _found(row), row.id, row.fetched_at)


def _found(row: ArticleRow) -> datetime:
    """Return when the article was news: what an outlet's first list held was not when it was read."""
    if row.standing in {Standing.BASELINE, Standing.BACKFILL} and row.published is not None:
        return min(row.published, row.fetched_at)
    return row.fetched_at


def tried(
    specimens: Iterable[Specimen], rule: Rule, entities: Sequence[Entity], against: Rule | None = None,
    *, read: int | None = None, zone: tzinfo = UTC,
) -> Tally:  # fmt: skip
    """Try a rule, and another to hold it against. Samples are spread over all hits, the same at each call. `read`: of
    how many articles the specimens were chosen; None: they are all.
    `zone`: of the days.

    Raises QueryError.
    """
    matcher = Matcher([rule], entities)
    other = Matcher([against], entities) if against else None
    tally = Tally()
    for specimen in specimens:
        tally.read += 1
        # Sentences are cut only where somebody may read them.
        hits = matcher.match(specimen.article) if matcher.held(specimen.article) else []
        before = other.match(specimen.article) if other and bool(other.held(specimen.article)) != bool(hits) else hits
        if hits:
            tally.hits += 1
            tally.per_day[specimen.at.astimezone(zone).date().isoformat() if specimen.at else "no date"] += 1
            tally.per_outlet[specimen.article.outlet or "no outlet"] += 1
            # The newest come first; a forecast wants no more.
            if specimen.found is not None and len(tally.seen) < MOST:
                article = specimen.article
                tally.seen.append(Seen(specimen.found, article.outlet, article.language, specimen.story))
            tally.samples.append((specimen, hits[0]))
            # Each holds its text: of 500 long ones that was 30 MB.
            if len(tally.samples) > 5 * SAMPLES:
                tally.samples = _spread(tally.samples)
        if hits and not before:
            tally.gains += 1
            tally.gained += [(specimen, hits[0])][: MAX_SHOWN - len(tally.gained)]
        elif before and not hits:
            tally.losses += 1
            tally.lost += [(specimen, before[0])][: MAX_SHOWN - len(tally.lost)]
    tally.samples = _spread(tally.samples)
    tally.read = tally.read if read is None else read
    return tally


def _spread(samples: list[tuple[Specimen, Hit]]) -> list[tuple[Specimen, Hit]]:
    """Return SAMPLES of them by a digest of their place, which is as good as chance and always the same."""

    def digest(sample: tuple[Specimen, Hit]) -> bytes:
        return hashlib.blake2b(sample[0].place.encode("utf-8", "replace"), digest_size=8).digest()

    return sorted(samples, key=digest)[:SAMPLES]


Span = tuple[datetime, datetime]


def period(began: datetime | None, since: datetime | None, until: datetime | None, now: datetime) -> Span:
    """Return from when to when a rule is tried: of an archive that `began` then, as it was asked for."""
    first = began or now
    return max(first, since or first), min(until or now, now)


def foretold(
    empty: Store, orders: Orders, rule: Rule, tally: Tally, zone: str, within: Span, *,
    since: datetime | None = None, most: int = MOST,
) -> Forecast:  # fmt: skip
    """Replay a rule's hits, the newest `most` of them, of the time `within` which it was tried. `since`: only those
    after it. `empty`: a store to do it in, which is thrown away.
    """
    # What an outlet's first list held may be older than all that was asked for.
    newer = [one for one in tally.seen if since is None or one.at >= since]
    hits = tally.hits - len(tally.seen) + len(newer)
    return forecast(empty, orders, rule, newer[:most], zone, hits=hits, period=within)
