"""What is configured, in parts; and the rules with what came of them. The outlets are in watched.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Generic, TypeVar

from monitor.model import Rule
from monitor.ports import Store
from monitor.review.precision import told
from monitor.views import Filter
from monitor.views_alerts import Overspent

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
    """A rule and its last 30 days, oldest first. `precision`: as `monitor rules test` says it, "" where nobody marked a
    hit; `told`: its alerts that were told; `spent`: how often it was told since midnight; `over`: how often it had more
    to tell than its budget allows.
    """

    rule: Rule
    days: tuple[int, ...]
    precision: str
    told: int
    spent: int
    over: Overspent

    @property
    def total(self) -> int:
        """Its hits of the 30 days."""
        return sum(self.days)


@dataclass(frozen=True, slots=True)
class Rules:
    """A part of the rules. `days`: the days of the charts, as YYYY-MM-DD."""

    part: Part[RuleRow]
    days: tuple[str, ...]


def rules(
    store: Store, known: Iterable[Rule], words: str, first: int, now: datetime, zone: tzinfo, own: tzinfo
) -> Rules:
    """Return the rules whose id, name or query hold these words, by id. `zone`: of the days; `own`: of monitor.yaml, by
    which budgets go whoever asks.
    """
    found = [rule for rule in known if not words or holds(words, rule.id, rule.name, rule.query)]
    shown = part(sorted(found, key=lambda rule: rule.id), first)
    starts = midnights(now, zone, MONTH.days)
    days = tuple(start.astimezone(zone).date().isoformat() for start in starts)
    marks = store.marks.tally()
    limited = [rule.id for rule in shown.rows if rule.budget is not None]
    # A budget is counted from midnight, as telling.py does.
    kept = midnights(now, own, MONTH.days)
    alerts = store.alerts.told([rule.id for rule in shown.rows], starts[0])
    spent = store.outbox.spending(kept[-1]) if limited else {}
    over = store.alerts.over_budget(limited, kept) if limited else {}
    rows = []
    for rule in shown.rows:
        counts = store.hits.per_day(Filter(rule=rule.id, since=starts[0]), zone)
        rows.append(
            RuleRow(
                rule, tuple(counts.get(day, 0) for day in days), told(marks.get(rule.id, {})),
                alerts.get(rule.id, 0), spent.get(rule.id, 0), over.get(rule.id, Overspent()),
            )
        )  # fmt: skip
    return Rules(Part(tuple(rows), shown.total, shown.first, shown.next), days)


def midnights(now: datetime, zone: tzinfo, count: int) -> tuple[datetime, ...]:
    """Return when the last days began in a zone, oldest first, today's last; aware UTC."""
    today = now.astimezone(zone).date()
    days = (today - timedelta(days=back) for back in range(count - 1, -1, -1))
    return tuple(datetime.combine(day, datetime.min.time(), zone).astimezone(UTC) for day in days)


def holds(words: str, *texts: str) -> bool:
    """Say whether each of the words stands in one of the texts."""
    return all(any(word in text.casefold() for text in texts) for word in words.casefold().split())
