"""The outlets: how each fares, how much it brings, what was last wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from monitor.model import Outlet
from monitor.ports import Store
from monitor.views import EventRow, OutletRow
from monitor.views_health import Ailment, Chart
from monitor.web.listings import Part, holds, midnights, part

DAYS, WEEK = 14, 7
ERRORS, HISTORY = 3, 20
# What an outlet's page tells of its past: vigil.py writes the first two, outlets/novelty.py the others.
EVENTS = ("trouble", "recovered", "feed_rewritten", "baseline", "links_waiting")


@dataclass(frozen=True, slots=True)
class Fault:
    """What could not be read, and when last. `where`: "page" or the address of a source."""

    at: datetime
    reason: str
    where: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Watched:
    """An outlet, its sources as the store knows them, what is wrong with it, its articles by day, oldest first, and a
    day in the mean of the last week; its last faults, each reason once, newest first.
    """

    outlet: Outlet
    sources: tuple[OutletRow, ...]
    troubles: tuple[Ailment, ...]
    days: tuple[int, ...]
    mean: float
    faults: tuple[Fault, ...]

    @property
    def articles(self) -> int:
        """How many are stored; 0 where they were not counted."""
        return max((row.articles for row in self.sources), default=0)


@dataclass(frozen=True, slots=True)
class Outlets:
    """A part of the outlets. `days`: the days of the charts, as YYYY-MM-DD."""

    part: Part[Watched]
    days: tuple[str, ...]


def outlets(store: Store, known: Iterable[Outlet], words: str, first: int, now: datetime, zone: tzinfo) -> Outlets:
    """Return the outlets whose id, name or address hold these words: those in trouble first, then by id."""
    ill = _ill(store)
    found = [outlet for outlet in known if not words or holds(words, outlet.id, outlet.name, outlet.homepage)]
    shown = part(sorted(found, key=lambda outlet: (outlet.id not in ill, outlet.id)), first)
    starts = midnights(now, zone, DAYS)
    rows = _watched(store, shown.rows, starts, ill)
    return Outlets(Part(rows, shown.total, shown.first, shown.next), _named(starts, zone))


@dataclass(frozen=True, slots=True)
class Fared:
    """An outlet, and what became of it, newest first. `days`: the days of its chart."""

    watched: Watched
    days: tuple[str, ...]
    history: tuple[EventRow, ...]


def outlet(store: Store, one: Outlet, now: datetime, zone: tzinfo) -> Fared:
    """Return how an outlet fares and fared."""
    starts = midnights(now, zone, DAYS)
    past = [row for kind in EVENTS for row in store.upkeep.events(kind=kind, outlet=one.id, limit=HISTORY)]
    past.sort(key=lambda row: row.id, reverse=True)
    return Fared(
        _watched(store, [one], starts, _ill(store), counted=True)[0], _named(starts, zone), tuple(past[:HISTORY])
    )


def _ill(store: Store) -> dict[str, list[Ailment]]:
    found: dict[str, list[Ailment]] = {}
    for one in store.health.ailments():
        found.setdefault(one.outlet_id, []).append(one)
    return found


def _named(starts: Sequence[datetime], zone: tzinfo) -> tuple[str, ...]:
    return tuple(start.astimezone(zone).date().isoformat() for start in starts)


def _watched(
    store: Store, shown: Sequence[Outlet], starts: Sequence[datetime], ill: Mapping[str, list[Ailment]], *,
    counted: bool = False,
) -> tuple[Watched, ...]:  # fmt: skip
    ids = [outlet.id for outlet in shown]
    sources: dict[str, list[OutletRow]] = {}
    # Of 43 outlets that have a million articles the counts take 42 ms, those of 14 days 20.
    for row in store.outlets.rows(ids, counted=counted):
        sources.setdefault(row.outlet_id, []).append(row)
    charts = {chart.outlet_id: chart for chart in store.health.charts(ids, ids)}
    days, began = store.outlets.volume(ids, starts), store.upkeep.began()
    whole = sum(1 for start in starts if began is not None and start >= began)
    return tuple(
        Watched(
            outlet, tuple(sources.get(outlet.id, ())), tuple(ill.get(outlet.id, ())), tuple(days[outlet.id]),
            mean(days[outlet.id], whole), faults(sources.get(outlet.id, ()), charts.get(outlet.id)),
        )
        for outlet in shown
    )  # fmt: skip


def mean(days: Sequence[int], whole: int) -> float:
    """Return how many articles come in a day of the last week before today. `whole`: how many of the last days, today
    too, the archive has whole; of one that has no other, today's.
    """
    week = days[-min(whole, WEEK + 1) : -1] if whole > 1 else days[-1:]
    return sum(week) / len(week)


def faults(sources: Iterable[OutletRow], chart: Chart | None) -> tuple[Fault, ...]:
    """Return what was last wrong: with sources now, and with the pages that are remembered; each reason once."""
    found = [
        Fault(row.last_polled_at, row.reason.value, row.url, row.detail)
        for row in sources
        if row.reason and row.last_polled_at
    ]
    found += [Fault(one.at, one.reason.value, "page") for one in (chart.glances if chart else ()) if one.reason]
    newest: dict[tuple[str, str], Fault] = {}
    for one in sorted(found, key=lambda one: one.at):
        newest[one.reason, one.where] = one
    return tuple(sorted(newest.values(), key=lambda one: one.at, reverse=True)[:ERRORS])
