"""The archive asked in the rule language: a page of hits or articles, and counts.

Full text finds what may hold the query, the matcher says whether it does: results are those of a scan. Nothing here
loads the matcher before there is a query.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Generic, TypeVar

from monitor.errors import CursorError
from monitor.views import ArticleRow, By, Filter, HitKey, HitRow, StoredArticle

if TYPE_CHECKING:
    from monitor.model import Entity, Hit
    from monitor.ports import Store
    from monitor.sought import Sought

T = TypeVar("T")
# Texts are read so many at once; most of what full text finds holds.
_CHUNK, _MAX_CHUNK = 16, 500
# Relevance is that of the newest matches: ranking all of a frequent word takes seconds.
RANKED = 1_000
MAX_DAYS = 3_660


class Sort(StrEnum):
    """In which order a page is."""

    NEWEST = "newest"
    RELEVANCE = "relevance"


@dataclass(frozen=True, slots=True)
class Found:
    """An article; `hit`: where the query holds in it, None without one."""

    row: ArticleRow
    hit: Hit | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and from where the next page goes on; "" where there is none."""

    rows: tuple[T, ...]
    next: str = ""


class Asked:
    """A query, compiled, with what it found of articles that were looked at. `tells`: where, too. Raises QueryError."""

    def __init__(self, store: Store, query: str, entities: Sequence[Entity] = (), *, tells: bool = False) -> None:
        from monitor.match.engine import Matcher
        from monitor.match.entities import Names
        from monitor.match.preselect import preselect
        from monitor.model import Rule
        from monitor.query import parse

        self._store, self._tells = store, tells
        self._matcher = Matcher([Rule("query", query)], entities)
        self.sought: Sought | None = preselect(parse(query).root, Names(entities))
        self._known: dict[int, Found | None] = {}

    def look(self, article_ids: Iterable[int]) -> dict[int, Found]:
        """Return those of these articles that the query holds on."""
        wanted = list(dict.fromkeys(article_ids))
        unknown = [number for number in wanted if number not in self._known]
        if unknown:
            texts = self._store.articles.many(unknown)
            for number in unknown:
                self._known[number] = self._read(texts.get(number))
        return {number: found for number in wanted if (found := self._known[number]) is not None}

    def _read(self, stored: StoredArticle | None) -> Found | None:
        if stored is None:
            return None
        if not self._tells:
            return Found(stored.row) if self._matcher.held(stored.article) else None
        hits = self._matcher.match(stored.article)
        return Found(stored.row, hits[0]) if hits else None


@dataclass(frozen=True, slots=True)
class _Kind(Generic[T]):
    """What is listed: the candidates of a filter, newest first and to rank; of each its number and its article's."""

    sift: Callable[[Sought | None, Filter], Iterator[T]]
    about: Callable[[Sought | None, Filter], Iterator[T]]
    number: Callable[[T], int]
    article: Callable[[T], int]


def hits(
    store: Store, wanted: Filter, query: str = "", entities: Sequence[Entity] = (), *, after: str = "",
    sort: Sort = Sort.NEWEST,
) -> Page[HitRow]:  # fmt: skip
    """Return a page of stored hits, with a query those whose article it holds on. Raises QueryError, CursorError."""
    wanted = _resolved(store, wanted)
    if not query:
        wanted = _from(wanted, after, ranks=sort is Sort.RELEVANCE)
        rows = store.hits.rows(replace(wanted, limit=wanted.limit + 1))
        return page_of(rows, wanted.limit, lambda row: row.hit.id)
    kind: _Kind[tuple[int, int]] = _Kind(store.hits.sift, store.hits.about, itemgetter(0), itemgetter(1))
    page = _searched(store, kind, Asked(store, query, entities), wanted, after, sort)
    numbers = [number for (number, _), _ in page.rows]
    known = store.hits.many(numbers)
    return Page(tuple(known[number] for number in numbers if number in known), page.next)


def articles(
    store: Store, wanted: Filter, query: str = "", entities: Sequence[Entity] = (), *, after: str = "",
    sort: Sort = Sort.NEWEST,
) -> Page[Found]:  # fmt: skip
    """Return a page of stored articles, with a query those it holds on. Raises QueryError, CursorError."""
    wanted = _resolved(store, wanted)
    if not query:
        wanted = _from(wanted, after, ranks=sort is Sort.RELEVANCE)
        rows = store.articles.rows(replace(wanted, limit=wanted.limit + 1))
        plain = page_of(rows, wanted.limit, lambda row: row.id)
        return Page(tuple(map(Found, plain.rows)), plain.next)
    kind: _Kind[int] = _Kind(store.articles.sift, store.articles.sift, int, int)
    page = _searched(store, kind, Asked(store, query, entities, tells=True), wanted, after, sort)
    return Page(tuple(found for _, found in page.rows), page.next)


