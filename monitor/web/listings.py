"""The screens that list what is configured: rules with what came of them, outlets with how they fare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Generic, TypeVar

from monitor.model import Outlet, Rule
from monitor.ports import Store
from monitor.views import Filter, OutletRow
from monitor.views_health import Ailment

T = TypeVar("T")
MONTH = timedelta(days=30)
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """Some rows of a listing, numbered from `first`. `next`: the number of the first row of the next part, 0: none."""

    rows: tuple[T, ...]
    total: int
    first: int
    next: int


def part(rows: Sequence[T], first: int) -> Part[T]:
    """Return SHOWN rows from the one of that number, counted from 0."""
    start = min(max(first, 0), len(rows))
    end = start + SHOWN
    return Part(tuple(rows[start:end]), len(rows), start, end if end < len(rows) else 0)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule and its last 30 days, oldest first. `marks`: what was said of its hits; `spent`: told in the last day."""

    rule: Rule
    days: tuple[int, ...]
    marks: Mapping[str, int]
    spent: int

    @property
    def total(self) -> int:
        """Its hits of the 30 days."""
        return sum(self.days)


@dataclass(frozen=True, slots=True)
class Rules:
    """A part of the rules. `days`: the days of the charts, as YYYY-MM-DD."""

    part: Part[RuleRow]
    days: tuple[str, ...]


def rules(store: Store, known: Iterable[Rule], words: str, first: int, now: datetime, zone: tzinfo) -> Rules:
    """Return the rules whose id, name or query hold these words, by id."""
    found = [rule for rule in known if _holds(words, rule.id, rule.name, rule.query)]
    shown = part(sorted(found, key=lambda rule: rule.id), first)
    today = now.astimezone(zone).date()
    days = tuple((today - timedelta(days=back)).isoformat() for back in range(MONTH.days - 1, -1, -1))
    since = datetime.combine(today - timedelta(days=MONTH.days - 1), datetime.min.time(), zone).astimezone(UTC)
    rows = []
    for rule in shown.rows:
        counts = store.hits.per_day(Filter(rule=rule.id, since=since), zone)
        spent = store.outbox.spent(rule.id, now - timedelta(days=1)) if rule.budget is not None else 0
        rows.append(RuleRow(rule, tuple(counts.get(day, 0) for day in days), store.marks.counts(rule.id), spent))
    return Rules(Part(tuple(rows), shown.total, shown.first, shown.next), days)


@dataclass(frozen=True, slots=True)
class Watched:
    """An outlet, its sources as the store knows them, and what is wrong with it."""

    outlet: Outlet
    sources: tuple[OutletRow, ...]
    troubles: tuple[Ailment, ...]

    @property
    def articles(self) -> int:
        """How many are stored."""
        return max((row.articles for row in self.sources), default=0)


def outlets(store: Store, known: Iterable[Outlet], words: str, first: int) -> Part[Watched]:
    """Return the outlets whose id, name or address hold these words: those in trouble first, then by id."""
    ill: dict[str, list[Ailment]] = {}
    for one in store.health.ailments():
        ill.setdefault(one.outlet_id, []).append(one)
    found = [outlet for outlet in known if _holds(words, outlet.id, outlet.name, outlet.homepage)]
    shown = part(sorted(found, key=lambda outlet: (outlet.id not in ill, outlet.id)), first)
    sources: dict[str, list[OutletRow]] = {}
    for row in store.outlets.rows([outlet.id for outlet in shown.rows]):
        sources.setdefault(row.outlet_id, []).append(row)
    rows = tuple(
        Watched(outlet, tuple(sources.get(outlet.id, ())), tuple(ill.get(outlet.id, ()))) for outlet in shown.rows
    )
    return Part(rows, shown.total, shown.first, shown.next)


def _holds(words: str, *texts: str) -> bool:
    return all(any(word in text.casefold() for text in texts) for word in words.casefold().split())