def counts(
    store: Store, by: By, wanted: Filter, zone: tzinfo, now: datetime, query: str = "", entities: Sequence[Entity] = ()
) -> list[tuple[str, int]]:
    """Count stored hits by day (each day of the window, oldest first), or by what they share (the most first).

    Raises QueryError.
    """
    wanted = _resolved(store, wanted)
    if query:
        found = _counted(store, by, wanted, zone, Asked(store, query, entities))
    elif by is By.DAY:
        found = store.hits.per_day(wanted, zone)
    else:
        found = store.hits.tally(by, wanted)
    if by is By.DAY:
        return _every_day(found, wanted, zone, now)
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def _counted(store: Store, by: By, wanted: Filter, zone: tzinfo, asked: Asked) -> dict[str, int]:
    found: Counter[str] = Counter()
    candidates = store.hits.sift(asked.sought, wanted)
    while batch := list(islice(candidates, _MAX_CHUNK)):
        holds = asked.look(article for _, article in batch)
        keys = store.hits.keys([number for number, article in batch if article in holds])
        found.update(_shared(by, key, zone) for key in keys)
    return dict(found)


def _shared(by: By, key: HitKey, zone: tzinfo) -> str:
    match by:
        case By.DAY:
            return key.found_at.astimezone(zone).date().isoformat()
        case By.OUTLET:
            return key.outlet_id
        case By.RULE:
            return key.rule_id
        case By.STORY:
            return key.story_id
        case By.LANG:
            return key.language or ""


def _every_day(found: dict[str, int], wanted: Filter, zone: tzinfo, now: datetime) -> list[tuple[str, int]]:
    """Return the days of a window, those without hits too; without a beginning it begins with the first hit."""
    last = min(wanted.until or now, now).astimezone(zone).date()
    last = max([last, *map(date.fromisoformat, found)])
    first = min([last, *map(date.fromisoformat, found)])
    if wanted.since is not None:
        first = max(min(wanted.since.astimezone(zone).date(), last), last - timedelta(days=MAX_DAYS), date.min)
    elif not found:
        return []
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [(day.isoformat(), found.get(day.isoformat(), 0)) for day in days]


def _resolved(store: Store, wanted: Filter) -> Filter:
    """Return a filter whose story is the one that its id stands for today."""
    return replace(wanted, story=store.stories.resolve(wanted.story)) if wanted.story else wanted


def _searched(
    store: Store, kind: _Kind[T], asked: Asked, wanted: Filter, after: str, sort: Sort
) -> Page[tuple[T, Found]]:
    if sort is Sort.RELEVANCE:
        return _ranked(store, kind, asked, wanted, after)
    wanted = _from(wanted, after)
    rows = _holding(kind, asked, kind.sift(asked.sought, wanted), wanted.limit)
    return page_of(rows, wanted.limit, lambda row: kind.number(row[0]))


def _holding(kind: _Kind[T], asked: Asked, candidates: Iterator[T], limit: int) -> list[tuple[T, Found]]:
    """Return the first candidates that the query holds on: one more than the limit at least, where there are more."""
    rows: list[tuple[T, Found]] = []
    size = min(max(_CHUNK, limit + 1), _MAX_CHUNK)
    while len(rows) <= limit and (batch := list(islice(candidates, size))):
        holds = asked.look(map(kind.article, batch))
        rows += [(one, holds[number]) for one in batch if (number := kind.article(one)) in holds]
    return rows


def _ranked(store: Store, kind: _Kind[T], asked: Asked, wanted: Filter, after: str) -> Page[tuple[T, Found]]:
    """Return the candidates that are most about the query of the newest RANKED, those not ranked last and by age.

    A later page ranks the same ones again, whatever came since: its cursor names the newest of them and the last shown.
    """
    top, last = read_cursor(after, "r", 2) if after else (0, 0)
    newest = list(islice(kind.about(asked.sought, replace(wanted, before=top + 1 if top else None)), RANKED))
    numbers = sorted({kind.article(one) for one in newest}, reverse=True)
    scores = store.articles.scores(asked.sought, numbers) if asked.sought else {}
    # The better, the further below zero.
    order = sorted(newest, key=lambda one: (scores.get(kind.article(one), 0.0), -kind.number(one)))
    if after:
        place = next((place for place, one in enumerate(order, 1) if kind.number(one) == last), None)
        if place is None:
            raise CursorError(after, "what it goes on from is gone: begin again without it")
        order = order[place:]
    rows = _holding(kind, asked, iter(order), wanted.limit)
    shown = tuple(rows[: wanted.limit])
    if len(rows) == len(shown):
        return Page(shown)
    return Page(shown, f"r{top or max(map(kind.number, newest)):x}-{kind.number(shown[-1][0]):x}")


def page_of(rows: Sequence[T], limit: int, number_of: Callable[[T], int]) -> Page[T]:
    """Return a page of rows, newest first, of which one more than the limit was asked for."""
    shown = tuple(rows[:limit])
    return Page(shown, f"n{number_of(shown[-1]):x}" if len(rows) > limit else "")


def _from(wanted: Filter, after: str, *, ranks: bool = False) -> Filter:
    """Return a filter that goes on from a cursor, newest first."""
    if ranks:
        raise CursorError("", "relevance is that to a query: give one")
    return replace(wanted, before=read_cursor(after, "n", 1)[0]) if after else wanted


def read_cursor(text: str, kind: str, count: int) -> list[int]:
    """Return the numbers of a cursor: a letter, then so many in hex. Raises CursorError."""
    try:
        numbers = [int(part, 16) for part in text.removeprefix(kind).split("-")]
    except ValueError:
        numbers = []
    if not text.startswith(kind) or len(numbers) != count or not all(0 < number < 1 << 62 for number in numbers):
        raise CursorError(text, "it is none of this listing: give the one that the page before named")
    return numbers
